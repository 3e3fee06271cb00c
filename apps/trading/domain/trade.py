"""A trade: what its parties hand to each other, and how far they have come (D.2).

It has three phases: `Proposal`, `Handover`, and here what can go wrong: disputes (T14, T18, T22),
parties that leave (T16, T17), and time that runs out (T8, T13, T15, T20, T21).
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.trading.domain import history
from apps.trading.domain.agreement import LegNotFound, TradeNotFound
from apps.trading.domain.complaints import ensure_fits, ensure_shown
from apps.trading.domain.handover import Handover
from apps.trading.domain.legs import Alarm, Deadline, Leg, LegId, LegState
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.terms import (
    Account,
    Dispute,
    DisputeKind,
    Method,
    time_lost,
)

__all__ = ["LegNotFound", "Resolution", "Trade", "TradeNotFound", "Verdict"]


class NotAParty(DomainError):
    """Only parties of the trade can be at fault, and only its legs completed."""


class Verdict(StrEnum):
    """What a moderator decides about the copies (T22)."""

    COMPLETE_ALL = "complete_all"
    COMPLETE_LEGS = "complete_legs"
    RETURN = "return"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A decision: which legs stand, where not all or none of them do, and whose fault it was."""

    verdict: Verdict
    legs: AbstractSet[LegId] = frozenset()
    at_fault: AbstractSet[MemberId] = frozenset()

    def lets_stand(self, leg: LegId) -> bool:
        """Whether the copies of this leg change hands."""
        return self.verdict is Verdict.COMPLETE_ALL or leg in self.legs


@dataclass(kw_only=True, eq=False)
class Trade(Handover):
    """An agreement of its parties, from the first revision to its end."""

    @property
    def due_at(self) -> datetime | None:
        """When time ends, or reminds of, what it can; a dispute stops the clock of its legs."""
        if self.state is State.PROPOSED:
            return self.answer_due_at
        if self.state is State.ACCEPTED:
            due = self.act_due_at
            return max(due, self.not_before) if due and self.not_before else due
        if self.state in {State.FULFILLING, State.DISPUTED}:
            return min((each.at for each in self.running.values()), default=None)
        return None

    @property
    def disputants(self) -> AbstractSet[MemberId]:
        """Who hands over or receives a disputed leg."""
        legs = [leg for leg in self.legs if self._is_disputed(leg)]
        return {member for leg in legs for member in (leg.giver, leg.receiver)}

    @property
    def at_fault(self) -> AbstractSet[MemberId]:
        """Whose fault its end was."""
        return {party.member for party in self.parties if party.at_fault}

    @property
    def may_outlast_a_party(self) -> bool:
        """Whether one may have left before it ended; of two, nobody leaves what completes."""
        return self.accepted_at is not None and (self.ring or self.state is not State.COMPLETED)

    @property
    def running(self) -> dict[LegId, Deadline]:
        """What comes next for each leg that is not disputed; of two, a dispute is over both."""
        disputed = self.dispute.legs if self.dispute else ()
        return {id: each for id, each in self.deadlines.items() if id not in disputed}

    def handed_over(self, decided: Resolution | None = None) -> dict[MemberId, tuple[CopyId, ...]]:
        """Return what each receiver gets by its end: all once completed, or what was decided."""
        if self.state is State.COMPLETED:
            return self.moves
        stand = [leg for leg in self.legs if decided and decided.lets_stand(leg.id)]
        return {leg.receiver: leg.copies for leg in stand}

    def open_dispute(
        self,
        kind: DisputeKind,
        *,
        by: MemberId,
        revision: int | None,
        account: Account | None = None,
        at: datetime,
    ) -> None:
        """Call for a moderator (T14).

        Raises DisputeUnfounded where the kind does not fit (yet), and EvidenceMissing.
        """
        self._ensure(Action.DISPUTE, by, revision, at)
        leg = next(leg for leg in self.legs if leg.receiver == by)
        ensure_fits(
            kind, leg, method=self.method, begun=self.begun, planned_at=self.planned_at, at=at
        )
        ensure_shown(kind, account)
        self._dispute(kind, [leg], opener=by, account=account, at=at)

    def resume(self, *, by: MemberId, revision: int | None, at: datetime) -> None:
        """Go on without a decision (T18): alone in a dispute of one's own, and once, or all do."""
        self._ensure(Action.RESUME, by, revision, at)
        dispute = self.dispute
        if dispute is None:
            raise AssertionError("A disputed trade has a dispute.")
        alone = self.resuming == {by}
        self._note_of({by}, resume_asked=True, **({"dispute_withdrawn": True} if alone else {}))
        if not alone and not all(party.resume_asked for party in self.parties):
            self._move(State.DISPUTED, at)
            self._tell(history.ResumptionAsked, at, actor=by)
            return
        self._end_dispute()
        self._move(State.FULFILLING if self.begun else State.ACCEPTED, at)
        if self.state is State.ACCEPTED and (due := self.due_at):
            self.not_before = due + time_lost(dispute.opened_at, due=due, at=at)
        stopped = [leg for leg in self.legs if leg.id in dispute.legs]
        self._put(*(self._put_off(leg, dispute.legs[leg.id], at) for leg in stopped))
        self._tell(history.TradeResumed, at, actor=by)
        _ = self._complete_if_done(at, actor=by)

    def resolve(self, resolution: Resolution, *, at: datetime) -> None:
        """End a dispute by a moderator's decision (T22); raise NotAParty.

        Legs tell what has happened; which copies change hands is told by the decision alone.
        """
        self.ensure_resolvable(resolution)
        kind = self.dispute.kind if self.dispute else None
        self._put(*(self._judged(leg, resolution, at) for leg in self.legs))
        self._blame(resolution.at_fault)
        self._move(State.RESOLVED, at)
        self._tell(
            history.TradeResolved,
            at,
            reason=resolution.verdict,
            at_fault=tuple(sorted(resolution.at_fault)),
            dispute=kind,
        )

    def ensure_resolvable(self, resolution: Resolution) -> None:
        """Raise NotAParty where a decision names strangers, or legs of another trade."""
        self.ensure_parties(resolution.at_fault)
        if not resolution.legs <= {leg.id for leg in self.legs}:
            raise NotAParty

    def ensure_parties(self, members: AbstractSet[MemberId]) -> None:
        """Raise NotAParty for a stranger among them."""
        if not members <= set(self.members):
            raise NotAParty

    def change_fault(self, at_fault: AbstractSet[MemberId], *, at: datetime) -> None:
        """Find on appeal that it was another's fault (T22); copies stay where they are by now.

        Raises InvalidTransition unless it is resolved, and NotAParty.
        """
        if self.state is not State.RESOLVED:
            raise InvalidTransition(state=self.state, allowed_actions=[])
        self.ensure_parties(at_fault)
        before = self.at_fault
        self._blame(at_fault)
        self._tell(
            history.FaultChanged,
            at,
            was_at_fault=tuple(sorted(before)),
            at_fault=tuple(sorted(at_fault)),
        )

    def depart(self, *left: MemberId, at: datetime) -> None:
        """Parties were suspended or leave: it lapses, is called off, or disputed (T7, T16, T17).

        What is disputed already stays so; the departure takes effect on it when that is over.
        """
        if self.state is State.PROPOSED:
            self.lapse(history.LapseReason.PARTY_UNAVAILABLE, left=left[0], at=at)
        elif self.state is State.ACCEPTED:
            self._blame(left)
            self._move(State.CANCELLED, at)
            self._tell(history.TradeCancelled, at, reason="a party has left")
        elif self.state in {State.FULFILLING, State.DISPUTED}:
            theirs = [leg for leg in self.legs if {leg.giver, leg.receiver} & {*left}]
            legs = [leg for leg in theirs if leg.open and not self._is_disputed(leg)]
            met = self.method is Method.IN_PERSON
            kind = DisputeKind.NO_SHOW if met else DisputeKind.NOT_SENT
            if legs:  # in a ring, one whose legs are both received leaves nothing behind
                self._dispute(kind, legs, opener=None, at=at)

    def time_out(self, *, at: datetime) -> bool:
        """Do what is due, and tell whether anything was (T8, T13, T15, T20, T21)."""
        if self.due_at is None or at < self.due_at:
            return False
        if self.state is State.PROPOSED:
            self._give_up(State.EXPIRED, at)
            self._tell(history.TradeExpired, at)
        elif self.state is State.ACCEPTED:
            self._blame(self._idle_givers(at))
            self._move(State.CANCELLED, at)
            self._tell(history.TradeCancelled, at, reason="nobody acted in time")
        else:
            id, deadline = min(self.running.items(), key=lambda each: each[1].at)
            self._sound(deadline.alarm, self._leg(id), at)
        return True

    def _idle_givers(self, at: datetime) -> set[MemberId]:
        """Return whose legs were due; by mail, of those whose turn it was to send."""
        by_mail = self.method is Method.MAIL
        return {
            leg.giver
            for leg in self.legs
            if leg.state is LegState.DUE and not (by_mail and (not leg.ship_by or leg.ship_by > at))
        }

    def _sound(self, alarm: Alarm, leg: Leg, at: datetime) -> None:
        """Do what a leg's deadline is about."""
        if alarm is Alarm.REMIND:
            self._put(leg.remind(at=at))
            self.updated_at = at
            self._tell(history.ReceiverReminded, at, leg=leg.id, to=leg.receiver)
        elif alarm is Alarm.RECEIVE:
            self._receive(leg.receive(at=at, auto=True), at)
        elif alarm is Alarm.NOT_SENT:
            self._dispute(DisputeKind.NOT_SENT, [leg], opener=leg.receiver, at=at)
        elif alarm is Alarm.NOT_ARRIVED:
            self._dispute(DisputeKind.NOT_ARRIVED, [leg], opener=leg.receiver, at=at)
        elif self._was_met(leg.receiver):
            self._receive(leg.receive(at=at, auto=True), at)
        else:
            self._dispute(DisputeKind.CONFIRMATION_FALSE, [leg], opener=None, at=at)

    def _was_met(self, silent: MemberId) -> bool:
        """Tell whether the other side has shown the silent one's code (T15)."""
        return any(leg.giver == silent and leg.verified for leg in self.legs)

    def _dispute(
        self,
        kind: DisputeKind,
        legs: Iterable[Leg],
        *,
        opener: MemberId | None,
        account: Account | None = None,
        at: datetime,
    ) -> None:
        """Stop the clock over these legs; of two, over all of them.

        What fails while others are disputed is added to the open dispute, which is nobody's then.
        """
        over = {leg.id: at for leg in (legs if self.ring else self.legs)}
        self._move(State.DISPUTED, at)
        if self.dispute:
            self.dispute = replace(self.dispute, opener=None, legs={**self.dispute.legs, **over})
            self._note_of(self.members, resume_asked=False)
            self._tell(history.DisputeWidened, at, reason=kind)
            return
        self.dispute = Dispute(kind=kind, opener=opener, legs=over, opened_at=at)
        self._tell(
            history.TradeDisputed, at, actor=opener, reason=kind, dispute=kind, account=account
        )

    def _put_off(self, leg: Leg, disputed_at: datetime, at: datetime) -> Leg:
        """Let a leg's clock, if it runs, go on with the time that was left when it stopped."""
        deadline = self._deadline(leg)
        if deadline is None:
            return leg
        stopped_at = max(disputed_at, leg.waits_since or disputed_at)
        return self._clocked(leg).put_off(time_lost(stopped_at, due=deadline.at, at=at))

    def _end_dispute(self) -> None:
        self.dispute = None
        self._note_of(self.members, resume_asked=False)

    def _judged(self, leg: Leg, resolution: Resolution, at: datetime) -> Leg:
        if resolution.lets_stand(leg.id):
            return leg.receive(at=at, auto=True) if leg.open else leg
        if resolution.verdict is Verdict.RETURN and leg.state is not LegState.DUE:
            return replace(leg, state=LegState.RETURNED)
        return replace(leg, state=LegState.MISSING) if leg.state is LegState.SHIPPED else leg
