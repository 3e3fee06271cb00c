"""A trade keeps how long each answer may take, whatever has happened to it since it was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

HOURS = {
    "postgresql": """least(168, greatest(24,
        round(extract(epoch FROM answer_due_at - created_at) / 3600)::integer))""",
    "sqlite": """min(168, max(24,
        CAST(round((julianday(answer_due_at) - julianday(created_at)) * 24) AS INTEGER)))""",
}


def upgrade() -> None:
    """Take it from first revisions; of later ones only the usual window is known."""
    with op.batch_alter_table("trades") as trades:
        trades.add_column(
            sa.Column("answer_within_hours", sa.Integer, nullable=False, server_default="72")
        )
    hours = HOURS[op.get_context().dialect.name]
    op.execute(f"UPDATE trades SET answer_within_hours = {hours} WHERE revision = 1")  # noqa: S608
    with op.batch_alter_table("trades") as trades:
        trades.alter_column("answer_within_hours", server_default=None)
        trades.create_check_constraint("answer_within", "answer_within_hours > 0")


def downgrade() -> None:
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint("answer_within", type_="check")
        trades.drop_column("answer_within_hours")
