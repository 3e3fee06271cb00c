"""A merged card leads to the surviving one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("cards") as cards:
        cards.add_column(sa.Column("merged_into_id", sa.Uuid))
        cards.create_foreign_key("fk_cards_merged_into_id", "cards", ["merged_into_id"], ["id"])
        cards.create_index("ix_cards_merged_into_id", ["merged_into_id"])


def downgrade() -> None:
    with op.batch_alter_table("cards") as cards:
        cards.drop_index("ix_cards_merged_into_id")
        cards.drop_constraint("fk_cards_merged_into_id", type_="foreignkey")
        cards.drop_column("merged_into_id")
