"""Who was reminded to rate a group order, and on which day."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "order_rating_reminders",
        sa.Column("group_order_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_order_id"],
            ["group_orders.id"],
            name="fk_order_rating_reminders_group_order_id",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["users.id"], name="fkx_order_rating_reminders_member_id"
        ),
        sa.PrimaryKeyConstraint(
            "group_order_id", "member_id", "day", name="pk_order_rating_reminders"
        ),
    )


def downgrade() -> None:
    op.drop_table("order_rating_reminders")
