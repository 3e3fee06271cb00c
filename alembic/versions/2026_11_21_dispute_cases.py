"""Cases for disputed trades: statements, decisions, appeals."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("state = 'open'")
OF_DISPUTES = """
INSERT INTO dispute_cases (id, trade_id, kind, opener_id, opened_at, state, version)
SELECT id, id, dispute_kind, dispute_opener, disputed_at, 'open', 1
FROM trades WHERE state = 'disputed'
"""
"""What is disputed by now gets a case, under the id of its trade."""


def member(name: str, table: str, *, nullable: bool = True) -> sa.Column[sa.Uuid]:
    """Refer to a member."""
    key = sa.ForeignKey("users.id", name=f"fkx_{table}_{name}")
    return sa.Column(name, sa.Uuid, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "dispute_cases",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        member("opener_id", "dispute_cases"),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        member("assigned_to", "dispute_cases"),
        sa.Column("verdict", sa.String(20)),
        sa.Column("legs", sa.JSON),
        sa.Column("at_fault", sa.JSON),
        sa.Column("reason", sa.Text),
        member("decided_by", "dispute_cases"),
        member("confirmed_by", "dispute_cases"),
        sa.Column("decided_at", INSTANT),
        member("appealed_by", "dispute_cases"),
        sa.Column("appeal", sa.Text),
        sa.Column("appealed_at", INSTANT),
        sa.Column("outcome", sa.String(20)),
        sa.Column("at_fault_now", sa.JSON),
        sa.Column("review", sa.Text),
        member("reviewed_by", "dispute_cases"),
        sa.Column("reviewed_at", INSTANT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "(state IN ('decided', 'appealed', 'closed')) = (decided_at IS NOT NULL)",
            name=op.f("ck_dispute_cases_decided_since"),
        ),
        sa.CheckConstraint(
            "(state IN ('appealed', 'closed')) = (appealed_at IS NOT NULL)",
            name=op.f("ck_dispute_cases_appealed_since"),
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (reviewed_at IS NOT NULL)",
            name=op.f("ck_dispute_cases_closed_since"),
        ),
        sa.CheckConstraint(
            "confirmed_by <> decided_by", name=op.f("ck_dispute_cases_two_moderators")
        ),
        sa.ForeignKeyConstraint(
            ["trade_id"], ["trades.id"], name=op.f("fk_dispute_cases_trade_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_cases")),
    )
    op.create_index("ix_dispute_cases_trade_id", "dispute_cases", ["trade_id", "id"])
    op.create_index("ix_dispute_cases_state", "dispute_cases", ["state", "id"])
    op.create_index(
        "uq_dispute_cases_open",
        "dispute_cases",
        ["trade_id"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_table(
        "case_statements",
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        member("author_id", "case_statements", nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["dispute_cases.id"], name=op.f("fk_case_statements_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "position", name=op.f("pk_case_statements")),
    )
    op.execute(OF_DISPUTES)


def downgrade() -> None:
    op.drop_table("case_statements")
    op.drop_table("dispute_cases")
