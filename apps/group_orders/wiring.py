"""Which class serves which interface of group orders, and who hears of what."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dishka import Provider, Scope, provide, provide_all

from apps.catalogue.contract import CardMerged
from apps.group_orders.application.approach import Admission, Approach, Entrance, Limits
from apps.group_orders.application.claim_slots import AllocateRound, SubmitClaim, WithdrawClaim
from apps.group_orders.application.company import Company, Joiners, Visibility
from apps.group_orders.application.erase_part import ErasePart
from apps.group_orders.application.follow_allocations import (
    HandOnDues,
    SettleAllocations,
    SettleOrder,
    TakeOverDues,
)
from apps.group_orders.application.follow_orders import (
    EndRounds,
    FollowMergedThings,
    SettleRounds,
)
from apps.group_orders.application.grants import Eligible, Grants, MoveUp
from apps.group_orders.application.hand_on import (
    AcceptTransfer,
    ReleaseAllocation,
    Sight,
    TransferAllocation,
    WithdrawTransfer,
)
from apps.group_orders.application.hand_out import ConfirmSilent
from apps.group_orders.application.leave_orders import EndPartInOrders, LeaveOrders
from apps.group_orders.application.limits import GroupOrderLimits
from apps.group_orders.application.prepare_order import (
    ChangeOrder,
    DraftOrder,
    LockOrder,
    OpenOrder,
    Surroundings,
    TagOrder,
    Tags,
)
from apps.group_orders.application.remind_to_rate import RemindToRateOrders
from apps.group_orders.application.round_ports import (
    Allocations,
    Claims,
    Offers,
    Seeds,
    Slots,
)
from apps.group_orders.application.run_rounds import (
    AT_ONCE,
    CancelOrderRound,
    CloseDueRounds,
    CloseOrderRound,
    Closing,
    OpenOrderRound,
    PlanRound,
)
from apps.group_orders.application.show_orders import ListOrders, ShowOrder
from apps.group_orders.application.show_rounds import (
    ListAllocations,
    ListClaims,
    ListOrderRounds,
    ListSlots,
    ShowAllocation,
    ShowClaim,
    ShowDraw,
    ShowOrderRound,
)
from apps.group_orders.application.tell_joiners import NEWS, TELL, NoteNews, TellJoiners
from apps.group_orders.application.watch_deadlines import BATCH, WatchDeadlines
from apps.group_orders.application.watch_milestones import ORDERS_AT_ONCE, MarkOverdue, StallSilent
from apps.group_orders.domain.delivery import (
    DeliveryConfirmed,
    DeliveryDecided,
    DeliveryDisputed,
)
from apps.group_orders.domain.exposure import Exposures
from apps.group_orders.domain.ledger import LedgerEntryPosted
from apps.group_orders.domain.milestone import (
    MilestoneMoved,
    MilestoneOverdue,
    MilestoneReached,
)
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import (
    GroupOrderCancelled,
    GroupOrderClosed,
    GroupOrderFailed,
    GroupOrderHandedOver,
    GroupOrderLocked,
    GroupOrderMoved,
    GroupOrderOpened,
    GroupOrderResumed,
    GroupOrderStalled,
    HandoverAsked,
)
from apps.group_orders.domain.order_round import OrderRoundRepository
from apps.group_orders.domain.round_events import (
    AllocationEnded,
    AllocationMade,
    AllocationOffered,
    AllocationOfferWithdrawn,
    AllocationsEnded,
    AllocationsMade,
    AllocationTransferred,
    ClaimSubmitted,
    ClaimWithdrawn,
    OrderRoundAllocated,
    OrderRoundCancelled,
    OrderRoundClosed,
    OrderRoundOpened,
    OrderRoundSettled,
)
from apps.group_orders.infrastructure.claim_queries import (
    ClaimReads,
    SqlListAllocations,
    SqlListClaims,
    SqlShowAllocation,
    SqlShowClaim,
)
from apps.group_orders.infrastructure.claims import SqlAllocations, SqlClaims
from apps.group_orders.infrastructure.order_queries import (
    OrderReads,
    SqlListOrders,
    SqlShowOrder,
)
from apps.group_orders.infrastructure.orders import SqlGroupOrderRepository, SqlJoiners, SqlTags
from apps.group_orders.infrastructure.round_queries import (
    RoundReads,
    SqlListOrderRounds,
    SqlListSlots,
    SqlShowDraw,
    SqlShowOrderRound,
)
from apps.group_orders.infrastructure.rounds import (
    SqlFollowMergedThings,
    SqlOffers,
    SqlOrderRoundRepository,
    SqlSlots,
    SystemSeeds,
)
from apps.identity.contract import DeletionAsked, MemberDeparted, MemberErased
from apps.shared.application.jobs import Recurring
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {
    MemberDeparted: (LeaveOrders,),
    DeletionAsked: (EndPartInOrders,),
    MemberErased: (ErasePart,),
    CardMerged: (FollowMergedThings,),
    GroupOrderCancelled: (EndRounds, SettleOrder),
    GroupOrderFailed: (EndRounds, SettleOrder),
    AllocationsEnded: (SettleAllocations,),
    AllocationsMade: (TakeOverDues,),
    AllocationTransferred: (HandOnDues,),
    GroupOrderClosed: (SettleRounds,),
}
"""Who hears of what within its transaction."""

AFTER: dict[type[Event], tuple[type, ...]] = {}
"""Who hears of what when its transaction is over."""

AT_THE_END: dict[type[Event], tuple[type, ...]] = {**dict.fromkeys(NEWS, (NoteNews,))}
"""Who hears of all such events of a transaction at once, when nothing more comes."""

PUBLIC: dict[type[Event], Publication] = {
    event: Publication(kind=kind, aggregate="group_order", id="order")
    for event, kind in {
        GroupOrderOpened: "group_order_opened",
        GroupOrderLocked: "group_order_locked",
        GroupOrderMoved: "group_order_moved",
        GroupOrderClosed: "group_order_closed",
        GroupOrderCancelled: "group_order_cancelled",
        GroupOrderFailed: "group_order_failed",
        HandoverAsked: "group_order_handover_asked",
        GroupOrderHandedOver: "group_order_handed_over",
        GroupOrderStalled: "group_order_stalled",
        GroupOrderResumed: "group_order_resumed",
        MilestoneReached: "group_order_milestone_reached",
        MilestoneMoved: "group_order_milestone_moved",
        MilestoneOverdue: "group_order_milestone_overdue",
        DeliveryConfirmed: "group_order_delivery_confirmed",
        DeliveryDisputed: "group_order_delivery_disputed",
        DeliveryDecided: "group_order_delivery_decided",
        OrderRoundOpened: "group_order_round_opened",
        OrderRoundClosed: "group_order_round_closed",
        OrderRoundAllocated: "group_order_round_allocated",
        OrderRoundSettled: "group_order_round_settled",
        OrderRoundCancelled: "group_order_round_cancelled",
        ClaimSubmitted: "group_order_claim_submitted",
        ClaimWithdrawn: "group_order_claim_withdrawn",
        AllocationMade: "group_order_allocation_made",
        AllocationEnded: "group_order_allocation_ended",
        AllocationOffered: "group_order_allocation_offered",
        AllocationOfferWithdrawn: "group_order_allocation_offer_withdrawn",
        AllocationTransferred: "group_order_allocation_handed_on",
        LedgerEntryPosted: "ledger_entry_posted",
    }.items()
}
"""What goes into the outbox."""

HANDLERS: Mapping[str, type[Any]] = {TELL: TellJoiners}
"""What workers do with jobs that others have left."""

RECURRING: tuple[Recurring, ...] = (
    Recurring(kind="group-orders.remind", every=timedelta(hours=1), use_case=RemindToRateOrders),
    Recurring(
        kind="group-orders.overdue",
        every=timedelta(minutes=1),
        use_case=MarkOverdue,
        full=ORDERS_AT_ONCE,
    ),
    Recurring(
        kind="group-orders.receive",
        every=timedelta(minutes=5),
        use_case=ConfirmSilent,
        full=ORDERS_AT_ONCE,
    ),
    Recurring(
        kind="group-orders.stall",
        every=timedelta(minutes=1),
        use_case=StallSilent,
        full=ORDERS_AT_ONCE,
    ),
    Recurring(
        kind="order-rounds.close",
        every=timedelta(seconds=30),
        use_case=CloseDueRounds,
        full=AT_ONCE,
    ),
    Recurring(
        kind="group-orders.deadlines",
        every=timedelta(minutes=1),
        use_case=WatchDeadlines,
        full=BATCH,
    ),
)
"""What workers do again and again."""


class GroupOrderWiring(Provider):
    """Group orders."""

    scope = Scope.APP

    orders = provide(SqlGroupOrderRepository, provides=GroupOrderRepository)
    joiners = provide(SqlJoiners, provides=Joiners)
    tags = provide(SqlTags, provides=Tags)
    order_reads = provide(OrderReads)
    show_order = provide(SqlShowOrder, provides=ShowOrder)
    list_orders = provide(SqlListOrders, provides=ListOrders)
    use_cases = provide_all(
        *(Visibility, Company, Surroundings),
        *(DraftOrder, ChangeOrder, OpenOrder, LockOrder, TagOrder),
    )

    rounds = provide(SqlOrderRoundRepository, provides=OrderRoundRepository)
    slots = provide(SqlSlots, provides=Slots)
    claims = provide(SqlClaims, provides=Claims)
    allocations = provide(SqlAllocations, provides=Allocations)
    seeds = provide(SystemSeeds, provides=Seeds)
    offers = provide(SqlOffers, provides=Offers)
    merged_things = provide(SqlFollowMergedThings, provides=FollowMergedThings)
    round_reads = provide_all(RoundReads, ClaimReads)
    show_round = provide(SqlShowOrderRound, provides=ShowOrderRound)
    list_rounds = provide(SqlListOrderRounds, provides=ListOrderRounds)
    list_slots = provide(SqlListSlots, provides=ListSlots)
    show_draw = provide(SqlShowDraw, provides=ShowDraw)
    show_claim = provide(SqlShowClaim, provides=ShowClaim)
    list_claims = provide(SqlListClaims, provides=ListClaims)
    show_allocation = provide(SqlShowAllocation, provides=ShowAllocation)
    list_allocations = provide(SqlListAllocations, provides=ListAllocations)
    round_use_cases = provide_all(
        *(Approach, Admission, Limits, Entrance, Eligible, Grants, MoveUp, Closing, Sight),
        *(PlanRound, OpenOrderRound, CloseOrderRound, CloseDueRounds, CancelOrderRound),
        *(SubmitClaim, WithdrawClaim, AllocateRound, WithdrawTransfer),
        *(TransferAllocation, AcceptTransfer, ReleaseAllocation, EndRounds, SettleRounds),
    )

    def __init__(self, limits: GroupOrderLimits, exposures: Exposures) -> None:
        """Take how many group orders an organiser may have at once here, and what in hand."""
        super().__init__()
        self._limits = limits
        self._exposures = exposures

    @provide
    def limits(self) -> GroupOrderLimits:
        """Return how many group orders an organiser may have at once here."""
        return self._limits

    @provide
    def exposures(self) -> Exposures:
        """Return how much an organiser may have in hand here."""
        return self._exposures
