"""Bills, dues, payments and refunds of group orders as rows; amounts are minor units."""

from datetime import date, datetime
from typing import Self

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.group_orders.domain.bill import BillId, DueId, DueKind, NotLate, Split
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import (
    Payment,
    PaymentId,
    PaymentSource,
    PaymentState,
    Refund,
    RefundId,
    RefundState,
)
from apps.group_orders.domain.round_events import AllocationId
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map(
    {BillId: Uuid(), DueId: Uuid(), PaymentId: Uuid(), RefundId: Uuid()}
)

STANDING = text("reversed_at IS NULL")
"""Written out, or no database would know that a partial index serves."""
LATE_FEES = text("late_for IS NOT NULL AND reversed_at IS NULL")
UNANSWERED = text("state = 'reported' AND flagged_at IS NULL")
PAYABLE = text("state = 'promised'")
KINDS = "'item', 'ems', 'domestic', 'customs', 'fee', 'late_fee', 'adjustment'"


class OrderBillModel(Model):
    """What was charged at once; `original_` tells what was paid in another currency, and when."""

    __tablename__ = "order_bills"
    __table_args__ = (
        Index("uq_order_bills_order", "id", "group_order_id", unique=True),
        Index("ix_order_bills_group_order_id", "group_order_id", "id"),
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("split IN ('unit', 'weight', 'value', 'none')", name="split"),
        CheckConstraint("total > 0 OR kind = 'adjustment' AND total <> 0", name="total"),
        CheckConstraint(
            "(original_currency IS NULL) = (original_amount IS NULL)"
            " AND (original_currency IS NULL) = (rate IS NULL)"
            " AND (original_currency IS NULL) = (rated_on IS NULL)",
            name="original",
        ),
    )

    id: Mapped[BillId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    kind: Mapped[DueKind]
    total: Mapped[int] = mapped_column(BigInteger)
    split: Mapped[Split]
    note: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime]
    original_currency: Mapped[Currency | None]
    original_amount: Mapped[int | None] = mapped_column(BigInteger)
    rate: Mapped[str | None] = mapped_column(String(40))
    rated_on: Mapped[date | None]
    issued_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_bills_issued_by")
    )
    issued_at: Mapped[datetime]


class OrderDueModel(Model):
    """What one member owes of a bill, a negative amount being a credit.

    `reminded_early_at` and `reminded_late_at` tell when letters went out before `due_at`, and
    `overdue_at` when it was found to be unpaid behind it.
    """

    __tablename__ = "order_dues"
    __table_args__ = (
        Index("ix_order_dues_bill_id", "bill_id", "group_order_id"),
        Index("ix_order_dues_group_order_id", "group_order_id", "member_id", "due_at"),
        Index("ix_order_dues_allocation_id", "allocation_id", "group_order_id"),
        Index("ix_order_dues_member_id", "member_id", "due_at"),
        Index("ix_order_dues_due_at", "due_at", postgresql_where=STANDING, sqlite_where=STANDING),
        Index(
            "uq_order_dues_late_for",
            "late_for",
            unique=True,
            postgresql_where=LATE_FEES,
            sqlite_where=LATE_FEES,
        ),
        ForeignKeyConstraint(
            ["bill_id", "group_order_id"],
            ["order_bills.id", "order_bills.group_order_id"],
            name="fk_order_dues_bill_id_group_order_id",
        ),
        ForeignKeyConstraint(
            ["allocation_id", "group_order_id"],
            [OrderAllocationModel.id, OrderAllocationModel.group_order_id],
            name="fk_order_dues_allocation_id_group_order_id",
        ),
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("amount > 0 OR kind = 'adjustment' AND amount <> 0", name="amount"),
        CheckConstraint("(kind = 'late_fee') = (late_for IS NOT NULL)", name="late_for"),
    )

    id: Mapped[DueId] = mapped_column(primary_key=True)
    bill_id: Mapped[BillId]
    group_order_id: Mapped[GroupOrderId]
    allocation_id: Mapped[AllocationId | None]
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_dues_member_id")
    )
    kind: Mapped[DueKind]
    amount: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[datetime]
    issued_at: Mapped[datetime]
    late_for: Mapped[DueId | None] = mapped_column(ForeignKey("order_dues.id"))
    reversed_at: Mapped[datetime | None]
    reminded_early_at: Mapped[datetime | None]
    reminded_late_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]


class OrderPaymentModel(Model):
    """What a joiner, or their provider, says to have been paid, and what the organiser says."""

    __tablename__ = "order_payments"
    __table_args__ = (
        Index("ix_order_payments_group_order_id", "group_order_id", "member_id", "state"),
        Index("ix_order_payments_member_id", "member_id", "group_order_id"),
        Index(
            "ix_order_payments_answer_due_at",
            "answer_due_at",
            postgresql_where=UNANSWERED,
            sqlite_where=UNANSWERED,
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("source IN ('member', 'provider')", name="source"),
        CheckConstraint(
            "state IN ('reported', 'confirmed', 'disputed', 'withdrawn')", name="state"
        ),
        CheckConstraint("(state = 'reported') = (answered_at IS NULL)", name="answered"),
    )

    id: Mapped[PaymentId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_payments_member_id")
    )
    amount: Mapped[int] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str | None] = mapped_column(String(120))
    picture_url: Mapped[str | None] = mapped_column(String(2_000))
    source: Mapped[PaymentSource]
    state: Mapped[PaymentState]
    reported_at: Mapped[datetime]
    answer_due_at: Mapped[datetime]
    flagged_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def of(cls, payment: Payment, /) -> Self:
        """Copy a payment."""
        same = {name: getattr(payment, name) for name in PAYMENT_SAME}
        return cls(group_order_id=payment.order, member_id=payment.member, **same)

    def entity(self) -> Payment:
        """Rebuild it."""
        same = {name: getattr(self, name) for name in PAYMENT_SAME}
        return Payment(order=self.group_order_id, member=self.member_id, **same)


PAYMENT_SAME = (
    *("id", "amount", "method", "reference", "picture_url", "source", "state", "reported_at"),
    *("answer_due_at", "flagged_at", "answered_at", "reason"),
)


class OrderRefundModel(Model):
    """What is to go back to a joiner, and what they or a moderator say of it."""

    __tablename__ = "order_refunds"
    __table_args__ = (
        Index("ix_order_refunds_group_order_id", "group_order_id", "member_id", "state"),
        Index("ix_order_refunds_member_id", "member_id", "group_order_id"),
        Index(
            "ix_order_refunds_promised",
            "group_order_id",
            postgresql_where=PAYABLE,
            sqlite_where=PAYABLE,
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("state IN ('promised', 'confirmed', 'decided', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'promised') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(state = 'decided') = (decided_by IS NOT NULL)", name="decided"),
    )

    id: Mapped[RefundId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_refunds_member_id")
    )
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[RefundState]
    promised_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_refunds_promised_by")
    )
    promised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    decided_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_refunds_decided_by")
    )

    @classmethod
    def of(cls, refund: Refund, /) -> Self:
        """Copy a refund."""
        same = {name: getattr(refund, name) for name in REFUND_SAME}
        return cls(group_order_id=refund.order, member_id=refund.member, **same)

    def entity(self) -> Refund:
        """Rebuild it."""
        same = {name: getattr(self, name) for name in REFUND_SAME}
        return Refund(order=self.group_order_id, member=self.member_id, **same)


REFUND_SAME = (
    *("id", "amount", "reason", "state", "promised_by", "promised_at", "ended_at", "decided_by"),
)

REFUSALS |= dict.fromkeys(
    ("uq_order_bills_order", "order_bills.id, order_bills.group_order_id"), ChangedMeanwhile
) | dict.fromkeys(("uq_order_dues_late_for", "order_dues.late_for"), NotLate)
