"""Questions about order rounds, and what they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.group_orders.application.show_orders import OrganiserView
from apps.group_orders.domain.allocation import AllocationAction
from apps.group_orders.domain.bill import DueKind
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.delivery import Decision, DisputeKind
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.round_events import AllocationId, ClaimId, OrderRoundId, SlotId
from apps.group_orders.domain.round_steps import (
    ClaimState,
    EndReason,
    OrderRoundAction,
    OrderRoundState,
)
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRoundView:
    """An order round; how many slots it has and how many of them are nobody's.

    `claims` counts those that were neither refused nor withdrawn. The `seed_commitment` of a
    lottery is the SHA-256 of its secret seed; all about it is in its public draw.
    """

    id: OrderRoundId
    group_order_id: GroupOrderId
    number: int
    title: str
    policy: Policy
    state: OrderRoundState
    closes_at: datetime
    slots: int
    free_slots: int
    claims: int
    seed_commitment: str | None
    claims_digest: str | None
    opened_at: datetime | None
    closed_at: datetime | None
    allocated_at: datetime | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: Sequence[OrderRoundAction]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotView:
    """One unit that a round has to hand out: of a card, or of an item by its name."""

    id: SlotId
    number: int
    card_id: CardId | None
    item: str | None
    unit_price: int
    currency: Currency
    set_number: int | None
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """What a member asks for, and how much of it is theirs.

    `sequence` is the server's order of claims in the round. Of `member`, the nickname is null
    where that member has left or is hidden from you.
    """

    id: ClaimId
    round_id: OrderRoundId
    member: OrganiserView
    sequence: int
    card_id: CardId | None
    item: str | None
    quantity: int
    rank: int | None
    granted: int
    state: ClaimState
    submitted_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeView:
    """What a holder says to be wrong, and what a moderator has found."""

    kind: DisputeKind
    text: str
    decision: Decision | None
    decision_reason: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedDueView:
    """What somebody would owe who took a slot over now, in minor units of its currency."""

    kind: DueKind
    amount: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationView:
    """That a slot is a member's; the copy that is expected for it is in their binder.

    While it is offered to somebody, it stays with whose it is; `offered_dues` come with it.
    """

    id: AllocationId
    group_order_id: GroupOrderId
    round_id: OrderRoundId
    claim_id: ClaimId
    slot: int
    card_id: CardId | None
    item: str | None
    unit_price: int
    currency: Currency
    member: OrganiserView
    copy_id: CopyId | None
    allocated_at: datetime
    offered_to: OrganiserView | None
    offered_at: datetime | None
    offered_dues: Sequence[OfferedDueView]
    shipped_at: datetime | None
    carrier: str | None
    tracking_number: str | None
    delivered_at: datetime | None
    confirmed_at: datetime | None
    disputed_at: datetime | None
    dispute: DisputeView | None
    ended_at: datetime | None
    end_reason: EndReason | None
    allowed_actions: Sequence[AllocationAction]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnClaim:
    """A claim as it was fixed when the round closed; a thing is `card:` or `item:` and which."""

    id: ClaimId
    thing: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSlot:
    """A slot likewise."""

    number: int
    thing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Which claim a slot went to first."""

    slot: int
    claim_id: ClaimId


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawView:
    """All that it takes to recompute a lottery, for anybody (docs/group-orders.md).

    `input` is the very text whose SHA-256 is `claims_digest`; `claims` and `slots` are read from
    it. Both are null until the round closes; `seed`, `order` and `outcome` until it is allocated.
    `outcome` is what the draw gave, whatever has become of that since.
    """

    round_id: OrderRoundId
    state: OrderRoundState
    seed_commitment: str
    input: str | None
    claims_digest: str | None
    claims: Sequence[DrawnClaim] | None
    slots: Sequence[DrawnSlot] | None
    seed: str | None
    revealed_at: datetime | None
    order: Sequence[ClaimId] | None
    outcome: Sequence[Drawn] | None
    recipe: str


class ShowOrderRound(Protocol):
    """An order round, and what you can do with it."""

    async def __call__(self, id: OrderRoundId, *, to: MemberId) -> OrderRoundView:
        """Raise OrderRoundNotFound."""
        ...


class ListOrderRounds(Protocol):
    """The rounds of a group order, in the order in which they were planned."""

    async def __call__(
        self, order: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[OrderRoundView]:
        """Raise GroupOrderNotFound."""
        ...


class ListSlots(Protocol):
    """The slots of an order round, by number."""

    async def __call__(
        self, round: OrderRoundId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[SlotView]:
        """Raise OrderRoundNotFound."""
        ...


class ShowClaim(Protocol):
    """A claim."""

    async def __call__(self, id: ClaimId, *, to: MemberId) -> ClaimView:
        """Raise ClaimNotFound for somebody else's, unless you run the order or are staff."""
        ...


class ListClaims(Protocol):
    """The claims of an order round, the first ones first.

    Organisers and staff see all of them, everybody else their own.
    """

    async def __call__(
        self, round: OrderRoundId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[ClaimView]:
        """Raise OrderRoundNotFound."""
        ...


class ShowAllocation(Protocol):
    """An allocation."""

    async def __call__(self, id: AllocationId, *, to: MemberId) -> AllocationView:
        """Raise AllocationNotFound for who is not shown it among others."""
        ...


class ListAllocations(Protocol):
    """The allocations of a group order, the first ones first, with those that have ended.

    Organisers and staff see all of them, everybody else their own and what is offered to them.
    """

    async def __call__(
        self, order: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[AllocationView]:
        """Raise GroupOrderNotFound."""
        ...


class ShowDraw(Protocol):
    """A lottery, with everything that it takes to recompute it; anybody may ask."""

    async def __call__(self, round: OrderRoundId) -> DrawView:
        """Raise OrderRoundNotFound or NoDraw."""
        ...
