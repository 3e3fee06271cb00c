"""A trade: what its parties hand to each other, and how far they have come (D.2)."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from apps.collection.contract import CopyId
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain import history
from apps.trading.domain.moves import Action, InvalidTransition, Situation, StaleRevision, State
from apps.trading.domain.terms import (
    AGREE_TO_CANCEL_WITHIN,
    COOLING_OFF,
    MEET_UNPLANNED_WITHIN,
    MEET_WITHIN,
    CancellationRequest,
    Leg,
    LegId,
    LegState,
    Method,
    NothingChanged,
    OneSidedTrade,
    Party,
    Terms,
    TradeId,
    distinct,
)


class TradeNotFound(NotFound):
    """There is no such trade of yours."""


@dataclass(kw_only=True, eq=False)
class Trade(Aggregate[TradeId]):
    """Two parties for now; the first one began it. `turn` is who must answer a proposal."""

    parties: tuple[Party, ...]
    legs: tuple[Leg, ...]
    state: State
    revision: int
    author: MemberId
    turn: MemberId | None
    method: Method
    place: str | None
    planned_at: datetime | None
    answer_due_at: datetime
    accepted_at: datetime | None
    cancellation: CancellationRequest | None
    created_at: datetime
    updated_at: datetime

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

        Raises OneSidedTrade, DuplicateIds (P11), MethodNotAvailable and PlannedTooFar.
        """
        terms.ensure_available(at=at)
        if by == to or not take:
            raise OneSidedTrade
        given, taken = distinct(give, take)
        trade = cls(
            id=id,
            parties=(Party(by, 1), Party(to, None)),
            legs=(
                Leg(leg_ids[0], by, to, LegState.DUE, given),
                Leg(leg_ids[1], to, by, LegState.DUE, taken),
            ),
            state=State.PROPOSED,
            revision=1,
            author=by,
            turn=to,
            method=terms.method,
            place=terms.place,
            planned_at=terms.planned_at,
            answer_due_at=at + terms.answer_within,
            accepted_at=None,
            cancellation=None,
            created_at=at,
            updated_at=at,
        )
        trade._tell(history.TradeProposed, at, actor=by)
        return trade

    @property
    def copies(self) -> tuple[CopyId, ...]:
        """All copies in it."""
        return sum((leg.copies for leg in self.legs), ())

    @property
    def act_due_at(self) -> datetime | None:
        """When an accepted trade ends by itself unless somebody has acted (T13)."""
        if self.accepted_at is None:
            return None
        if self.planned_at is None:
            return self.accepted_at + MEET_UNPLANNED_WITHIN
        return max(self.planned_at, self.accepted_at) + MEET_WITHIN

    @property
    def due_at(self) -> datetime | None:
        """When time ends what it can end."""
        if self.state is State.PROPOSED:
            return self.answer_due_at
        return self.act_due_at if self.state is State.ACCEPTED else None

    @property
    def moves(self) -> dict[MemberId, tuple[CopyId, ...]]:
        """What each receiver gets; of two or in a ring, from one giver."""
        return {leg.receiver: leg.copies for leg in self.legs}

    def given_by(self, member: MemberId) -> tuple[CopyId, ...]:
        """Return what this party hands over; raise TradeNotFound for a stranger."""
        self.ensure_party(member)
        return next(leg.copies for leg in self.legs if leg.giver == member)

    def other_than(self, member: MemberId) -> MemberId:
        """Return the other of two parties."""
        self.ensure_party(member)
        return next(party.member for party in self.parties if party.member != member)

    def ensure_party(self, member: MemberId) -> None:
        """Hide the trade from strangers: raise TradeNotFound."""
        if member not in {party.member for party in self.parties}:
            raise TradeNotFound

    def allowed_actions(self, member: MemberId, *, at: datetime) -> list[Action]:
        """Return what this party can do now."""
        situation = Situation(
            parties={party.member for party in self.parties},
            state=self.state,
            revision=self.revision,
            author=self.author,
            turn=self.turn,
            awaiting={leg.receiver for leg in self.legs if leg.state is LegState.DUE},
            open_ask=not all(leg.copies for leg in self.legs),
            overdue=at >= self.answer_due_at,
        )
        return situation.allowed_actions(member)

    def counter(
        self,
        *,
        by: MemberId,
        revision: int,
        give: Sequence[CopyId],
        take: Sequence[CopyId],
        at: datetime,
    ) -> None:
        """Propose other terms, as seen by oneself (T3); raise NothingChanged as well as above."""
        self._ensure(Action.COUNTER, by, revision, at)
        if not give or not take:
            raise OneSidedTrade
        given, taken = distinct(give, take)
        legs = tuple(replace(leg, copies=given if leg.giver == by else taken) for leg in self.legs)
        if legs == self.legs:
            raise NothingChanged
        window = self.answer_due_at - self.updated_at
        self.legs, self.revision, self.author = legs, self.revision + 1, by
        self._move(State.PROPOSED, at)
        self.turn, self.answer_due_at = self.other_than(by), at + window
        self._consent(by)
        self._tell(history.TradeCountered, at, actor=by)

    def accept(self, *, by: MemberId, revision: int, at: datetime) -> None:
        """Consent to the current revision (T4)."""
        self._ensure(Action.ACCEPT, by, revision, at)
        self._consent(by)
        self._move(State.ACCEPTED, at)
        self.accepted_at = at
        self._tell(history.TradeAccepted, at, actor=by)

    def reject(
        self, *, by: MemberId, revision: int | None, reason: str | None, at: datetime
    ) -> None:
        """Say no (T5)."""
        self._ensure(Action.REJECT, by, revision, at)
        self._move(State.REJECTED, at)
        self._tell(history.TradeRejected, at, actor=by, reason=reason)

    def withdraw(
        self, *, by: MemberId, revision: int | None, reason: str | None, at: datetime
    ) -> None:
        """Take back what one has proposed (T6)."""
        self._ensure(Action.WITHDRAW, by, revision, at)
        self._move(State.WITHDRAWN, at)
        self._tell(history.TradeWithdrawn, at, actor=by, reason=reason)

    def lapse(self, reason: history.LapseReason, *, at: datetime) -> None:
        """End a proposal that nothing can come of any more (T7)."""
        if self.state is not State.PROPOSED:
            raise InvalidTransition(state=self.state)
        self._move(State.LAPSED, at)
        self._tell(history.TradeLapsed, at, reason=reason)

    def confirm(self, *, by: MemberId, revision: int | None, at: datetime) -> None:
        """Say that one has what one was to receive; the last to say so completes it (T11, T12)."""
        self._ensure(Action.CONFIRM, by, revision, at)
        self.legs = tuple(
            replace(leg, state=LegState.RECEIVED) if leg.receiver == by else leg
            for leg in self.legs
        )
        self._move(State.FULFILLING, at)
        self._tell(history.LegReceived, at, actor=by)
        if all(leg.state is LegState.RECEIVED for leg in self.legs):
            self._move(State.COMPLETED, at)
            self._tell(history.TradeCompleted, at, actor=by)

    def cancel(
        self,
        *,
        by: MemberId,
        by_agreement: bool,
        revision: int | None,
        reason: str | None,
        at: datetime,
    ) -> None:
        """Call it off: alone, which is a fault after the first hour (T10), or by agreement (T9)."""
        self._ensure(Action.CANCEL, by, revision, at)
        asked = self.cancellation
        if not by_agreement:
            late = self.accepted_at is not None and at - self.accepted_at > COOLING_OFF
            self._blame({by} if late else set())
        elif not (asked and asked.by != by and at - asked.at <= AGREE_TO_CANCEL_WITHIN):
            self.cancellation, self.updated_at = CancellationRequest(by, at), at
            self._tell(history.CancellationAsked, at, actor=by, reason=reason)
            return
        self._move(State.CANCELLED, at)
        self._tell(history.TradeCancelled, at, actor=by, reason=reason)

    def time_out(self, *, at: datetime) -> bool:
        """End it if its time is over: unanswered (T8), or accepted and nobody acted (T13)."""
        if self.due_at is None or at < self.due_at:
            return False
        if self.state is State.PROPOSED:
            self._move(State.EXPIRED, at)
            self._tell(history.TradeExpired, at)
        else:
            self._blame({leg.giver for leg in self.legs if leg.state is LegState.DUE})
            self._move(State.CANCELLED, at)
            self._tell(history.TradeCancelled, at, reason="nobody acted in time")
        return True

    def _ensure(self, action: Action, by: MemberId, revision: int | None, at: datetime) -> None:
        """Raise TradeNotFound, InvalidTransition or StaleRevision unless this party may do it."""
        self.ensure_party(by)
        allowed = self.allowed_actions(by, at=at)
        if action not in allowed:
            raise InvalidTransition(state=self.state, allowed_actions=allowed)
        if revision not in {None, self.revision}:
            raise StaleRevision(revision=self.revision)

    def _consent(self, member: MemberId) -> None:
        self.parties = tuple(
            replace(party, consented_revision=self.revision) if party.member == member else party
            for party in self.parties
        )

    def _blame(self, members: AbstractSet[MemberId]) -> None:
        self.parties = tuple(replace(p, at_fault=p.member in members) for p in self.parties)

    def _move(self, state: State, at: datetime) -> None:
        self.state, self.turn, self.updated_at = state, None, at

    def _tell(
        self,
        kind: type[history.TradeEvent],
        at: datetime,
        *,
        actor: MemberId | None = None,
        reason: str | None = None,
    ) -> None:
        self.record(
            kind(
                trade=self.id,
                parties=tuple(party.member for party in self.parties),
                revision=self.revision,
                actor=actor,
                reason=reason,
                at=at,
            )
        )
