"""Providers by which members sign in, and attempts to do so."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "linked_identities",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["users.id"], name="fk_linked_identities_member_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_linked_identities"),
    )
    op.create_index(
        "uq_linked_identities_subject", "linked_identities", ["issuer", "subject"], unique=True
    )
    op.create_index("ix_linked_identities_member_id", "linked_identities", ["member_id", "id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(64)),
        sa.Column("verifier", sa.String(64)),
        sa.Column("redirect_uri", sa.Text),
        sa.Column("delivery", sa.String(20)),
        sa.Column("member_id", sa.Uuid),
        sa.Column("session_id", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("(holder IS NULL) = (verifier IS NULL)", name="exchange"),
        sa.CheckConstraint("(member_id IS NULL) = (session_id IS NULL)", name="linking"),
        sa.ForeignKeyConstraint(
            ["member_id"], ["users.id"], name="fk_sign_in_attempts_member_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_created_at", "sign_in_attempts", ["created_at"])
    op.create_index("ix_sign_in_attempts_member_id", "sign_in_attempts", ["member_id"])


def downgrade() -> None:
    op.drop_table("sign_in_attempts")
    op.drop_table("linked_identities")
