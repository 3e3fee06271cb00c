"""Copies with their promises and chains, and want groups."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)
LIVE = sa.text("released_at IS NULL AND fulfilled_at IS NULL")
HELD = sa.text("state != 'gone'")
LISTED = sa.text("for_trade AND state = 'held'")
LISTED_SQLITE = sa.text("for_trade = 1 AND state = 'held'")


def upgrade() -> None:
    op.create_table(
        "want_groups",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("min_condition", sa.String(20)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("count >= 1", name="count"),
        sa.CheckConstraint("rank BETWEEN 1 AND 5", name="rank"),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_want_groups_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_want_groups"),
    )
    op.create_index("ix_want_groups_member_id", "want_groups", ["member_id", "id"])
    op.create_table(
        "copies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("condition", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("for_trade", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fkx_copies_card_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fkx_copies_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_copies"),
    )
    op.create_index(
        "ix_copies_listed_by_card",
        "copies",
        ["card_id", "id"],
        postgresql_where=LISTED,
        sqlite_where=LISTED_SQLITE,
    )
    op.create_index(
        "ix_copies_listed_by_owner",
        "copies",
        ["owner_id", "id"],
        postgresql_where=LISTED,
        sqlite_where=LISTED_SQLITE,
    )
    op.create_index(
        "ix_copies_owner_id", "copies", ["owner_id", "id"], postgresql_where=HELD, sqlite_where=HELD
    )
    op.create_table(
        "wanted_cards",
        sa.Column("want_group_id", sa.Uuid, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fkx_wanted_cards_card_id"),
        sa.ForeignKeyConstraint(
            ["want_group_id"],
            ["want_groups.id"],
            name="fk_wanted_cards_want_group_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("want_group_id", "card_id", name="pk_wanted_cards"),
    )
    op.create_index("ix_wanted_cards_card_id", "wanted_cards", ["card_id", "want_group_id"])
    op.create_table(
        "copy_handovers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("copy_id", sa.Uuid, nullable=False),
        sa.Column("giver_id", sa.Uuid, nullable=False),
        sa.Column("receiver_id", sa.Uuid, nullable=False),
        sa.Column("agreement_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name="fk_copy_handovers_copy_id"),
        sa.ForeignKeyConstraint(["giver_id"], ["users.id"], name="fkx_copy_handovers_giver_id"),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["users.id"], name="fkx_copy_handovers_receiver_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_copy_handovers"),
    )
    op.create_index("ix_copy_handovers_copy_id", "copy_handovers", ["copy_id", "id"])
    op.create_table(
        "copy_promises",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("copy_id", sa.Uuid, nullable=False),
        sa.Column("agreement_id", sa.Uuid, nullable=False),
        sa.Column("promised_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT),
        sa.Column("fulfilled_at", INSTANT),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name="fk_copy_promises_copy_id"),
        sa.PrimaryKeyConstraint("id", name="pk_copy_promises"),
    )
    op.create_index("ix_copy_promises_agreement_id", "copy_promises", ["agreement_id"])
    op.create_index(
        "uq_copy_promises_live",
        "copy_promises",
        ["copy_id"],
        unique=True,
        postgresql_where=LIVE,
        sqlite_where=LIVE,
    )


def downgrade() -> None:
    op.drop_table("copy_promises")
    op.drop_table("copy_handovers")
    op.drop_table("wanted_cards")
    op.drop_table("copies")
    op.drop_table("want_groups")
