"""The money of group orders: accounts and entries, bills and dues, payments and refunds."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

INSTANT = sa.DateTime(timezone=True)
NAMES = (
    "'receivable', 'reported_cash', 'confirmed_cash', 'vendor', 'shipping',"
    " 'customs', 'fee', 'refund_payable', 'rounding'"
)
ACCOUNT_CONDITIONS = {
    "name": f"name IN ({NAMES})",
    "member": "(member_id IS NOT NULL) = (name IN ('receivable', 'refund_payable'))",
    "not_negative": "name NOT IN ('reported_cash', 'confirmed_cash') OR balance >= 0",
    "not_positive": "name <> 'refund_payable' OR balance <= 0",
}
ENTRY_CONDITIONS = {
    "kind": (
        "kind IN ('due_issued', 'payment_reported', 'payment_confirmed', 'payment_disputed',"
        " 'refund_promised', 'refund_confirmed', 'reversal')"
    ),
    "amount": "amount > 0",
    "reverses": "(kind = 'reversal') = (reverses_id IS NOT NULL)",
}
KINDS = "'item', 'ems', 'domestic', 'customs', 'fee', 'late_fee', 'adjustment'"
BILL_CONDITIONS = {
    "kind": f"kind IN ({KINDS})",
    "split": "split IN ('unit', 'weight', 'value', 'none')",
    "total": "total > 0 OR kind = 'adjustment' AND total <> 0",
    "original": (
        "(original_currency IS NULL) = (original_amount IS NULL)"
        " AND (original_currency IS NULL) = (rate IS NULL)"
        " AND (original_currency IS NULL) = (rated_on IS NULL)"
    ),
}
DUE_CONDITIONS = {
    "kind": f"kind IN ({KINDS})",
    "amount": "amount > 0 OR kind = 'adjustment' AND amount <> 0",
    "late_for": "(kind = 'late_fee') = (late_for IS NOT NULL)",
}
PAYMENT_CONDITIONS = {
    "amount": "amount > 0",
    "source": "source IN ('member', 'provider')",
    "state": "state IN ('reported', 'confirmed', 'disputed', 'withdrawn')",
    "answered": "(state = 'reported') = (answered_at IS NULL)",
}
REFUND_CONDITIONS = {
    "amount": "amount > 0",
    "state": "state IN ('promised', 'confirmed', 'decided', 'withdrawn')",
    "ended": "(state = 'promised') = (ended_at IS NULL)",
    "decided": "(state = 'decided') = (decided_by IS NOT NULL)",
}
APPEND_ONLY = {
    "postgresql": [
        """CREATE TRIGGER tr_ledger_entries_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
        EXECUTE FUNCTION refuse_change()"""
    ],
    "sqlite": [
        f"CREATE TRIGGER tr_ledger_entries_append_only_{verb} BEFORE {verb} ON ledger_entries"
        " BEGIN SELECT"
        " RAISE(ABORT, 'append-only constraint failed: tr_ledger_entries_append_only'); END"
        for verb in ("update", "delete")
    ],
}


def upgrade() -> None:
    accounts()
    entries()
    bills()
    dues()
    payments()
    refunds()


def downgrade() -> None:
    tables = ("order_refunds", "order_payments", "order_dues", "order_bills")
    for table in (*tables, "ledger_entries", "ledger_accounts"):
        op.drop_table(table)


def accounts() -> None:
    table = "ledger_accounts"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("group_order_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        link("fkx", table, "member_id", "users", nullable=True),
        sa.Column("currency", sa.String(20), nullable=False),
        sa.Column("balance", sa.BigInteger, nullable=False),
        *checks(table, ACCOUNT_CONDITIONS),
        inside(table, "group_orders", group_order_id="id", currency="currency"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    of_all, of_one = "member_id IS NULL", "member_id IS NOT NULL"
    columns = ("group_order_id", "name")
    index("uq_ledger_accounts_name", table, *columns, where=of_all, unique=True)
    index("uq_ledger_accounts_member", table, *columns, "member_id", where=of_one, unique=True)
    index("uq_ledger_accounts_currency", table, "id", "group_order_id", "currency", unique=True)
    index("ix_ledger_accounts_group_order_id", table, "group_order_id", "currency")
    index("ix_ledger_accounts_member_id", table, "member_id", "group_order_id")


def entries() -> None:
    table = "ledger_entries"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        link("fk", table, "group_order_id", "group_orders"),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("debit_account_id", sa.Uuid, nullable=False),
        sa.Column("credit_account_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(20), nullable=False),
        link("fkx", table, "member_id", "users"),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        link("fkx", table, "actor_id", "users", nullable=True),
        link("fk", table, "reverses_id", "ledger_entries", nullable=True),
        sa.Column("note", sa.Text),
        sa.Column("at", INSTANT, nullable=False),
        *checks(table, ENTRY_CONDITIONS),
        *(
            sa.ForeignKeyConstraint(
                [column, "group_order_id", "currency"],
                [f"ledger_accounts.{name}" for name in ("id", "group_order_id", "currency")],
                name=f"fk_{table}_{column}_group_order_id_currency",
            )
            for column in ("debit_account_id", "credit_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    index("uq_ledger_entries_sequence", table, "group_order_id", "sequence", unique=True)
    index("uq_ledger_entries_reverses_id", table, "reverses_id", unique=True)
    index("ix_ledger_entries_member_id", table, "member_id", "group_order_id", "sequence")
    index("ix_ledger_entries_subject_id", table, "subject_id")
    for trigger in APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(trigger)


def bills() -> None:
    table = "order_bills"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        link("fk", table, "group_order_id", "group_orders"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("split", sa.String(20), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("original_currency", sa.String(20)),
        sa.Column("original_amount", sa.BigInteger),
        sa.Column("rate", sa.String(40)),
        sa.Column("rated_on", sa.Date),
        link("fkx", table, "issued_by", "users", nullable=True),
        sa.Column("issued_at", INSTANT, nullable=False),
        *checks(table, BILL_CONDITIONS),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    index("uq_order_bills_order", table, "id", "group_order_id", unique=True)
    index("ix_order_bills_group_order_id", table, "group_order_id", "id")


def dues() -> None:
    table = "order_dues"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("bill_id", sa.Uuid, nullable=False),
        sa.Column("group_order_id", sa.Uuid, nullable=False),
        sa.Column("allocation_id", sa.Uuid),
        link("fkx", table, "member_id", "users"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        link("fk", table, "late_for", "order_dues", nullable=True),
        sa.Column("reversed_at", INSTANT),
        sa.Column("reminded_early_at", INSTANT),
        sa.Column("reminded_late_at", INSTANT),
        sa.Column("overdue_at", INSTANT),
        *checks(table, DUE_CONDITIONS),
        inside(table, "order_bills", bill_id="id", group_order_id="group_order_id"),
        inside(table, "order_allocations", allocation_id="id", group_order_id="group_order_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    index("ix_order_dues_bill_id", table, "bill_id", "group_order_id")
    index("ix_order_dues_group_order_id", table, "group_order_id", "member_id", "due_at")
    index("ix_order_dues_allocation_id", table, "allocation_id", "group_order_id")
    index("ix_order_dues_member_id", table, "member_id", "due_at")
    index("ix_order_dues_due_at", table, "due_at", where="reversed_at IS NULL")
    index(
        "uq_order_dues_late_for",
        table,
        "late_for",
        where="late_for IS NOT NULL AND reversed_at IS NULL",
        unique=True,
    )


def payments() -> None:
    table = "order_payments"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        link("fk", table, "group_order_id", "group_orders"),
        link("fkx", table, "member_id", "users"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("reference", sa.String(120)),
        sa.Column("picture_url", sa.String(2_000)),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reported_at", INSTANT, nullable=False),
        sa.Column("answer_due_at", INSTANT, nullable=False),
        sa.Column("flagged_at", INSTANT),
        sa.Column("answered_at", INSTANT),
        sa.Column("reason", sa.Text),
        *checks(table, PAYMENT_CONDITIONS),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    index("ix_order_payments_group_order_id", table, "group_order_id", "member_id", "state")
    index("ix_order_payments_member_id", table, "member_id", "group_order_id")
    unanswered = "state = 'reported' AND flagged_at IS NULL"
    index("ix_order_payments_answer_due_at", table, "answer_due_at", where=unanswered)


def refunds() -> None:
    table = "order_refunds"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        link("fk", table, "group_order_id", "group_orders"),
        link("fkx", table, "member_id", "users"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        link("fkx", table, "promised_by", "users", nullable=True),
        sa.Column("promised_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        link("fkx", table, "decided_by", "users", nullable=True),
        *checks(table, REFUND_CONDITIONS),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    index("ix_order_refunds_group_order_id", table, "group_order_id", "member_id", "state")
    index("ix_order_refunds_member_id", table, "member_id", "group_order_id")
    index("ix_order_refunds_promised", table, "group_order_id", where="state = 'promised'")


def link(
    kind: str, table: str, column: str, to: str, *, nullable: bool = False
) -> sa.Column[object]:
    key = sa.ForeignKey(f"{to}.id", name=f"{kind}_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


def inside(table: str, to: str, **columns: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        list(columns),
        [f"{to}.{column}" for column in columns.values()],
        name=f"fk_{table}_{'_'.join(columns)}",
    )


def checks(table: str, conditions: Mapping[str, str]) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
        for name, condition in conditions.items()
    ]


def index(
    name: str, table: str, *columns: str, where: str | None = None, unique: bool = False
) -> None:
    condition = (
        {}
        if where is None
        else {f"{dialect}_where": sa.text(where) for dialect in ("postgresql", "sqlite")}
    )
    op.create_index(name, table, columns, unique=unique, **condition)
