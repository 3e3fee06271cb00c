"""What an organiser has made of their group orders, counted in SQL."""

from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
)

from apps.group_orders.application.show_record import OrganiserRecordView, ShowOrganiserRecord
from apps.group_orders.domain.delivery import Decision
from apps.group_orders.domain.handover import Outcome
from apps.group_orders.domain.order_steps import LIVE, OrderState
from apps.group_orders.domain.payment import RefundState
from apps.group_orders.infrastructure.handovers import OrderHandoverModel
from apps.group_orders.infrastructure.milestone_models import (
    MilestoneMoveModel,
    OrderMilestoneModel,
)
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderRefundModel
from apps.group_orders.infrastructure.order_ratings import SHOWN, OrderRatingModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.identity.contract import Directory, UserNotFound
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.contract import FEWEST_SHOWN, Given, PlatformMean, bayesian_mean, counted

ORGANISER: BindParameter[Any] = bindparam("organiser")
ORDER, MILESTONE, MOVE = GroupOrderModel, OrderMilestoneModel, MilestoneMoveModel
RATING, ALLOCATION, HANDOVER = OrderRatingModel, OrderAllocationModel, OrderHandoverModel
HANDED_OVER = HANDOVER.outcome == Outcome.DONE


def of_orders(row: Any, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    """Count the rows of the orders that they organise now to which this applies."""
    return (
        select(func.count())
        .select_from(row)
        .join(ORDER, ORDER.id == row.group_order_id)
        .where(ORDER.organiser_id == ORGANISER, *where)
        .scalar_subquery()
    )


def under_them(row: Any, moment: Any, *where: ColumnElement[bool]) -> Any:
    """Count what happened to their orders while they organised them, as handovers tell."""
    theirs = union_all(
        select(ORDER.id).where(ORDER.organiser_id == ORGANISER),
        select(HANDOVER.group_order_id).where(HANDED_OVER, HANDOVER.giver_id == ORGANISER),
    )
    then = (
        select(HANDOVER.giver_id)
        .where(HANDED_OVER, HANDOVER.group_order_id == ORDER.id, HANDOVER.ended_at > moment)
        .order_by(HANDOVER.ended_at)
        .limit(1)
        .correlate(ORDER, row)
        .scalar_subquery()
    )
    return (
        select(func.count())
        .select_from(row)
        .join(ORDER, ORDER.id == row.group_order_id)
        .where(
            ORDER.id.in_(theirs),
            func.coalesce(then, ORDER.organiser_id) == ORGANISER,
            *where,
        )
        .scalar_subquery()
    )


PUT_OFF = exists().where(MOVE.milestone_id == MILESTONE.id, MOVE.planned_on > MOVE.was_on)
REACHED = partial(under_them, MILESTONE, MILESTONE.done_at)
COUNTS = Question(
    select(
        func.count().filter(or_(*(ORDER.state == state for state in LIVE))).label("live"),
        func.count().filter(ORDER.stalled_at.is_not(None)).label("stalled"),
        *(
            func.count().filter(ORDER.state == state).label(state.value)
            for state in (OrderState.CLOSED, OrderState.CANCELLED, OrderState.FAILED)
        ),
        REACHED(MILESTONE.done_at.is_not(None)).label("milestones_reached"),
        REACHED(MILESTONE.done_at <= MILESTONE.due_at, ~PUT_OFF).label("milestones_on_time"),
        of_orders(OrderRefundModel, OrderRefundModel.state == RefundState.PROMISED).label(
            "refunds_open"
        ),
        under_them(
            ALLOCATION, ALLOCATION.disputed_at, ALLOCATION.decision == Decision.UPHELD
        ).label("disputes_lost"),
    ).where(ORDER.organiser_id == ORGANISER, ORDER.opened_at.is_not(None))
)
GIVEN = Question(
    select(RATING.rater_id, RATING.score, RATING.rated_at)
    .join(ORDER, ORDER.id == RATING.group_order_id)
    .where(
        RATING.ratee_id == ORGANISER,
        ORDER.organiser_id == ORGANISER,  # not how punctually they paid themselves
        RATING.hidden_at.is_(None),
        SHOWN,
    )
)


class SqlShowOrganiserRecord(ShowOrganiserRecord):
    """Two questions, whatever there is to count, beside the mean of the platform."""

    def __init__(
        self, reads: Reads, directory: Directory, platform: PlatformMean, clock: Clock
    ) -> None:
        self._reads = reads
        self._platform = platform
        self._directory = directory
        self._clock = clock

    async def __call__(self, member: MemberId, *, to: MemberId) -> OrganiserRecordView:
        """Count no more than three ratings of one joiner within half a year (R6)."""
        if member not in await self._directory.members([member], to=to):
            raise UserNotFound
        (counts,) = await self._reads(COUNTS, organiser=member)
        given = await self._reads(GIVEN, organiser=member, at=self._clock.now())
        scores = counted(Given(row.rater_id, row.score, row.rated_at) for row in given)
        platform, new = await self._platform(), len(scores) < FEWEST_SHOWN
        return OrganiserRecordView(
            member_id=member,
            new=new,
            rating=None if new else mean(scores, platform=platform),
            ratings=len(scores),
            **counts._asdict(),
        )


def mean(scores: Sequence[int], *, platform: float | None) -> float:
    """Let the mean of the platform count beside them, where there is one (R5)."""
    prior = fmean(scores) if platform is None else platform
    return round(bayesian_mean(scores, prior=prior), 2)
