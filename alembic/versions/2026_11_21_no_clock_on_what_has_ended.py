"""A trade is due while it waits; some that had lapsed still were, and kept others waiting."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("UPDATE trades SET due_at = NULL WHERE state NOT IN ('proposed', 'accepted')")
    with op.batch_alter_table("trades") as trades:
        trades.create_check_constraint(
            "due_while_it_waits", "due_at IS NULL OR state IN ('proposed', 'accepted')"
        )


def downgrade() -> None:
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint("due_while_it_waits", type_="check")
