"""Trades with their parties, legs, notes and history."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "trades",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("author_id", sa.Uuid, nullable=False),
        sa.Column("turn", sa.Uuid),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("place", sa.String(length=200)),
        sa.Column("planned_at", INSTANT),
        sa.Column("answer_due_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fkx_trades_author_id"),
        sa.ForeignKeyConstraint(["turn"], ["users.id"], name="fkx_trades_turn"),
        sa.PrimaryKeyConstraint("id", name="pk_trades"),
    )
    op.create_index("ix_trades_author_id", "trades", ["author_id", "state"])
    op.create_table(
        "trade_events",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("reason", sa.Text),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fkx_trade_events_actor_id"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_trade_events_trade_id"),
        sa.PrimaryKeyConstraint("id", name="pk_trade_events"),
    )
    op.create_index("ix_trade_events_trade_id", "trade_events", ["trade_id", "id"])
    op.create_table(
        "trade_legs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("giver_id", sa.Uuid, nullable=False),
        sa.Column("receiver_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["giver_id"], ["users.id"], name="fkx_trade_legs_giver_id"),
        sa.ForeignKeyConstraint(["receiver_id"], ["users.id"], name="fkx_trade_legs_receiver_id"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_trade_legs_trade_id"),
        sa.PrimaryKeyConstraint("id", name="pk_trade_legs"),
    )
    op.create_index("ix_trade_legs_trade_id", "trade_legs", ["trade_id", "position"])
    op.create_table(
        "trade_notes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("author_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fkx_trade_notes_author_id"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_trade_notes_trade_id"),
        sa.PrimaryKeyConstraint("id", name="pk_trade_notes"),
    )
    op.create_index("ix_trade_notes_trade_id", "trade_notes", ["trade_id", "id"])
    op.create_table(
        "trade_parties",
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("consented_revision", sa.Integer),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_trade_parties_member_id"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_trade_parties_trade_id"),
        sa.PrimaryKeyConstraint("trade_id", "member_id", name="pk_trade_parties"),
    )
    op.create_index("ix_trade_parties_member_id", "trade_parties", ["member_id", "trade_id"])
    op.create_table(
        "leg_copies",
        sa.Column("leg_id", sa.Uuid, nullable=False),
        sa.Column("copy_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name="fkx_leg_copies_copy_id"),
        sa.ForeignKeyConstraint(["leg_id"], ["trade_legs.id"], name="fk_leg_copies_leg_id"),
        sa.PrimaryKeyConstraint("leg_id", "copy_id", name="pk_leg_copies"),
    )
    op.create_index("ix_leg_copies_copy_id", "leg_copies", ["copy_id", "leg_id"])


def downgrade() -> None:
    op.drop_table("leg_copies")
    op.drop_table("trade_parties")
    op.drop_table("trade_notes")
    op.drop_table("trade_legs")
    op.drop_table("trade_events")
    op.drop_table("trades")
