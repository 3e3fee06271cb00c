"""What joiners say of what they got, and how group orders end, over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from pydantic import Field

from apps.group_orders.application.end_order import CancelOrder, CloseOrder
from apps.group_orders.application.hand_out import (
    ConfirmDelivery,
    DecideDelivery,
    DisputeDelivery,
)
from apps.group_orders.application.show_orders import GroupOrderView, ShowOrder
from apps.group_orders.application.show_rounds import AllocationView, ShowAllocation
from apps.group_orders.domain.allocation import HoldersOnly
from apps.group_orders.domain.delivery import (
    DeliveriesOpen,
    DisputeKind,
    OwnOrder,
    PaymentsUnanswered,
    RefundsOutstanding,
)
from apps.group_orders.domain.order import OrganisersOnly
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import AllocationId
from apps.identity.contract import ModeratorsOnly
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import MfaRequired
from apps.shared.presentation.bodies import Body, Flag, Prose
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    tags=["group orders"], route_class=CommandRoute, dependencies=[*SIGNED_IN, *STAFF]
)
Show = FromDishka[ShowAllocation]
ShowIt = FromDishka[ShowOrder]
Reason = Annotated[Prose, Field(min_length=1, max_length=1_000)]


class Complaint(Body):
    """What is wrong with what was delivered, or was not."""

    kind: DisputeKind
    text: Reason


class Finding(Body):
    """Whether the joiner is right, and why."""

    upheld: Flag
    reason: Reason


class CallingOff(Body):
    """Why a group order comes to nothing; all who see it can read it."""

    reason: Reason


@router.post(
    "/allocations/{allocation_id}/confirm",
    description=getdoc(ConfirmDelivery),
    openapi_extra=refuses(MfaRequired, HoldersOnly, InvalidTransition),
)
async def confirm_delivery(
    allocation_id: AllocationId, me: Me, confirm: FromDishka[ConfirmDelivery], show: Show
) -> AllocationView:
    """Confirm what you got."""
    await confirm(allocation_id, by=me)
    return await show(allocation_id, to=me)


@router.post(
    "/allocations/{allocation_id}/dispute",
    description=getdoc(DisputeDelivery),
    openapi_extra=refuses(MfaRequired, HoldersOnly, InvalidTransition, ContactData),
)
async def dispute_delivery(
    allocation_id: AllocationId,
    body: Complaint,
    me: Me,
    dispute: FromDishka[DisputeDelivery],
    show: Show,
) -> AllocationView:
    """Dispute what you got."""
    await dispute(allocation_id, kind=body.kind, text=body.text, by=me)
    return await show(allocation_id, to=me)


@router.post(
    "/allocations/{allocation_id}/decide",
    description=getdoc(DecideDelivery),
    openapi_extra=refuses(MfaRequired, ModeratorsOnly, OwnOrder, InvalidTransition),
)
async def decide_delivery(
    allocation_id: AllocationId,
    body: Finding,
    me: Me,
    decide: FromDishka[DecideDelivery],
    show: Show,
) -> AllocationView:
    """Decide a dispute over a delivery."""
    await decide(allocation_id, upheld=body.upheld, reason=body.reason, by=me)
    return await show(allocation_id, to=me)


@router.post(
    "/group-orders/{group_order_id}/close",
    description=getdoc(CloseOrder),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition),
        *(DeliveriesOpen, PaymentsUnanswered, RefundsOutstanding),
    ),
)
async def close_group_order(
    group_order_id: GroupOrderId, me: Me, close: FromDishka[CloseOrder], show: ShowIt
) -> GroupOrderView:
    """Close a group order."""
    await close(group_order_id, by=me)
    return await show(group_order_id, to=me)


@router.post(
    "/group-orders/{group_order_id}/cancel",
    description=getdoc(CancelOrder),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, InvalidTransition, ContactData),
)
async def cancel_group_order(
    group_order_id: GroupOrderId,
    body: CallingOff,
    me: Me,
    cancel: FromDishka[CancelOrder],
    show: ShowIt,
) -> GroupOrderView:
    """Call a group order off."""
    await cancel(group_order_id, reason=body.reason, by=me)
    return await show(group_order_id, to=me)
