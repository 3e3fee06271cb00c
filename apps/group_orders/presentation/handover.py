"""Handing a group order over, over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from pydantic import Field

from apps.group_orders.application.hand_over import HandOverOrder
from apps.group_orders.application.show_handover import HandoverView, ShowHandover
from apps.group_orders.domain.handover import (
    CannotTakeOver,
    HandoverNotAsked,
    NoCoOrganiser,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import JoinersOnly
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import MfaRequired
from apps.shared.presentation.bodies import Body, Prose
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    prefix="/group-orders/{group_order_id}/handover",
    tags=["group orders"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, *STAFF],
)


class HandoverAsking(Body):
    """Why, where it is asked for; of whoever only agrees it is not kept."""

    reason: Annotated[Prose, Field(min_length=1, max_length=500)] | None = None


@router.post(
    "",
    description=getdoc(HandOverOrder),
    openapi_extra=refuses(
        *(MfaRequired, JoinersOnly, InvalidTransition, NoCoOrganiser),
        *(HandoverNotAsked, CannotTakeOver, ContactData),
    ),
)
async def hand_over_group_order(
    group_order_id: GroupOrderId,
    body: HandoverAsking,
    me: Me,
    hand_over: FromDishka[HandOverOrder],
    show: FromDishka[ShowHandover],
) -> HandoverView:
    """Hand over a group order."""
    await hand_over(group_order_id, by=me, reason=body.reason)
    return await show(group_order_id, to=me)


@router.get("", description=getdoc(ShowHandover), openapi_extra=refuses(MfaRequired, JoinersOnly))
async def show_handover(
    group_order_id: GroupOrderId, me: Me, show: FromDishka[ShowHandover]
) -> HandoverView:
    """Show the handover of a group order."""
    return await show(group_order_id, to=me)
