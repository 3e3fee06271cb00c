"""The second phase of a trade: cards are sent or handed over, or it is called off (T9 to T12)."""

from dataclasses import dataclass, replace
from datetime import datetime

from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.trading.domain import history
from apps.trading.domain.legs import (
    BUSINESS_DAYS_TO_SHIP,
    Deadline,
    Leg,
    LegId,
    LegState,
    business_days_after,
)
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.proposal import Proposal
from apps.trading.domain.terms import (
    AGREE_TO_CANCEL_WITHIN,
    COOLING_OFF,
    MEET_UNPLANNED_WITHIN,
    MEET_WITHIN,
    SHIP_WITHIN,
    Method,
)


class TrackingRequired(DomainError):
    """This leg has to be sent with a tracking number."""


@dataclass(kw_only=True, eq=False)
class Handover(Proposal):
    """What can be done once all have consented."""

    @property
    def act_due_at(self) -> datetime | None:
        """When an accepted trade ends by itself unless somebody has acted (T13)."""
        if self.accepted_at is None:
            return None
        if self.method is Method.MAIL:
            return self.accepted_at + SHIP_WITHIN
        if self.planned_at is None:
            return self.accepted_at + MEET_UNPLANNED_WITHIN
        return max(self.planned_at, self.accepted_at) + MEET_WITHIN

    @property
    def deadlines(self) -> dict[LegId, Deadline]:
        """What comes next for each leg that is waited for (T15, T20, T21)."""
        found = ((leg.id, self._deadline(leg)) for leg in self.legs)
        return {id: deadline for id, deadline in found if deadline}

    def ship(
        self,
        leg_id: LegId,
        *,
        by: MemberId,
        carrier: str,
        tracking_number: str | None,
        revision: int | None,
        at: datetime,
    ) -> None:
        """Say that one has sent one's leg (T11); raise LegNotFound and TrackingRequired as well."""
        leg = self._theirs(leg_id, Action.SHIP, by, revision, at)
        if leg.must_track and not tracking_number:
            raise TrackingRequired
        self._put(leg.ship(carrier=carrier, tracking_number=tracking_number, at=at))
        self._move(State.DISPUTED if self.dispute else State.FULFILLING, at)
        self._tell(history.LegShipped, at, actor=by, leg=leg_id)

    def receive(self, leg_id: LegId, *, by: MemberId, revision: int | None, at: datetime) -> None:
        """Say that what was sent has arrived (T12); raise LegNotFound as well."""
        leg = self._theirs(leg_id, Action.RECEIVE, by, revision, at)
        self._receive(leg.receive(at=at), at, actor=by)

    def confirm(
        self, *, by: MemberId, revision: int | None, verified: bool = False, at: datetime
    ) -> None:
        """Say that one has what one was to receive; the last to say so completes it (T11, T12).

        `verified` where the giver's code of that moment was shown.
        """
        self._ensure(Action.CONFIRM, by, revision, at)
        leg = next(leg for leg in self.legs if leg.receiver == by)
        self._receive(leg.receive(at=at, verified=verified), at, actor=by)

    def note_delivery(self, leg_id: LegId, *, delivered_at: datetime, at: datetime) -> None:
        """Take over what the carrier says (T20), which makes the next leg due; once only.

        Raises LegNotFound, and InvalidTransition for what is not on its way.
        """
        leg = self._leg(leg_id)
        if leg.state is not LegState.SHIPPED:
            raise InvalidTransition(state=self.state, allowed_actions=[])
        if leg.delivered_at is None:
            self._put(leg.deliver(at=delivered_at))
            self._call_next(at)
            self.updated_at = at
            self._tell(history.LegDelivered, at, leg=leg_id)

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
        self._ensure(Action.CANCEL, by, revision, at, reason=reason)
        if by_agreement:
            self._note_of({by}, cancel_asked_at=at)
            asked = [party.cancel_asked_at for party in self.parties]
            if not all(each and at - each <= AGREE_TO_CANCEL_WITHIN for each in asked):
                self.updated_at = at
                self._tell(history.CancellationAsked, at, actor=by, words=reason)
                return
        else:
            late = self.accepted_at is not None and at - self.accepted_at > COOLING_OFF
            self._blame({by} if late else set())
        self._move(State.CANCELLED, at)
        self._tell(history.TradeCancelled, at, actor=by, words=reason)

    def _deadline(self, leg: Leg) -> Deadline | None:
        return leg.by_mail() if self.method is Method.MAIL else self._clocked(leg).in_person()

    def _clocked(self, leg: Leg) -> Leg:
        """Let what is due in person wait since the first receipt, unless that was put off."""
        if self.method is Method.MAIL or leg.waits_since is not None:
            return leg
        first = min((each.received_at for each in self.legs if each.received_at), default=None)
        return replace(leg, waits_since=first)

    def _theirs(
        self, id: LegId, action: Action, by: MemberId, revision: int | None, at: datetime
    ) -> Leg:
        """Return the leg that this party may ship or receive now."""
        self.ensure_party(by)
        leg = self._leg(id)
        self._ensure(action, by, revision, at)
        if by != (leg.giver if action is Action.SHIP else leg.receiver):
            raise InvalidTransition(
                state=self.state, allowed_actions=self.allowed_actions(by, at=at)
            )
        return leg

    def _receive(self, leg: Leg, at: datetime, *, actor: MemberId | None = None) -> None:
        """Close a leg; the last one completes the trade."""
        self._put(leg)
        self._call_next(at)
        if self.dispute:
            self._move(State.DISPUTED, at)
        elif self.state is State.ACCEPTED:
            self._move(State.FULFILLING, at)
        self._tell(history.LegReceived, at, actor=actor, leg=leg.id, by_itself=leg.auto_received)
        self._complete_if_done(at, actor=actor)

    def _complete_if_done(self, at: datetime, *, actor: MemberId | None = None) -> bool:
        if self.dispute or any(leg.state is not LegState.RECEIVED for leg in self.legs):
            self.updated_at = at
            return False
        self._move(State.COMPLETED, at)
        self._tell(history.TradeCompleted, at, actor=actor)
        return True

    def _call_next(self, at: datetime) -> None:
        """One leg has arrived, as its receiver or its carrier says: those behind it are due.

        What its sender says of it starts no clock: anybody can make up a number.
        """
        ship_by = business_days_after(at, BUSINESS_DAYS_TO_SHIP)
        if self.method is Method.MAIL:
            self.legs = tuple(
                replace(leg, ship_by=ship_by, waits_since=at)
                if leg.state is LegState.DUE and leg.ship_by is None
                else leg
                for leg in self.legs
            )
