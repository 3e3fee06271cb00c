"""Which class serves which interface of group orders, and who hears of what."""

from dishka import Provider, Scope, provide, provide_all

from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.application.erase_part import ErasePart
from apps.group_orders.application.hand_over import HandOverOrder
from apps.group_orders.application.leave_orders import (
    EndPartInOrders,
    LeaveOrders,
    PartWithOrders,
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
from apps.group_orders.application.rate_order import (
    HideOrderRating,
    RateOrder,
    ReplyToOrderRating,
)
from apps.group_orders.application.show_handover import ShowHandover
from apps.group_orders.application.show_order_ratings import ListOrderRatings
from apps.group_orders.application.show_orders import ListOrders, ShowOrder
from apps.group_orders.application.ties import Ties
from apps.group_orders.domain.handover import HandoverRepository
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import (
    GroupOrderCancelled,
    GroupOrderClosed,
    GroupOrderFailed,
    GroupOrderHandedOver,
    GroupOrderLocked,
    GroupOrderMoved,
    GroupOrderOpened,
    HandoverAsked,
)
from apps.group_orders.domain.order_rating import OrderRatingRepository
from apps.group_orders.infrastructure.disclosure import DiscloseGroupOrders
from apps.group_orders.infrastructure.erasure import SqlErasePart
from apps.group_orders.infrastructure.handovers import SqlHandoverRepository, SqlShowHandover
from apps.group_orders.infrastructure.order_queries import (
    OrderReads,
    SqlListOrders,
    SqlShowOrder,
)
from apps.group_orders.infrastructure.order_ratings import (
    SqlListOrderRatings,
    SqlOrderRatingRepository,
)
from apps.group_orders.infrastructure.orders import SqlGroupOrderRepository, SqlJoiners, SqlTags
from apps.group_orders.infrastructure.ties import SqlTies
from apps.identity.contract import DeletionAsked, MemberDeparted, MemberErased
from apps.shared.application.jobs import Recurring
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {
    MemberDeparted: (LeaveOrders,),
    DeletionAsked: (EndPartInOrders,),
    MemberErased: (ErasePart,),
}
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
        HandoverAsked: "group_order_handover_asked",
        GroupOrderHandedOver: "group_order_handed_over",
    }.items()
}
"""What goes into the outbox."""

RECURRING: tuple[Recurring, ...] = ()
"""What workers do again and again."""


class GroupOrderWiring(Provider):
    """Group orders."""

    scope = Scope.APP

    disclosure = provide(DiscloseGroupOrders)
    erase = provide(SqlErasePart, provides=ErasePart)
    orders = provide(SqlGroupOrderRepository, provides=GroupOrderRepository)
    joiners = provide(SqlJoiners, provides=Joiners)
    tags = provide(SqlTags, provides=Tags)
    order_reads = provide(OrderReads)
    show_order = provide(SqlShowOrder, provides=ShowOrder)
    list_orders = provide(SqlListOrders, provides=ListOrders)
    ties = provide(SqlTies, provides=Ties)
    handovers = provide(SqlHandoverRepository, provides=HandoverRepository)
    show_handover = provide(SqlShowHandover, provides=ShowHandover)
    order_ratings = provide(SqlOrderRatingRepository, provides=OrderRatingRepository)
    list_order_ratings = provide(SqlListOrderRatings, provides=ListOrderRatings)
    people = provide_all(
        *(HandOverOrder, RateOrder, ReplyToOrderRating, HideOrderRating),
        *(PartWithOrders, LeaveOrders, EndPartInOrders),
    )
    use_cases = provide_all(
        *(Company, Surroundings, DraftOrder, ChangeOrder, OpenOrder, LockOrder, TagOrder)
    )

    def __init__(self, limits: GroupOrderLimits) -> None:
        """Take how many group orders an organiser may have at once here."""
        super().__init__()
        self._limits = limits

    @provide
    def limits(self) -> GroupOrderLimits:
        """Return how many group orders an organiser may have at once here."""
        return self._limits
