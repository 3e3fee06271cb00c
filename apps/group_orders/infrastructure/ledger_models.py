"""The accounts of group orders and the entries between them, as rows (G8, ADR 23)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import (
    Account,
    AccountName,
    AlreadyReversed,
    Entry,
    EntryKind,
    LedgerAccountId,
    LedgerEntryId,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map({LedgerAccountId: Uuid(), LedgerEntryId: Uuid()})

OF_A_MEMBER = text("member_id IS NOT NULL")
"""Written out, or no database would know that a partial index serves."""
OF_ALL = text("member_id IS NULL")


class LedgerAccountModel(Model):
    """An account of an order; `balance` is its debits less its credits, in minor units."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        Index(
            "uq_ledger_accounts_member",
            *("group_order_id", "name", "member_id"),
            unique=True,
            postgresql_where=OF_A_MEMBER,
            sqlite_where=OF_A_MEMBER,
        ),
        Index(
            "uq_ledger_accounts_name",
            *("group_order_id", "name"),
            unique=True,
            postgresql_where=OF_ALL,
            sqlite_where=OF_ALL,
        ),
        Index("uq_ledger_accounts_currency", "id", "group_order_id", "currency", unique=True),
        Index("ix_ledger_accounts_group_order_id", "group_order_id", "currency"),
        Index("ix_ledger_accounts_member_id", "member_id", "group_order_id"),
        ForeignKeyConstraint(
            ["group_order_id", "currency"],
            ["group_orders.id", "group_orders.currency"],
            name="fk_ledger_accounts_group_order_id_currency",
        ),
        CheckConstraint(
            "name IN ('receivable', 'reported_cash', 'confirmed_cash', 'vendor', 'shipping',"
            " 'customs', 'fee', 'refund_payable', 'rounding')",
            name="name",
        ),
        CheckConstraint(
            "(member_id IS NOT NULL) = (name IN ('receivable', 'refund_payable'))", name="member"
        ),
        CheckConstraint(
            "name NOT IN ('reported_cash', 'confirmed_cash') OR balance >= 0", name="not_negative"
        ),
        CheckConstraint("name <> 'refund_payable' OR balance <= 0", name="not_positive"),
    )

    id: Mapped[LedgerAccountId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId]
    name: Mapped[AccountName]
    member_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_ledger_accounts_member_id")
    )
    currency: Mapped[Currency]
    balance: Mapped[int] = mapped_column(BigInteger)

    def account(self) -> Account:
        """Rebuild it."""
        return Account(id=self.id, name=self.name, member=self.member_id, balance=self.balance)


class LedgerEntryModel(Model):
    """An amount that has moved from one account of an order to another; `sequence` has no gaps.

    Both accounts are of this order and in its currency, as their composite keys say.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index("uq_ledger_entries_sequence", "group_order_id", "sequence", unique=True),
        Index("uq_ledger_entries_reverses_id", "reverses_id", unique=True),
        Index("ix_ledger_entries_member_id", "member_id", "group_order_id", "sequence"),
        Index("ix_ledger_entries_subject_id", "subject_id"),
        ForeignKeyConstraint(
            ["debit_account_id", "group_order_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.group_order_id", "ledger_accounts.currency"],
            name="fk_ledger_entries_debit_account_id_group_order_id_currency",
        ),
        ForeignKeyConstraint(
            ["credit_account_id", "group_order_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.group_order_id", "ledger_accounts.currency"],
            name="fk_ledger_entries_credit_account_id_group_order_id_currency",
        ),
        CheckConstraint(
            "kind IN ('due_issued', 'payment_reported', 'payment_confirmed', 'payment_disputed',"
            " 'refund_promised', 'refund_confirmed', 'reversal')",
            name="kind",
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reverses"),
    )

    id: Mapped[LedgerEntryId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[EntryKind]
    debit_account_id: Mapped[LedgerAccountId]
    credit_account_id: Mapped[LedgerAccountId]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[Currency]
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_ledger_entries_member_id")
    )
    subject_id: Mapped[UUID]
    actor_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_ledger_entries_actor_id")
    )
    reverses_id: Mapped[LedgerEntryId | None] = mapped_column(ForeignKey("ledger_entries.id"))
    note: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]

    def entry(self) -> Entry:
        """Rebuild it."""
        return Entry(
            id=self.id,
            sequence=self.sequence,
            kind=self.kind,
            debit=self.debit_account_id,
            credit=self.credit_account_id,
            amount=self.amount,
            member=self.member_id,
            subject=self.subject_id,
            actor=self.actor_id,
            reverses=self.reverses_id,
            note=self.note,
            at=self.at,
        )


append_only(Model.metadata.tables[LedgerEntryModel.__tablename__])

REFUSALS |= dict.fromkeys(
    (
        "uq_ledger_accounts_member",
        "ledger_accounts.group_order_id, ledger_accounts.name, ledger_accounts.member_id",
        *("uq_ledger_accounts_name", "ledger_accounts.group_order_id, ledger_accounts.name"),
        "uq_ledger_accounts_currency",
        "ledger_accounts.id, ledger_accounts.group_order_id, ledger_accounts.currency",
        "uq_ledger_entries_sequence",
        "ledger_entries.group_order_id, ledger_entries.sequence",
    ),
    ChangedMeanwhile,
) | dict.fromkeys(("uq_ledger_entries_reverses_id", "ledger_entries.reverses_id"), AlreadyReversed)
