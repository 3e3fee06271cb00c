"""How group orders get on, over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.group_orders.application.keep_milestones import (
    MoveMilestone,
    PlanMilestone,
    ReachMilestone,
    RoundsUndecided,
)
from apps.group_orders.application.shipments import ShipmentsMissing, ShipmentsUnfit
from apps.group_orders.application.show_milestones import (
    ListMilestones,
    MilestoneView,
    ShowMilestone,
)
from apps.group_orders.domain.milestone import (
    DayOutOfRange,
    MilestoneDone,
    MilestoneExists,
    MilestoneId,
    MilestoneSkipped,
    SameDay,
)
from apps.group_orders.domain.order import OrganisersOnly
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.presentation.milestone_schemas import MilestonePlan, NewDay, Reached
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import DuplicateIds, MfaRequired
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    tags=["group orders"], route_class=CommandRoute, dependencies=[*SIGNED_IN, *STAFF]
)
Show = FromDishka[ShowMilestone]


@router.post(
    "/group-orders/{group_order_id}/milestones",
    status_code=201,
    description=getdoc(PlanMilestone),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition),
        *(MilestoneExists, MilestoneSkipped, DayOutOfRange),
    ),
)
async def plan_milestone(
    group_order_id: GroupOrderId,
    body: MilestonePlan,
    me: Me,
    plan: FromDishka[PlanMilestone],
    show: Show,
    located: Located,
) -> MilestoneView:
    """Plan a milestone."""
    milestone = await plan(group_order_id, by=me, **dict(body))
    located(None)
    return await show(milestone, to=me)


@router.get(
    "/group-orders/{group_order_id}/milestones",
    description=getdoc(ListMilestones),
    openapi_extra=refuses(MfaRequired),
)
async def list_milestones(
    group_order_id: GroupOrderId, me: Me, milestones: FromDishka[ListMilestones]
) -> Listed[MilestoneView]:
    """List the milestones of a group order."""
    return Listed(list(await milestones(group_order_id, to=me)), None)


@router.post(
    "/milestones/{milestone_id}/done",
    description=getdoc(ReachMilestone),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition, MilestoneDone, MilestoneSkipped),
        *(RoundsUndecided, ShipmentsUnfit, ShipmentsMissing, DuplicateIds, ContactData),
    ),
)
async def reach_milestone(
    milestone_id: MilestoneId,
    me: Me,
    reach: FromDishka[ReachMilestone],
    show: Show,
    body: Reached | None = None,
) -> MilestoneView:
    """Say that a milestone is reached."""
    told = body or Reached()
    await reach(
        milestone_id, note=told.note, proof_url=told.proof_url, shipments=told.told(), by=me
    )
    return await show(milestone_id, to=me)


@router.post(
    "/milestones/{milestone_id}/move",
    description=getdoc(MoveMilestone),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition, MilestoneDone, MilestoneSkipped),
        *(SameDay, DayOutOfRange, ContactData),
    ),
)
async def move_milestone(
    milestone_id: MilestoneId, body: NewDay, me: Me, move: FromDishka[MoveMilestone], show: Show
) -> MilestoneView:
    """Plan a milestone for another day."""
    await move(milestone_id, planned_on=body.planned_on, reason=body.reason, by=me)
    return await show(milestone_id, to=me)
