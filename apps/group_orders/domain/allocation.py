"""An allocation: that a slot is a member's, until they hand it on or lose it (G3, G4)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.collection.contract import CopyId
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import AllocationId, ClaimId, OrderRoundId, SlotId
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.domain.slot import Thing
from apps.shared.domain.errors import Conflict, DomainError, Forbidden, NotFound
from apps.shared.domain.ids import MemberId


class AllocationNotFound(NotFound):
    """There is no such allocation."""


class HoldersOnly(Forbidden):
    """Only whose allocation it is may do this."""


class OfferedToSomebodyElse(Forbidden):
    """This is not offered to you."""


class TransferToYourself(DomainError):
    """You hand a slot on to somebody else than yourself."""


class ReceiverUnknown(NotFound):
    """There is no such member whom you see."""


class NothingOffered(Conflict):
    """You offer this to nobody."""


class NobodyWaits(Conflict):
    """Nobody waits for this; name whom you hand it on to."""


class NotOverdue(Conflict):
    """A slot is reclaimed where its due has been overdue for more than 48 hours."""


class OnItsWay(Conflict):
    """What this slot is of is on its way, has arrived or is gone; it stays with whose it is."""


class ReleaseReason(StrEnum):
    """Why an organiser takes a slot back: it was asked for, or it was not paid."""

    RELEASED = "released"
    RECLAIMED = "reclaimed"


class AllocationAction(StrEnum):
    """What can be done with an allocation: the first four before its thing is on its way."""

    TRANSFER = "transfer"
    WITHDRAW_TRANSFER = "withdraw_transfer"
    ACCEPT = "accept"
    RELEASE = "release"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """That a slot is a member's; `copy_id` is the copy that is expected for them."""

    id: AllocationId
    slot: SlotId
    round: OrderRoundId
    order: GroupOrderId
    claim: ClaimId
    member: MemberId
    thing: Thing
    copy_id: CopyId | None
    unit_price: int
    allocated_at: datetime
    offered_to: MemberId | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    confirmed_at: datetime | None = None
    disputed_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    @property
    def can_change_hands(self) -> bool:
        """Whether it lives, and nothing was sent yet or is disputed."""
        settled = (self.ended_at, self.shipped_at, self.disputed_at)
        return not (any(settled) or self.is_delivered)

    @property
    def is_delivered(self) -> bool:
        """Whether it has reached whose it is."""
        return self.delivered_at is not None or self.confirmed_at is not None

    def ensure_can_change_hands(self) -> None:
        """Raise OnItsWay."""
        if not self.can_change_hands:
            raise OnItsWay
