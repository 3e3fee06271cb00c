"""Payments of joiners and refunds to them, over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.group_orders.application.issue_bill import JoinerUnknown
from apps.group_orders.application.refund_joiners import ConfirmRefund, PromiseRefund
from apps.group_orders.application.show_money import (
    ListPayments,
    ListRefunds,
    PaymentView,
    RefundView,
    ShowPayment,
    ShowRefund,
)
from apps.group_orders.application.take_payments import (
    ConfirmPayment,
    DisputePayment,
    ReportPayment,
)
from apps.group_orders.domain.order import OrganisersOnly
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import (
    JoinersOnly,
    PaymentId,
    PaymentNotFound,
    PaymentTooLarge,
    ReceiverOnly,
    RefundId,
    RefundNotFound,
    RefundTooLarge,
)
from apps.group_orders.presentation.money_schemas import (
    PaymentDispute,
    PaymentReport,
    RefundPromise,
)
from apps.shared.domain.errors import MfaRequired
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    tags=["group orders"], route_class=CommandRoute, dependencies=[*SIGNED_IN, *STAFF]
)
Payment = FromDishka[ShowPayment]
Refund = FromDishka[ShowRefund]


@router.post(
    "/group-orders/{group_order_id}/payments",
    status_code=201,
    description=getdoc(ReportPayment),
    openapi_extra=refuses(MfaRequired, JoinersOnly, InvalidTransition, PaymentTooLarge),
)
async def report_payment(
    group_order_id: GroupOrderId,
    body: PaymentReport,
    me: Me,
    report: FromDishka[ReportPayment],
    show: Payment,
    located: Located,
) -> PaymentView:
    """Report a payment."""
    payment = await report(group_order_id, by=me, **dict(body))
    located(None)
    return await show(payment, to=me)


@router.get(
    "/group-orders/{group_order_id}/payments",
    description=getdoc(ListPayments),
    openapi_extra=refuses(MfaRequired),
)
async def list_payments(
    group_order_id: GroupOrderId, me: Me, page: PageAsked, payments: FromDishka[ListPayments]
) -> Listed[PaymentView]:
    """List payments."""
    return page.show(await payments(group_order_id, to=me, after=page.after, limit=page.limit))


@router.post(
    "/payments/{payment_id}/confirm",
    description=getdoc(ConfirmPayment),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, PaymentNotFound, InvalidTransition),
)
async def confirm_payment(
    payment_id: PaymentId, me: Me, confirm: FromDishka[ConfirmPayment], show: Payment
) -> PaymentView:
    """Confirm a payment."""
    await confirm(payment_id, by=me)
    return await show(payment_id, to=me)


@router.post(
    "/payments/{payment_id}/dispute",
    description=getdoc(DisputePayment),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, PaymentNotFound, InvalidTransition),
)
async def dispute_payment(
    payment_id: PaymentId,
    body: PaymentDispute,
    me: Me,
    dispute: FromDishka[DisputePayment],
    show: Payment,
) -> PaymentView:
    """Dispute a payment."""
    await dispute(payment_id, by=me, reason=body.reason)
    return await show(payment_id, to=me)


@router.post(
    "/group-orders/{group_order_id}/refunds",
    status_code=201,
    description=getdoc(PromiseRefund),
    openapi_extra=refuses(
        MfaRequired, OrganisersOnly, JoinerUnknown, InvalidTransition, RefundTooLarge
    ),
)
async def promise_refund(
    group_order_id: GroupOrderId,
    body: RefundPromise,
    me: Me,
    promise: FromDishka[PromiseRefund],
    show: Refund,
    located: Located,
) -> RefundView:
    """Promise a refund."""
    refund = await promise(group_order_id, by=me, **dict(body))
    located(None)
    return await show(refund, to=me)


@router.get(
    "/group-orders/{group_order_id}/refunds",
    description=getdoc(ListRefunds),
    openapi_extra=refuses(MfaRequired),
)
async def list_refunds(
    group_order_id: GroupOrderId, me: Me, page: PageAsked, refunds: FromDishka[ListRefunds]
) -> Listed[RefundView]:
    """List refunds."""
    return page.show(await refunds(group_order_id, to=me, after=page.after, limit=page.limit))


@router.post(
    "/refunds/{refund_id}/confirm",
    description=getdoc(ConfirmRefund),
    openapi_extra=refuses(MfaRequired, ReceiverOnly, RefundNotFound, InvalidTransition),
)
async def confirm_refund(
    refund_id: RefundId, me: Me, confirm: FromDishka[ConfirmRefund], show: Refund
) -> RefundView:
    """Confirm a refund."""
    await confirm(refund_id, by=me)
    return await show(refund_id, to=me)
