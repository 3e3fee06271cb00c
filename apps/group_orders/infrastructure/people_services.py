"""Which class serves which interface about who runs group orders, joins them and leaves."""

from dishka import Provider, Scope, provide, provide_all

from apps.group_orders.application.erase_part import ErasePart
from apps.group_orders.application.hand_over import HandOverOrder
from apps.group_orders.application.leave_orders import (
    EndPartInOrders,
    LeaveOrders,
    PartWithOrders,
)
from apps.group_orders.application.rate_order import (
    HideOrderRating,
    RateOrder,
    ReplyToOrderRating,
)
from apps.group_orders.application.remind_to_rate import OrderReminders, RemindToRateOrders
from apps.group_orders.application.show_handover import ShowHandover
from apps.group_orders.application.show_order_ratings import ListOrderRatings
from apps.group_orders.application.show_record import ShowOrganiserRecord
from apps.group_orders.application.tell_joiners import Audience, NoteNews, TellJoiners
from apps.group_orders.application.ties import Ties
from apps.group_orders.domain.handover import HandoverRepository
from apps.group_orders.domain.order_rating import OrderRatingRepository
from apps.group_orders.infrastructure.audience import SqlAudience
from apps.group_orders.infrastructure.disclosure import DiscloseGroupOrders
from apps.group_orders.infrastructure.erasure import SqlErasePart
from apps.group_orders.infrastructure.handovers import SqlHandoverRepository, SqlShowHandover
from apps.group_orders.infrastructure.order_ratings import (
    SqlListOrderRatings,
    SqlOrderRatingRepository,
)
from apps.group_orders.infrastructure.order_reminders import SqlOrderReminders
from apps.group_orders.infrastructure.organiser_record import SqlShowOrganiserRecord
from apps.group_orders.infrastructure.ties import SqlTies


class PeopleWiring(Provider):
    """Handovers, ratings, departures, and what is known of members."""

    scope = Scope.APP

    disclosure = provide(DiscloseGroupOrders)
    erase = provide(SqlErasePart, provides=ErasePart)
    ties = provide(SqlTies, provides=Ties)
    handovers = provide(SqlHandoverRepository, provides=HandoverRepository)
    show_handover = provide(SqlShowHandover, provides=ShowHandover)
    ratings = provide(SqlOrderRatingRepository, provides=OrderRatingRepository)
    list_ratings = provide(SqlListOrderRatings, provides=ListOrderRatings)
    audience = provide(SqlAudience, provides=Audience)
    record = provide(SqlShowOrganiserRecord, provides=ShowOrganiserRecord)
    reminders = provide(SqlOrderReminders, provides=OrderReminders)
    remind = provide(RemindToRateOrders)
    use_cases = provide_all(HandOverOrder, RateOrder, ReplyToOrderRating, HideOrderRating)
    subscribers = provide_all(PartWithOrders, LeaveOrders, EndPartInOrders, NoteNews, TellJoiners)
