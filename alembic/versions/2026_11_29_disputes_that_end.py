"""Disputes that end: withdrawn once, decided as it happened, and appealed before others."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

WAITING = "due_at IS NULL OR state IN ('proposed', 'accepted', 'fulfilling')"
OR_DISPUTED = WAITING.replace("'fulfilling'", "'fulfilling', 'disputed'")
NO = sa.false()
RECEIVED = (
    "UPDATE trade_legs SET state = 'received' WHERE state = 'due' AND received_at IS NOT NULL"
)
NEVER_SENT = """UPDATE trade_legs SET state = 'due'
WHERE state = 'returned' AND shipped_at IS NULL AND received_at IS NULL"""
"""Decisions used to write into legs what had not happened to them."""


def upgrade() -> None:
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint("due_while_it_waits", type_="check")
        trades.create_check_constraint("due_while_it_waits", OR_DISPUTED)
    with op.batch_alter_table("trade_parties") as parties:
        parties.add_column(
            sa.Column("dispute_withdrawn", sa.Boolean, server_default=NO, nullable=False)
        )
    with op.batch_alter_table("trade_parties") as parties:
        parties.alter_column("dispute_withdrawn", existing_type=sa.Boolean, server_default=None)
    with op.batch_alter_table("dispute_cases") as cases:
        cases.add_column(sa.Column("widened_at", sa.DateTime(timezone=True)))
        cases.add_column(sa.Column("review_confirmed_by", sa.Uuid))
        cases.create_foreign_key(
            "fkx_dispute_cases_review_confirmed_by", "users", ["review_confirmed_by"], ["id"]
        )
        cases.create_check_constraint("two_reviewers", "review_confirmed_by <> reviewed_by")
        cases.create_check_constraint(
            "other_reviewers",
            "reviewed_by <> decided_by AND reviewed_by <> confirmed_by"
            " AND review_confirmed_by <> decided_by AND review_confirmed_by <> confirmed_by",
        )
    op.execute(RECEIVED)
    op.execute(NEVER_SENT)


def downgrade() -> None:
    with op.batch_alter_table("dispute_cases") as cases:
        cases.drop_constraint("other_reviewers", type_="check")
        cases.drop_constraint("two_reviewers", type_="check")
        cases.drop_constraint("fkx_dispute_cases_review_confirmed_by", type_="foreignkey")
        cases.drop_column("review_confirmed_by")
        cases.drop_column("widened_at")
    with op.batch_alter_table("trade_parties") as parties:
        parties.drop_column("dispute_withdrawn")
    op.execute("UPDATE trades SET due_at = NULL WHERE state = 'disputed'")
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint("due_while_it_waits", type_="check")
        trades.create_check_constraint("due_while_it_waits", WAITING)
