"""The catalogue: groups, idols, releases, cards, and the names they are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CODE = sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
    )
    op.create_index("uq_groups_code", "groups", ["code"], unique=True)
    op.create_table(
        "idols",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_idols"),
    )
    op.create_index("uq_idols_code", "idols", ["code"], unique=True)
    op.create_table(
        "names",
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("form", sa.String(20), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "position", name="pk_names"),
    )
    op.create_table(
        "idol_memberships",
        sa.Column("idol_id", sa.Uuid, nullable=False),
        sa.Column("group_id", sa.Uuid, nullable=False),
        sa.Column("joined_on", sa.Date, nullable=False),
        sa.Column("left_on", sa.Date),
        sa.CheckConstraint("left_on >= joined_on", name="ends_after_it_begins"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_idol_memberships_group_id"),
        sa.ForeignKeyConstraint(["idol_id"], ["idols.id"], name="fk_idol_memberships_idol_id"),
        sa.PrimaryKeyConstraint("idol_id", "group_id", "joined_on", name="pk_idol_memberships"),
    )
    op.create_index("ix_idol_memberships_group_id", "idol_memberships", ["group_id"])
    op.create_table(
        "releases",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("group_id", sa.Uuid, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("released_on", sa.Date, nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_releases_group_id"),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_index("ix_releases_group_id", "releases", ["group_id"])
    op.create_index("uq_releases_code", "releases", ["code"], unique=True)
    op.create_table(
        "cards",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("release_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("retailer", sa.String(length=80)),
        sa.Column("version", sa.String(length=80)),
        sa.Column("number", sa.String(length=80)),
        sa.Column("image_url", sa.Text),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_cards_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cards"),
    )
    op.create_index("ix_cards_release_id", "cards", ["release_id"])
    op.create_index("uq_cards_code", "cards", ["code"], unique=True)
    op.create_table(
        "card_idols",
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("idol_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fk_card_idols_card_id"),
        sa.ForeignKeyConstraint(["idol_id"], ["idols.id"], name="fk_card_idols_idol_id"),
        sa.PrimaryKeyConstraint("card_id", "idol_id", name="pk_card_idols"),
    )
    op.create_index("ix_card_idols_idol_id", "card_idols", ["idol_id"])
    op.create_table(
        "card_subjects",
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fk_card_subjects_card_id"),
        sa.PrimaryKeyConstraint("subject_id", "card_id", name="pk_card_subjects"),
    )
    op.create_index("ix_card_subjects_card_id", "card_subjects", ["card_id"])


def downgrade() -> None:
    op.drop_table("card_subjects")
    op.drop_table("card_idols")
    op.drop_table("cards")
    op.drop_table("releases")
    op.drop_table("idol_memberships")
    op.drop_table("names")
    op.drop_table("idols")
    op.drop_table("groups")
