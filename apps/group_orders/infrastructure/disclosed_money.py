"""What a member owed, paid, charged and gave back in group orders, for that member's eyes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BindParameter, bindparam, case, or_, select

from apps.group_orders.infrastructure.ledger_models import LedgerEntryModel
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import (
    OrderBillModel,
    OrderDueModel,
    OrderPaymentModel,
    OrderRefundModel,
)
from apps.group_orders.infrastructure.transaction_models import OrderTransactionModel
from apps.shared.infrastructure.chapters import Chapter
from apps.shared.infrastructure.questions import Question

MEMBER: BindParameter[Any] = bindparam("member")
ORDER, BILL, DUE = GroupOrderModel, OrderBillModel, OrderDueModel
PAYMENT, REFUND = OrderPaymentModel, OrderRefundModel
ENTRY, TOLD = LedgerEntryModel, OrderTransactionModel

OF_MONEY: Mapping[str, Chapter] = {
    "group_order_bills": Chapter(
        Question(
            select(
                BILL.id,
                BILL.group_order_id,
                BILL.kind,
                BILL.total,
                BILL.split,
                BILL.note,
                BILL.due_at,
                BILL.issued_at,
            )
            .where(BILL.issued_by == MEMBER)
            .order_by(BILL.id)
        )
    ),
    "group_order_dues": Chapter(
        Question(
            select(
                DUE.id,
                DUE.group_order_id,
                DUE.allocation_id,
                DUE.kind,
                DUE.amount,
                DUE.due_at,
                DUE.issued_at,
                DUE.reversed_at,
            )
            .where(DUE.member_id == MEMBER)
            .order_by(DUE.id)
        )
    ),
    "group_order_payments": Chapter(
        Question(
            select(
                PAYMENT.id,
                PAYMENT.group_order_id,
                PAYMENT.amount,
                PAYMENT.method,
                PAYMENT.reference,
                PAYMENT.picture_url,
                PAYMENT.source,
                PAYMENT.state,
                PAYMENT.reported_at,
                PAYMENT.answered_at,
            )
            .where(PAYMENT.member_id == MEMBER)
            .order_by(PAYMENT.id)
        )
    ),
    "group_order_payments_disputed": Chapter(
        Question(
            select(
                PAYMENT.id,
                PAYMENT.group_order_id,
                PAYMENT.member_id.label("of_member"),
                PAYMENT.amount,
                PAYMENT.reason,
                PAYMENT.answered_at,
            )
            .join(ORDER, ORDER.id == PAYMENT.group_order_id)
            .where(ORDER.organiser_id == MEMBER, PAYMENT.reason.is_not(None))
            .order_by(PAYMENT.id)
        ),
        members=("of_member",),
    ),
    "group_order_refunds": Chapter(
        Question(
            select(
                REFUND.id,
                REFUND.group_order_id,
                REFUND.member_id.label("to_member"),
                REFUND.amount,
                case((REFUND.promised_by == MEMBER, REFUND.reason)).label("reason"),
                REFUND.state,
                REFUND.promised_at,
                REFUND.ended_at,
            )
            .where(or_(REFUND.member_id == MEMBER, REFUND.promised_by == MEMBER))
            .order_by(REFUND.id)
        ),
        members=("to_member",),
    ),
    "group_order_ledger": Chapter(
        Question(
            select(
                ENTRY.group_order_id,
                ENTRY.sequence,
                ENTRY.kind,
                ENTRY.amount,
                ENTRY.currency,
                ENTRY.actor_id,
                case((ENTRY.actor_id == MEMBER, ENTRY.note)).label("note"),
                ENTRY.at,
            )
            .where(ENTRY.member_id == MEMBER)
            .order_by(ENTRY.group_order_id, ENTRY.sequence)
        ),
        members=("actor_id",),
    ),
    "group_order_transactions": Chapter(
        Question(
            select(
                TOLD.group_order_id,
                TOLD.provider,
                TOLD.kind,
                TOLD.reference,
                TOLD.amount,
                TOLD.currency,
                TOLD.occurred_at,
                TOLD.received_at,
                TOLD.outcome,
            )
            .where(TOLD.member_id == MEMBER)
            .order_by(TOLD.id)
        )
    ),
}
