"""Which class serves which interface of group orders, and who hears of what."""

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.application.keep_milestones import (
    LockMilestone,
    MoveMilestone,
    PlanMilestone,
    ReachMilestone,
)
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
from apps.group_orders.application.shipments import Shipping, Waiting
from apps.group_orders.application.show_milestones import ListMilestones, ShowMilestone
from apps.group_orders.application.show_orders import ListOrders, ShowOrder
from apps.group_orders.application.watch_milestones import BATCH, MarkOverdue, StallSilent
from apps.group_orders.domain.milestone import (
    MilestoneMoved,
    MilestoneOverdue,
    MilestoneReached,
    MilestoneRepository,
)
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import (
    GroupOrderCancelled,
    GroupOrderClosed,
    GroupOrderFailed,
    GroupOrderLocked,
    GroupOrderMoved,
    GroupOrderOpened,
    GroupOrderResumed,
    GroupOrderStalled,
)
from apps.group_orders.infrastructure.milestone_queries import (
    MilestoneReads,
    SqlListMilestones,
    SqlShowMilestone,
)
from apps.group_orders.infrastructure.milestones import SqlMilestoneRepository
from apps.group_orders.infrastructure.order_queries import (
    OrderReads,
    SqlListOrders,
    SqlShowOrder,
)
from apps.group_orders.infrastructure.orders import SqlGroupOrderRepository, SqlJoiners, SqlTags
from apps.group_orders.infrastructure.waiting import SqlWaiting
from apps.shared.application.jobs import Recurring
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {}
"""Who hears of what within its transaction."""

AFTER: dict[type[Event], tuple[type, ...]] = {}
"""Who hears of what when its transaction is over."""

PUBLIC: dict[type[Event], Publication] = {
    event: Publication(kind=kind, aggregate="group_order", id="order")
    for event, kind in {
        GroupOrderOpened: "group_order_opened",
        GroupOrderLocked: "group_order_locked",
        GroupOrderMoved: "group_order_moved",
        GroupOrderClosed: "group_order_closed",
        GroupOrderCancelled: "group_order_cancelled",
        GroupOrderFailed: "group_order_failed",
        GroupOrderStalled: "group_order_stalled",
        GroupOrderResumed: "group_order_resumed",
        MilestoneReached: "group_order_milestone_reached",
        MilestoneMoved: "group_order_milestone_moved",
        MilestoneOverdue: "group_order_milestone_overdue",
    }.items()
}
"""What goes into the outbox."""

RECURRING: tuple[Recurring, ...] = (
    Recurring(
        kind="group-orders.overdue", every=timedelta(minutes=1), use_case=MarkOverdue, full=BATCH
    ),
    Recurring(
        kind="group-orders.stall", every=timedelta(minutes=1), use_case=StallSilent, full=BATCH
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
        *(Company, Surroundings, DraftOrder, ChangeOrder, OpenOrder, LockOrder, TagOrder)
    )

    milestones = provide(SqlMilestoneRepository, provides=MilestoneRepository)
    waiting = provide(SqlWaiting, provides=Waiting)
    milestone_reads = provide(MilestoneReads)
    show_milestone = provide(SqlShowMilestone, provides=ShowMilestone)
    list_milestones = provide(SqlListMilestones, provides=ListMilestones)
    progress = provide_all(
        *(PlanMilestone, LockMilestone, ReachMilestone, MoveMilestone, Shipping),
        *(MarkOverdue, StallSilent),
    )

    def __init__(self, limits: GroupOrderLimits) -> None:
        """Take how many group orders an organiser may have at once here."""
        super().__init__()
        self._limits = limits

    @provide
    def limits(self) -> GroupOrderLimits:
        """Return how many group orders an organiser may have at once here."""
        return self._limits
