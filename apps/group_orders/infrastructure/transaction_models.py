"""What providers have told of payments, as rows."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import PaymentId
from apps.group_orders.domain.provider_payment import TransactionId, TransactionOutcome
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map({TransactionId: Uuid()})


class OrderTransactionModel(Model):
    """An event of a provider, and what it has brought about when it came first."""

    __tablename__ = "order_transactions"
    __table_args__ = (
        Index("uq_order_transactions_event", "provider", "event_id", unique=True),
        Index("ix_order_transactions_group_order_id", "group_order_id", "id"),
        Index("ix_order_transactions_outcome", "outcome", "id"),
        CheckConstraint(
            "outcome IN ('reported', 'withdrawn', 'too_late', 'noted', 'reversed', 'superseded',"
            " 'unmatched', 'currency_mismatch', 'ignored')",
            name="outcome",
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(group_order_id IS NULL) = (member_id IS NULL)", name="matched"),
    )

    id: Mapped[TransactionId] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(80))
    external_payment_id: Mapped[str | None] = mapped_column(String(120))
    reference: Mapped[str | None] = mapped_column(String(120))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    body_digest: Mapped[str] = mapped_column(String(64))
    group_order_id: Mapped[GroupOrderId | None] = mapped_column(ForeignKey(GroupOrderModel.id))
    member_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_transactions_member_id")
    )
    payment_id: Mapped[PaymentId | None] = mapped_column(ForeignKey("order_payments.id"))
    outcome: Mapped[TransactionOutcome]


append_only(Model.metadata.tables[OrderTransactionModel.__tablename__])


class ProviderPaymentModel(Model):
    """What all events about one payment of a provider amount to; locked before its order."""

    __tablename__ = "provider_payments"
    __table_args__ = (
        CheckConstraint(
            " AND ".join(
                f"(payment_id IS NULL) = ({column} IS NULL)"
                for column in ("counted_at", "counted_event_id", "group_order_id", "member_id")
            ),
            name="counted",
        ),
    )

    provider: Mapped[str] = mapped_column(String(40), primary_key=True)
    external_payment_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    counted_at: Mapped[datetime | None]
    counted_event_id: Mapped[str | None] = mapped_column(String(255))
    group_order_id: Mapped[GroupOrderId | None] = mapped_column(ForeignKey(GroupOrderModel.id))
    member_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_provider_payments_member_id")
    )
    payment_id: Mapped[PaymentId | None] = mapped_column(ForeignKey("order_payments.id"))
    reversed_at: Mapped[datetime | None]


REFUSALS |= dict.fromkeys(
    (*("uq_order_transactions_event", "order_transactions.provider, order_transactions.event_id"),),
    ChangedMeanwhile,
)
