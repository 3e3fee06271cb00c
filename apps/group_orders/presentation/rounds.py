"""Order rounds over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka
from fastapi import Response

from apps.group_orders.application.claim_slots import AllocateRound
from apps.group_orders.application.run_rounds import (
    CancelOrderRound,
    CloseOrderRound,
    OpenOrderRound,
    PlanRound,
)
from apps.group_orders.application.show_rounds import (
    DrawView,
    ListOrderRounds,
    ListSlots,
    OrderRoundView,
    ShowDraw,
    ShowOrderRound,
    SlotView,
)
from apps.group_orders.domain.exposure import ExposureCapped
from apps.group_orders.domain.order import OrganisersOnly
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import EndOfRoundOutOfRange, OrderNotOpen
from apps.group_orders.domain.round_events import OrderRoundId
from apps.group_orders.domain.slot import PricesDiffer, TooManySlots
from apps.group_orders.presentation.round_schemas import RoundPlan
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import LimitExceeded, MfaRequired
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute, StrictRoute
from apps.shared.presentation.routing import API, ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    tags=["group orders"], route_class=CommandRoute, dependencies=[*SIGNED_IN, *STAFF]
)
drawing = ApiRouter(tags=["group orders"], route_class=StrictRoute)
OF_ORDER = "/group-orders/{group_order_id}/rounds"
ROUND = "/order-rounds/{order_round_id}"
Show = FromDishka[ShowOrderRound]


@router.post(
    OF_ORDER,
    status_code=201,
    description=getdoc(PlanRound),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition, LimitExceeded),
        *(EndOfRoundOutOfRange, PricesDiffer, TooManySlots, ContactData),
    ),
)
async def plan_order_round(
    group_order_id: GroupOrderId,
    body: RoundPlan,
    me: Me,
    plan: FromDishka[PlanRound],
    show: Show,
    response: Response,
) -> OrderRoundView:
    """Plan a round of a group order."""
    round = await plan(
        group_order_id,
        by=me,
        title=body.title,
        policy=body.policy,
        closes_at=body.closes_at,
        slots=[each.stock for each in body.slots],
    )
    response.headers["Location"] = f"{API}/order-rounds/{round}"
    return await show(round, to=me)


@router.get(OF_ORDER, description=getdoc(ListOrderRounds), openapi_extra=refuses(MfaRequired))
async def list_order_rounds(
    group_order_id: GroupOrderId, me: Me, page: PageAsked, rounds: FromDishka[ListOrderRounds]
) -> Listed[OrderRoundView]:
    """List the rounds of a group order."""
    return page.show(await rounds(group_order_id, to=me, after=page.after, limit=page.limit))


@router.get(ROUND, description=getdoc(ShowOrderRound), openapi_extra=refuses(MfaRequired))
async def show_order_round(order_round_id: OrderRoundId, me: Me, show: Show) -> OrderRoundView:
    """Show an order round."""
    return await show(order_round_id, to=me)


@router.get(f"{ROUND}/slots", description=getdoc(ListSlots), openapi_extra=refuses(MfaRequired))
async def list_slots(
    order_round_id: OrderRoundId, me: Me, page: PageAsked, slots: FromDishka[ListSlots]
) -> Listed[SlotView]:
    """List the slots of an order round."""
    return page.show(await slots(order_round_id, to=me, after=page.after, limit=page.limit))


@router.post(
    f"{ROUND}/open",
    description=getdoc(OpenOrderRound),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition, OrderNotOpen),
        *(EndOfRoundOutOfRange, ExposureCapped),
    ),
)
async def open_order_round(
    order_round_id: OrderRoundId, me: Me, open: FromDishka[OpenOrderRound], show: Show
) -> OrderRoundView:
    """Open an order round."""
    await open(order_round_id, by=me)
    return await show(order_round_id, to=me)


@router.post(
    f"{ROUND}/close",
    description=getdoc(CloseOrderRound),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, InvalidTransition),
)
async def close_order_round(
    order_round_id: OrderRoundId, me: Me, close: FromDishka[CloseOrderRound], show: Show
) -> OrderRoundView:
    """Close an order round."""
    await close(order_round_id, by=me)
    return await show(order_round_id, to=me)


@router.post(
    f"{ROUND}/allocate",
    description=getdoc(AllocateRound),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, InvalidTransition),
)
async def allocate_order_round(
    order_round_id: OrderRoundId, me: Me, allocate: FromDishka[AllocateRound], show: Show
) -> OrderRoundView:
    """Allocate the slots of an order round."""
    await allocate(order_round_id, by=me)
    return await show(order_round_id, to=me)


@router.post(
    f"{ROUND}/cancel",
    description=getdoc(CancelOrderRound),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, InvalidTransition),
)
async def cancel_order_round(
    order_round_id: OrderRoundId, me: Me, cancel: FromDishka[CancelOrderRound], show: Show
) -> OrderRoundView:
    """Cancel an order round."""
    await cancel(order_round_id, by=me)
    return await show(order_round_id, to=me)


@drawing.get(f"{ROUND}/draw", description=getdoc(ShowDraw))
async def show_draw(order_round_id: OrderRoundId, show: FromDishka[ShowDraw]) -> DrawView:
    """Show a lottery with all that it takes to recompute it."""
    return await show(order_round_id)
