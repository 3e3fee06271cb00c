"""Card proposals, who confirmed them, and the history of cards."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "card_proposals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("proposer_id", sa.Uuid, nullable=False),
        sa.Column("aim", sa.String(20), nullable=False),
        sa.Column("card_id", sa.Uuid),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fk_card_proposals_card_id"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fkx_card_proposals_decided_by"),
        sa.ForeignKeyConstraint(
            ["proposer_id"], ["users.id"], name="fkx_card_proposals_proposer_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_card_proposals"),
    )
    op.create_index("ix_card_proposals_state", "card_proposals", ["state", "id"])
    op.create_table(
        "card_confirmations",
        sa.Column("proposal_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["users.id"], name="fkx_card_confirmations_member_id"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["card_proposals.id"], name="fk_card_confirmations_proposal_id"
        ),
        sa.PrimaryKeyConstraint("proposal_id", "member_id", name="pk_card_confirmations"),
    )
    op.create_table(
        "card_changes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("proposal_id", sa.Uuid),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fkx_card_changes_actor_id"),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fk_card_changes_card_id"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["card_proposals.id"], name="fk_card_changes_proposal_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_card_changes"),
    )
    op.create_index("ix_card_changes_card_id", "card_changes", ["card_id", "id"])


def downgrade() -> None:
    op.drop_table("card_changes")
    op.drop_table("card_confirmations")
    op.drop_table("card_proposals")
