"""Ratings with their reminders, what standings count, and vouch cards."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

INSTANT = sa.DateTime(timezone=True)
COUNTS = ("presence_verified", "cancelled_at_fault", "disputes_lost", "credited_trades")
COUNTS += ("proven_trades", "partners")
MOMENTS = ("last_lost_at", "last_fraud_at")


def upgrade() -> None:
    with op.batch_alter_table("standings") as standings:
        for name in COUNTS:
            standings.add_column(sa.Column(name, sa.Integer, server_default="0", nullable=False))
        for name in MOMENTS:
            standings.add_column(sa.Column(name, INSTANT))
    with op.batch_alter_table("standings") as standings:
        for name in COUNTS:
            standings.alter_column(name, server_default=None)
    _count_what_was()
    _create_ratings()
    op.create_table(
        "vouches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["member_id"], ["users.id"], name="fk_vouches_member_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_vouches"),
    )
    op.create_index("ix_vouches_member_id", "vouches", ["member_id", "id"])


def _count_what_was() -> None:
    """Trades made before were all in person, without codes, and never disputed."""
    op.execute("""
        UPDATE standings SET credited_trades = completed_trades,
        partners = (
            SELECT count(DISTINCT o.member_id) FROM trade_parties p
            JOIN trades t ON t.id = p.trade_id
            JOIN trade_parties o ON o.trade_id = t.id AND o.member_id <> p.member_id
            WHERE p.member_id = standings.id AND t.state = 'completed'),
        cancelled_at_fault = (
            SELECT count(*) FROM trade_parties p JOIN trades t ON t.id = p.trade_id
            WHERE p.member_id = standings.id AND t.state = 'cancelled' AND p.at_fault)""")


def _create_ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("rater_id", sa.Uuid, nullable=False),
        sa.Column("ratee_id", sa.Uuid, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("rated_at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("revealed_at", INSTANT),
        sa.Column("reply", sa.Text),
        sa.Column("replied_at", INSTANT),
        sa.Column("hidden_by", sa.Uuid),
        sa.Column("hidden_at", INSTANT),
        sa.Column("hidden_because", sa.Text),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        sa.CheckConstraint("edited_at <= closes_at", name="edited_in_time"),
        sa.ForeignKeyConstraint(["hidden_by"], ["users.id"], name="fkx_ratings_hidden_by"),
        sa.ForeignKeyConstraint(["ratee_id"], ["users.id"], name="fkx_ratings_ratee_id"),
        sa.ForeignKeyConstraint(["rater_id"], ["users.id"], name="fkx_ratings_rater_id"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_ratings_trade_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ratings"),
    )
    op.create_index(
        "uq_ratings_trade_id", "ratings", ["trade_id", "rater_id", "ratee_id"], unique=True
    )
    op.create_index("ix_ratings_ratee_id", "ratings", ["ratee_id", "id"])
    op.create_table(
        "rating_reminders",
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_rating_reminders_member_id"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_rating_reminders_trade_id"),
        sa.PrimaryKeyConstraint("trade_id", "member_id", "day", name="pk_rating_reminders"),
    )
    ended = sa.text("state IN ('completed', 'resolved')")
    op.create_index(
        "ix_trades_rateable",
        "trades",
        ["updated_at"],
        postgresql_where=ended,
        sqlite_where=ended,
    )


def downgrade() -> None:
    op.drop_table("vouches")
    op.drop_index("ix_trades_rateable", "trades")
    op.drop_table("rating_reminders")
    op.drop_table("ratings")
    with op.batch_alter_table("standings") as standings:
        for name in (*MOMENTS, *COUNTS):
            standings.drop_column(name)
