"""Disputes that end: withdrawn once, decided as it happened, and appealed before others."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

RECEIVED = (
    "UPDATE trade_legs SET state = 'received' WHERE state = 'due' AND received_at IS NOT NULL"
)
NEVER_SENT = """UPDATE trade_legs SET state = 'due'
WHERE state = 'returned' AND shipped_at IS NULL AND received_at IS NULL"""
"""Decisions used to write into legs what had not happened to them."""


def upgrade() -> None:
    withdrawn = sa.Column(
        "dispute_withdrawn", sa.Boolean, nullable=False, server_default=sa.false()
    )
    with op.batch_alter_table("trade_parties") as parties:
        parties.add_column(withdrawn)
    with op.batch_alter_table("trade_parties") as parties:
        parties.alter_column("dispute_withdrawn", existing_type=sa.Boolean, server_default=None)
    with op.batch_alter_table("dispute_cases") as cases:
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
    with op.batch_alter_table("trade_parties") as parties:
        parties.drop_column("dispute_withdrawn")
