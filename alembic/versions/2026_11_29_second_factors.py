"""Second factors, and sessions of staff that end sooner."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

INSTANT = sa.DateTime(timezone=True)
OF_STAFF = """
UPDATE refresh_sessions SET revoked_at = CURRENT_TIMESTAMP, revoke_reason = 'logout'
WHERE revoked_at IS NULL AND user_id IN (SELECT id FROM users WHERE role <> 'user')
"""
"""Staff sign in anew: what they have was opened for too long, and with a password only."""


def member(table: str) -> sa.ForeignKeyConstraint:
    """Refer to a member."""
    name = f"fk_{table}_member_id"
    return sa.ForeignKeyConstraint(["member_id"], ["users.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "authenticators",
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.String(80), nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT),
        member("authenticators"),
        sa.PrimaryKeyConstraint("member_id", name="pk_authenticators"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        member("recovery_codes"),
        sa.PrimaryKeyConstraint("member_id", "digest", name="pk_recovery_codes"),
    )
    op.create_table(
        "mfa_tickets",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("amr", sa.String(64), nullable=False),
        sa.Column("device_name", sa.String(64)),
        sa.Column("delivery", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        member("mfa_tickets"),
        sa.PrimaryKeyConstraint("digest", name="pk_mfa_tickets"),
    )
    op.create_index("ix_mfa_tickets_member_id", "mfa_tickets", ["member_id"])
    op.execute(OF_STAFF)


def downgrade() -> None:
    for table in ("mfa_tickets", "recovery_codes", "authenticators"):
        op.drop_table(table)
