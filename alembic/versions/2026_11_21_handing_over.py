"""Address books and what trades keep of them; secrets by which two who meet know each other."""

from secrets import token_bytes

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

INSTANT = sa.DateTime(timezone=True)


def postal() -> list[sa.Column[object]]:
    return [
        sa.Column("recipient", sa.String(100), nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("postal_code", sa.String(16)),
        sa.Column("city", sa.String(100), nullable=False),
        sa.Column("region", sa.String(100)),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("phone", sa.String(30)),
    ]


def upgrade() -> None:
    op.create_table(
        "addresses",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("label", sa.String(40)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *postal(),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_addresses_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_addresses"),
    )
    op.create_index("ix_addresses_member_id", "addresses", ["member_id", "id"])
    op.create_table(
        "trade_addresses",
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        *postal(),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_trade_addresses_trade_id"),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_trade_addresses_member_id"),
        sa.PrimaryKeyConstraint("trade_id", "member_id", name="pk_trade_addresses"),
    )
    op.create_table(
        "handshakes",
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("last_step", sa.Integer),
        sa.Column("wrong_at", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_handshakes_trade_id"),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_handshakes_member_id"),
        sa.PrimaryKeyConstraint("trade_id", "member_id", name="pk_handshakes"),
    )
    if not op.get_context().as_sql:  # a script cannot draw secrets
        open_handshakes()


def open_handshakes() -> None:
    """Give each party of a trade that is agreed already a secret too."""
    trades = sa.table("trades", *map(sa.column, ("id", "state", "method", "accepted_at")))
    parties = sa.table("trade_parties", *map(sa.column, ("trade_id", "member_id")))
    handshakes = sa.table(
        "handshakes",
        *map(sa.column, ("trade_id", "member_id", "secret", "opened_at")),
        sa.column("wrong_at", sa.JSON),
    )
    agreed = (
        sa.select(parties.c.trade_id, parties.c.member_id, trades.c.accepted_at)
        .join_from(parties, trades, trades.c.id == parties.c.trade_id)
        .where(
            trades.c.state.in_(["accepted", "fulfilling"]),
            trades.c.method == "in_person",
            trades.c.accepted_at.is_not(None),
        )
    )
    rows = [
        {
            "trade_id": row.trade_id,
            "member_id": row.member_id,
            "secret": token_bytes(20),
            "opened_at": row.accepted_at,
            "wrong_at": [],
        }
        for row in op.get_bind().execute(agreed)
    ]
    if rows:
        op.bulk_insert(handshakes, rows)


def downgrade() -> None:
    for table in ("handshakes", "trade_addresses", "addresses"):
        op.drop_table(table)
