"""What joiners of a group order owe, over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.group_orders.application.issue_bill import AllocationUnknown, IssueBill, JoinerUnknown
from apps.group_orders.application.show_money import BillView, DueView, ListDues, ShowBill
from apps.group_orders.domain.bill import (
    BillIncomplete,
    DueNotFound,
    NoConversion,
    NoLateFee,
    NothingToShare,
    NotLate,
    RateMismatch,
)
from apps.group_orders.domain.exposure import ExposureCapped
from apps.group_orders.domain.order import OrganisersOnly
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.presentation.money_schemas import BillDraft
from apps.shared.domain.errors import DuplicateIds, MfaRequired
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    prefix="/group-orders/{group_order_id}/dues",
    tags=["group orders"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, *STAFF],
)


@router.post(
    "",
    status_code=201,
    description=getdoc(IssueBill),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition, BillIncomplete, NothingToShare),
        *(AllocationUnknown, JoinerUnknown, DueNotFound, DuplicateIds, RateMismatch),
        *(NoConversion, NoLateFee, NotLate, ExposureCapped),
    ),
)
async def issue_dues(
    group_order_id: GroupOrderId,
    body: BillDraft,
    me: Me,
    issue: FromDishka[IssueBill],
    show: FromDishka[ShowBill],
    located: Located,
) -> BillView:
    """Issue dues."""
    bill = await issue(group_order_id, body.terms(), by=me)
    located(None)
    return await show(bill, to=me)


@router.get("", description=getdoc(ListDues), openapi_extra=refuses(MfaRequired))
async def list_dues(
    group_order_id: GroupOrderId, me: Me, page: PageAsked, dues: FromDishka[ListDues]
) -> Listed[DueView]:
    """List dues."""
    return page.show(await dues(group_order_id, to=me, after=page.after, limit=page.limit))
