"""Members: accounts, profiles, standings and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=600), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("email_verified_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.create_index("uq_users_email_key", "users", ["email_key"], unique=True)
    op.create_table(
        "profiles",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("nickname", sa.String(length=30), nullable=False),
        sa.Column(
            "nickname_key",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("bio", sa.Text),
        sa.Column("region", sa.String(length=6)),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("avatar_url", sa.Text),
        sa.Column("nearby_visible", sa.Boolean, nullable=False),
        sa.Column("show_online", sa.Boolean, nullable=False),
        sa.Column("allow_stranger_messages", sa.Boolean, nullable=False),
        sa.Column("accepts_proposals", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["users.id"], name="fk_profiles_id"),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
    )
    op.create_index("uq_profiles_nickname_key", "profiles", ["nickname_key"], unique=True)
    op.create_table(
        "refresh_sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("mac_kid", sa.Integer, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("current_hash", sa.String(length=64), nullable=False),
        sa.Column("previous_hash", sa.String(length=64)),
        sa.Column("confirmed_generation", sa.Integer, nullable=False),
        sa.Column("delivery", sa.String(20), nullable=False),
        sa.Column("device_name", sa.String(length=64)),
        sa.Column("user_agent", sa.String(length=256)),
        sa.Column("ip_trunc", sa.String(length=64)),
        sa.Column("amr", sa.String(length=64), nullable=False),
        sa.Column("auth_time", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("rotated_at", INSTANT, nullable=False),
        sa.Column("idle_expires_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoke_reason", sa.String(20)),
        sa.CheckConstraint("generation >= 0", name="generation"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_refresh_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refresh_sessions"),
    )
    op.create_index("ix_refresh_sessions_user_id", "refresh_sessions", ["user_id", "revoked_at"])
    op.create_table(
        "standings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("trust_level", sa.Integer, nullable=False),
        sa.Column("completed_trades", sa.Integer, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("trust_level BETWEEN 0 AND 3", name="trust_level"),
        sa.ForeignKeyConstraint(["id"], ["users.id"], name="fk_standings_id"),
        sa.PrimaryKeyConstraint("id", name="pk_standings"),
    )


def downgrade() -> None:
    op.drop_table("standings")
    op.drop_table("refresh_sessions")
    op.drop_table("profiles")
    op.drop_table("users")
