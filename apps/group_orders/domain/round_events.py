"""What happens in the rounds of a group order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from apps.group_orders.domain.order_events import GroupOrderEvent
from apps.group_orders.domain.round_steps import EndReason
from apps.shared.domain.ids import MemberId

OrderRoundId = NewType("OrderRoundId", UUID)
SlotId = NewType("SlotId", UUID)
ClaimId = NewType("ClaimId", UUID)
AllocationId = NewType("AllocationId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRoundEvent(GroupOrderEvent):
    """Something happened in a round of a group order."""

    round: OrderRoundId


class OrderRoundOpened(OrderRoundEvent):
    """Members may claim."""


class OrderRoundClosed(OrderRoundEvent):
    """Nobody claims any more; what was claimed is fixed."""


class OrderRoundAllocated(OrderRoundEvent):
    """Its slots were handed out, as far as they were claimed."""


class OrderRoundSettled(OrderRoundEvent):
    """All that came of it is over."""


class OrderRoundCancelled(OrderRoundEvent):
    """It comes to nothing; whatever it had allocated has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSubmitted(OrderRoundEvent):
    """A member has asked for slots."""

    claim: ClaimId
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWithdrawn(OrderRoundEvent):
    """A member does not ask for them any more."""

    claim: ClaimId
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationEvent(OrderRoundEvent):
    """Something happened to the allocation of one slot to a member."""

    allocation: AllocationId
    member: MemberId


class AllocationMade(AllocationEvent):
    """The slot is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationsMade(OrderRoundEvent):
    """Some were made at once, each of which is told by itself as well."""

    allocations: Sequence[AllocationId]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationEnded(AllocationEvent):
    """The slot is theirs no longer, and was not handed on by them."""

    reason: EndReason


class AllocationsEnded(OrderRoundEvent):
    """Some have ended at once, each of which is told by itself as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationOffered(AllocationEvent):
    """They would hand it on to this member, if they agree."""

    to: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationOfferWithdrawn(AllocationEvent):
    """They would not hand it on to this member any more."""

    to: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationTransferred(AllocationEvent):
    """It has ended in favour of another allocation of the same slot, to another member.

    No AllocationMade, AllocationsMade or AllocationEnded is told beside this.
    """

    successor: AllocationId
    receiver: MemberId
