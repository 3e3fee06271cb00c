"""The first phase of a trade: it is proposed, revised, and agreed on or not (T2 to T8, T19)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.trading.domain import history
from apps.trading.domain.agreement import Agreement
from apps.trading.domain.legs import (
    BUSINESS_DAYS_TO_SHIP,
    Leg,
    LegId,
    Sender,
    business_days_after,
    first_sender,
    must_track,
)
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.terms import (
    REOPENED_WINDOW,
    RING_ANSWER_WINDOW,
    Method,
    NothingChanged,
    OneSidedTrade,
    Party,
    Terms,
    TradeId,
    distinct,
)

SMALLEST_RING, LARGEST_RING = 2, 4


class NoSuchSender(DomainError):
    """Only one of the two can send first."""


class RingBroken(OneSidedTrade):
    """In a ring of two to four everybody gives to one and gets from one."""


@dataclass(kw_only=True, eq=False)
class Proposal(Agreement):
    """What can be done before all have consented."""

    @classmethod
    def propose(
        cls,
        id: TradeId,
        *,
        by: MemberId,
        to: MemberId,
        give: Sequence[CopyId],
        take: Sequence[CopyId],
        leg_ids: tuple[LegId, LegId],
        terms: Terms,
        at: datetime,
    ) -> Self:
        """Send the first revision, and consent to it (T2); without copies to give, an open ask.

        Raises OneSidedTrade, DuplicateIds (P11), MethodNotAvailable, PlannedInThePast,
        PlannedTooFar and NoSuchSender.
        """
        terms.ensure_available(at=at)
        if terms.first_sender not in {None, by, to}:
            raise NoSuchSender
        if by == to or not take:
            raise OneSidedTrade
        given, taken = distinct(give, take)
        legs = (
            Leg(id=leg_ids[0], giver=by, receiver=to, copies=given),
            Leg(id=leg_ids[1], giver=to, receiver=by, copies=taken),
        )
        parties = (Party(by, 1), Party(to, None))
        return cls._begin(id, parties, legs, terms, author=by, turn=to, at=at)

    @classmethod
    def propose_ring(
        cls,
        id: TradeId,
        *,
        gifts: Mapping[MemberId, Sequence[CopyId]],
        leg_ids: Sequence[LegId],
        at: datetime,
    ) -> Self:
        """Let each give to the next and the last to the first, by mail; nobody has consented yet.

        Raises RingBroken and DuplicateIds (P11).
        """
        if not SMALLEST_RING <= len(gifts) <= LARGEST_RING or not all(gifts.values()):
            raise RingBroken
        members = list(gifts)
        given = distinct(*gifts.values())
        legs = tuple(
            Leg(id=leg_id, giver=giver, receiver=receiver, copies=copies)
            for leg_id, giver, receiver, copies in zip(
                leg_ids, members, [*members[1:], members[0]], given, strict=True
            )
        )
        terms = Terms(method=Method.MAIL, answer_within=RING_ANSWER_WINDOW)
        parties = tuple(Party(member, None) for member in members)
        return cls._begin(id, parties, legs, terms, author=None, turn=None, at=at)

    @classmethod
    def _begin(
        cls,
        id: TradeId,
        parties: tuple[Party, ...],
        legs: tuple[Leg, ...],
        terms: Terms,
        *,
        author: MemberId | None,
        turn: MemberId | None,
        at: datetime,
    ) -> Self:
        trade = cls(
            id=id,
            parties=parties,
            legs=legs,
            state=State.PROPOSED,
            revision=1,
            author=author,
            turn=turn,
            method=terms.method,
            place=terms.place,
            planned_at=terms.planned_at,
            first_sender=terms.first_sender,
            tracked=terms.tracked,
            answer_within=terms.answer_within,
            answer_due_at=at + terms.answer_within,
            accepted_at=None,
            reopened_by=None,
            dispute=None,
            not_before=None,
            created_at=at,
            updated_at=at,
        )
        trade._tell(history.TradeProposed, at, actor=author, moves=trade.moves)
        return trade

    def counter(
        self,
        *,
        by: MemberId,
        revision: int,
        give: Sequence[CopyId],
        take: Sequence[CopyId],
        tracked: bool = False,
        at: datetime,
    ) -> None:
        """Propose other terms, as seen by oneself (T3); raise NothingChanged as well as above.

        Who asks for `tracked` legs gets them, whatever is countered later.
        """
        self._ensure(Action.COUNTER, by, revision, at)
        if not give or not take:
            raise OneSidedTrade
        given, taken = distinct(give, take)
        legs = tuple(replace(leg, copies=given if leg.giver == by else taken) for leg in self.legs)
        if legs == self.legs and (self.tracked or not tracked):
            raise NothingChanged
        self.legs, self.tracked = legs, self.tracked or tracked
        self._revise(by, at)
        self.answer_due_at, self.reopened_by = at + self.answer_within, None
        self._tell(history.TradeCountered, at, actor=by, moves=self.moves)

    def accept(
        self,
        *,
        by: MemberId,
        revision: int,
        senders: Mapping[MemberId, Sender] | None = None,
        tracked: bool = False,
        at: datetime,
    ) -> None:
        """Consent to the current revision, asking for `tracked` legs or not (T4).

        By mail, `senders` settle who sends first.
        """
        self._ensure(Action.ACCEPT, by, revision, at)
        self.tracked = self.tracked or tracked
        self._consent(by)
        if len(self.consented) < len(self.parties):
            self._move(State.PROPOSED, at)
            self._tell(history.PartyConsented, at, actor=by)
            return
        self._move(State.ACCEPTED, at)
        self.accepted_at, self.reopened_by = at, None
        if self.method is Method.MAIL:
            self._plan_mailing(senders or {}, at)
        self._tell(history.TradeAccepted, at, actor=by)

    def reject(
        self, *, by: MemberId, revision: int | None, reason: str | None, at: datetime
    ) -> None:
        """Say no (T5); a ring is dissolved by that."""
        self._ensure(Action.REJECT, by, revision, at, reason=reason)
        self._give_up(State.REJECTED, at)
        self._tell(history.TradeRejected, at, actor=by, words=reason)

    def withdraw(
        self, *, by: MemberId, revision: int | None, reason: str | None, at: datetime
    ) -> None:
        """Take back what one has proposed, or consented to in a ring (T6)."""
        self._ensure(Action.WITHDRAW, by, revision, at, reason=reason)
        self._give_up(State.WITHDRAWN, at)
        self._tell(history.TradeWithdrawn, at, actor=by, words=reason)

    def lapse(
        self, reason: history.LapseReason, *, left: MemberId | None = None, at: datetime
    ) -> None:
        """End a proposal that nothing can come of any more, say because a party `left` (T7)."""
        if self.state is not State.PROPOSED:
            raise InvalidTransition(state=self.state)
        self._give_up(State.LAPSED, at, left=left)
        self._tell(history.TradeLapsed, at, reason=reason)

    def reopen(self, *, by: MemberId, at: datetime) -> bool:
        """Let the others consent anew once a party's copy has become worse (T19).

        Promises stay for that time. A proposal is revised in the same way, so that nobody accepts
        what they have not seen. Returns False where nothing depends on it (any more).
        """
        if self.state is State.PROPOSED and by in self.consented:
            waits = self.turn
            self._revise(by, at)
            self.turn = waits
            self.reopened_by = by if self.reopened_by else None
        elif self.state is State.ACCEPTED and not self.begun:
            self._revise(by, at)
            self.answer_due_at, self.accepted_at = at + REOPENED_WINDOW, None
            self.reopened_by, self.not_before = by, None
            self.legs = tuple(replace(leg, ship_by=None) for leg in self.legs)
            self._note_of(self.members, cancel_asked_at=None)
        else:
            return False
        self._tell(history.TradeReopened, at, actor=by)
        return True

    def _give_up(self, state: State, at: datetime, *, left: MemberId | None = None) -> None:
        """End a proposal; one that was agreed on before ends by somebody's fault (T19)."""
        if self.reopened_by:
            breaker = left or self.reopened_by
            self._blame({breaker})
            self._tell(history.AgreementBroken, at, actor=breaker)
        self._move(state, at)

    def _revise(self, by: MemberId, at: datetime) -> None:
        """Begin a revision of this author, who consents to it; of two, it is the other's turn."""
        self.revision += 1
        self._move(State.PROPOSED, at)
        self._consent(by)
        if not self.ring:
            self.author, self.turn = by, self.other_than(by)

    def _plan_mailing(self, senders: Mapping[MemberId, Sender], at: datetime) -> None:
        """Settle what is tracked, what goes abroad, and who sends first; a ring all at once."""
        ship_by = business_days_after(at, BUSINESS_DAYS_TO_SHIP)
        first = self.first_sender or first_sender(self.members, senders)
        self.legs = tuple(
            replace(
                leg,
                must_track=self.tracked or must_track(senders[leg.giver], senders[leg.receiver]),
                abroad=senders[leg.giver].country != senders[leg.receiver].country,
                ship_by=ship_by if self.ring or leg.giver == first else None,
            )
            for leg in self.legs
        )
