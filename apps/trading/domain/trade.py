"""A trade: what its parties hand to each other, and how far they have come (D.2).

It has three phases: `Proposal`, `Handover`, and here what can go wrong: disputes (T14, T18, T22),
parties that leave (T16, T17), and time that runs out (T8, T13, T15, T20, T21).
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.trading.domain import history
from apps.trading.domain.agreement import LegNotFound, TradeNotFound
from apps.trading.domain.complaints import ensure_fits
from apps.trading.domain.handover import Handover
from apps.trading.domain.legs import Alarm, Leg, LegId, LegState
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.terms import (
    LEFT_AFTER_DISPUTE,
    Account,
    Dispute,
    DisputeKind,
    Method,
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


@dataclass(kw_only=True, eq=False)
class Trade(Handover):
    """An agreement of its parties, from the first revision to its end."""

    @property
    def due_at(self) -> datetime | None:
        """When time ends, or reminds of, what it can; a dispute has stopped the clock."""
        if self.state is State.PROPOSED:
            return self.answer_due_at
        if self.state is State.ACCEPTED:
            due = self.act_due_at
            return max(due, self.not_before) if due and self.not_before else due
        if self.state is State.FULFILLING:
            return min((each.at for each in self.deadlines.values()), default=None)
        return None

    @property
    def handed_over(self) -> dict[MemberId, tuple[CopyId, ...]]:
        """What each receiver has got, once it has ended."""
        return {leg.receiver: leg.copies for leg in self.legs if leg.state is LegState.RECEIVED}

    @property
    def disputants(self) -> AbstractSet[MemberId]:
        """Who hands over or receives a disputed leg."""
        legs = [leg for leg in self.legs if self._is_disputed(leg)]
        return {member for leg in legs for member in (leg.giver, leg.receiver)}

    @property
    def at_fault(self) -> AbstractSet[MemberId]:
        """Whose fault its end was."""
        return {party.member for party in self.parties if party.at_fault}

    def open_dispute(
        self,
        kind: DisputeKind,
        *,
        by: MemberId,
        revision: int | None,
        account: Account | None = None,
        at: datetime,
    ) -> None:
        """Call for a moderator (T14); raise DisputeUnfounded where the kind does not fit (yet)."""
        self._ensure(Action.DISPUTE, by, revision, at)
        leg = next(leg for leg in self.legs if leg.receiver == by)
        ensure_fits(kind, leg, method=self.method, planned_at=self.planned_at, at=at)
        self._dispute(kind, [leg], opener=by, account=account, at=at)

    def resume(self, *, by: MemberId, revision: int | None, at: datetime) -> None:
        """Go on without a decision (T18); where the service opened the dispute, all have to."""
        self._ensure(Action.RESUME, by, revision, at)
        dispute = self.dispute
        if dispute is None:
            raise AssertionError("A disputed trade has a dispute.")
        self._note_of({by}, resume_asked=True)
        if dispute.opener is None and not all(party.resume_asked for party in self.parties):
            self._move(State.DISPUTED, at)
            self._tell(history.ResumptionAsked, at, actor=by)
            return
        self._end_dispute()
        self._move(State.FULFILLING if self.begun else State.ACCEPTED, at)
        if self.state is State.ACCEPTED and (due := self.due_at):
            self.not_before = due + time_lost(dispute.opened_at, due=due, at=at)
        self.legs = tuple(self._put_off(leg, dispute.opened_at, at) for leg in self.legs)
        self._tell(history.TradeResumed, at, actor=by)
        _ = self._complete_if_done(at, actor=by)

    def resolve(self, resolution: Resolution, *, by: MemberId, at: datetime) -> None:
        """End a dispute by a moderator's decision (T22); raise NotAParty.

        What stands is received; what was sent otherwise is missing, or goes back.
        """
        self.ensure_resolvable(resolution)
        kind = self.dispute.kind if self.dispute else None
        self._put(*(self._judged(leg, resolution, at) for leg in self.legs))
        self._blame(resolution.at_fault)
        self._move(State.RESOLVED, at)
        self._tell(
            history.TradeResolved,
            at,
            actor=by,
            reason=resolution.verdict,
            at_fault=tuple(sorted(resolution.at_fault)),
            dispute=kind,
        )

    def ensure_resolvable(self, resolution: Resolution) -> None:
        """Raise NotAParty where a decision names strangers, or legs of another trade."""
        named = {leg.id for leg in self.legs}
        if not resolution.at_fault <= set(self.members) or not resolution.legs <= named:
            raise NotAParty

    def change_fault(self, at_fault: AbstractSet[MemberId], *, by: MemberId, at: datetime) -> None:
        """Find on appeal that it was another's fault (T22); copies stay where they are by now.

        Raises InvalidTransition unless it is resolved, and NotAParty.
        """
        if self.state is not State.RESOLVED:
            raise InvalidTransition(state=self.state, allowed_actions=[])
        if not at_fault <= set(self.members):
            raise NotAParty
        before = self.at_fault
        self._blame(at_fault)
        self._tell(
            history.FaultChanged,
            at,
            actor=by,
            was_at_fault=tuple(sorted(before)),
            at_fault=tuple(sorted(at_fault)),
        )

    def depart(self, member: MemberId, *, at: datetime) -> None:
        """A party was suspended or leaves: it lapses, is called off, or disputed (T7, T16, T17)."""
        if self.state is State.PROPOSED:
            self.lapse(history.LapseReason.PARTY_UNAVAILABLE, at=at)
        elif self.state is State.ACCEPTED:
            self._blame({member})
            self._move(State.CANCELLED, at)
            self._tell(history.TradeCancelled, at, reason="a party has left")
        elif self.state is State.FULFILLING:
            legs = [leg for leg in self.legs if member in {leg.giver, leg.receiver} and leg.open]
            met = self.method is Method.IN_PERSON
            kind = DisputeKind.NO_SHOW if met else DisputeKind.NOT_SENT
            if legs:  # in a ring, one whose legs are both received leaves nothing behind
                self._dispute(kind, legs, opener=None, at=at)

    def time_out(self, *, at: datetime) -> bool:
        """Do what is due, and tell whether anything was (T8, T13, T15, T20, T21)."""
        if self.due_at is None or at < self.due_at:
            return False
        if self.state is State.PROPOSED:
            self._blame({self.reopened_by} if self.reopened_by else set())
            self._move(State.EXPIRED, at)
            self._tell(history.TradeExpired, at)
        elif self.state is State.ACCEPTED:
            self._blame(self._idle_givers(at))
            self._move(State.CANCELLED, at)
            self._tell(history.TradeCancelled, at, reason="nobody acted in time")
        else:
            id, deadline = min(self.deadlines.items(), key=lambda each: each[1].at)
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
        """Stop the clock over these legs; of two, over all of them."""
        over = legs if self.ring else self.legs
        self._move(State.DISPUTED, at)
        self.dispute = Dispute(
            kind=kind, opener=opener, legs=tuple(leg.id for leg in over), opened_at=at
        )
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
        if resolution.verdict is Verdict.COMPLETE_ALL or leg.id in resolution.legs:
            return leg if leg.state is LegState.RECEIVED else leg.receive(at=at, auto=True)
        if resolution.verdict is Verdict.RETURN:
            return replace(leg, state=LegState.RETURNED)
        lost = leg.state is LegState.SHIPPED
        return replace(leg, state=LegState.MISSING if lost else LegState.DUE)


def time_lost(stopped_at: datetime, *, due: datetime, at: datetime) -> timedelta:
    """Return how much later a clock strikes that runs again: 72 hours have to be left (T18)."""
    return max(at - stopped_at, at + LEFT_AFTER_DISPUTE - due)
