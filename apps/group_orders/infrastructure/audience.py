"""Whom letters about group orders go to."""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, select

from apps.group_orders.application.tell_joiners import Audience, Crew
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import OrderRoundId
from apps.group_orders.infrastructure.models import GroupOrderModel, OrderJoinerModel
from apps.group_orders.infrastructure.round_models import OrderClaimModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ORDER, JOINER, CLAIM = GroupOrderModel, OrderJoinerModel, OrderClaimModel
CREWS = Question(
    select(ORDER.id, ORDER.organiser_id, JOINER.member_id)
    .outerjoin(JOINER, JOINER.group_order_id == ORDER.id)
    .where(ORDER.id.in_(bindparam("orders", expanding=True)))
)
WAITING = Question(
    select(CLAIM.member_id)
    .where(CLAIM.round_id == bindparam("round"), CLAIM.ended_at.is_(None), CLAIM.granted == 0)
    .distinct()
)


class SqlAudience(Audience):
    """One question each."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def crews(self, orders: Collection[GroupOrderId]) -> Mapping[GroupOrderId, Crew]:
        """Read a row for each joiner, and one for an order without."""
        found: dict[GroupOrderId, Crew] = {}
        for row in await self._reads(CREWS, orders=sorted(orders)):
            crew = found.setdefault(row.id, Crew(row.organiser_id, set()))
            if row.member_id is not None:
                found[row.id] = Crew(crew.organiser, {*crew.joiners, row.member_id})
        return found

    async def waiting(self, round: OrderRoundId) -> Collection[MemberId]:
        """Read a range of the round's claims."""
        return [row.member_id for row in await self._reads(WAITING, round=round)]
