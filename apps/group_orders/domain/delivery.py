"""Handing out: what was allocated is received, or its holder says why not (G9, G10)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.group_orders.domain.allocation import Allocation, AllocationAction, HoldersOnly
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.round_events import AllocationEvent
from apps.group_orders.domain.terms import refuse_contacts
from apps.shared.domain.errors import Conflict, Forbidden
from apps.shared.domain.ids import MemberId
from apps.trading.contract import InvalidTransition

ANSWERED_WITHIN = timedelta(days=7)
"""How long after it was delivered something can be disputed; then silence counts as received."""
ARRIVES_WITHIN = timedelta(days=28)
"""How long after it was sent silence counts so, where nobody has said that it was delivered."""


class DisputeKind(StrEnum):
    """What is wrong with what somebody got, or did not get."""

    NOT_ARRIVED = "not_arrived"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"


class Decision(StrEnum):
    """What a moderator has found; a dispute that is upheld ends the allocation."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


class DeliveryState(StrEnum):
    """How far an allocation has come on its way to its holder."""

    EXPECTED = "expected"
    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    DISPUTED = "disputed"
    RECEIVED = "received"
    ENDED = "ended"


class OwnOrder(Forbidden):
    """You have a part in this group order, so another moderator decides."""


class DeliveriesOpen(Conflict):
    """Not everybody has confirmed yet what they got, or it is disputed."""


class RefundsOutstanding(Conflict):
    """What is to go back to joiners was not promised, or nobody has confirmed that it came."""


class PaymentsUnanswered(Conflict):
    """Payments were reported that nobody has confirmed or disputed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryConfirmed(AllocationEvent):
    """Its holder has it in hand; `silent` where they have only not said otherwise in time."""

    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDisputed(AllocationEvent):
    """Its holder says that something is wrong."""

    kind: DisputeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDecided(AllocationEvent):
    """A moderator has decided about that."""

    decision: Decision


def state_of(allocation: Allocation) -> DeliveryState:
    """Return how far it has come."""
    if allocation.ended_at is not None:
        return DeliveryState.ENDED
    if allocation.confirmed_at is not None:
        return DeliveryState.RECEIVED
    if allocation.disputed_at is not None:
        return DeliveryState.DISPUTED
    if allocation.delivered_at is not None:
        return DeliveryState.DELIVERED
    return DeliveryState.EXPECTED if allocation.shipped_at is None else DeliveryState.ON_ITS_WAY


def holder_actions(
    state: DeliveryState, *, delivered_at: datetime | None, stalled: bool, at: datetime
) -> list[AllocationAction]:
    """Return what the holder can do: where the order is stalled, they need not wait."""
    under_way = {DeliveryState.ON_ITS_WAY, DeliveryState.DELIVERED}
    in_time = delivered_at is None or at < delivered_at + ANSWERED_WITHIN
    can = {
        AllocationAction.CONFIRM: state in under_way,
        AllocationAction.DISPUTE: in_time
        and (state in under_way or (stalled and state is DeliveryState.EXPECTED)),
    }
    return [action for action, may in can.items() if may]


def ensure_can(
    action: AllocationAction,
    allocation: Allocation,
    *,
    of: GroupOrder,
    by: MemberId,
    at: datetime,
) -> None:
    """Raise HoldersOnly or InvalidTransition."""
    if allocation.member != by:
        raise HoldersOnly
    state = state_of(allocation)
    can = holder_actions(
        state, delivered_at=allocation.delivered_at, stalled=of.stalled_at is not None, at=at
    )
    if action not in can:
        raise InvalidTransition(state=state, allowed_actions=can)


def confirm(allocation: Allocation, *, of: GroupOrder, by: MemberId | None, at: datetime) -> None:
    """Be received: as its holder says, or as their silence does where `by` is nobody.

    Raises HoldersOnly or InvalidTransition.
    """
    if by is not None:
        ensure_can(AllocationAction.CONFIRM, allocation, of=of, by=by, at=at)
    of.record(
        DeliveryConfirmed(
            order=of.id,
            round=allocation.round,
            allocation=allocation.id,
            member=allocation.member,
            silent=by is None,
            at=at,
        )
    )


def dispute(
    allocation: Allocation,
    *,
    of: GroupOrder,
    kind: DisputeKind,
    text: str,
    by: MemberId,
    at: datetime,
) -> None:
    """Let a moderator look at it; raise HoldersOnly, InvalidTransition or ContactData."""
    ensure_can(AllocationAction.DISPUTE, allocation, of=of, by=by, at=at)
    refuse_contacts({"text": text})
    of.record(
        DeliveryDisputed(
            order=of.id,
            round=allocation.round,
            allocation=allocation.id,
            member=allocation.member,
            kind=kind,
            at=at,
        )
    )


def decide(
    allocation: Allocation,
    *,
    of: GroupOrder,
    decision: Decision,
    by: MemberId,
    joiners: Collection[MemberId],
    at: datetime,
) -> None:
    """Settle a dispute as a moderator who has no part in it; raise OwnOrder, InvalidTransition."""
    if by in {of.organiser, of.co_organiser, *joiners}:
        raise OwnOrder
    state = state_of(allocation)
    if state is not DeliveryState.DISPUTED:
        raise InvalidTransition(state=state, allowed_actions=[])
    of.record(
        DeliveryDecided(
            order=of.id,
            round=allocation.round,
            allocation=allocation.id,
            member=allocation.member,
            decision=decision,
            at=at,
        )
    )
