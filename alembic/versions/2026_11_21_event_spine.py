"""An outbox with the positions of its readers, and histories of trades whose events are linked.

Histories that are there are linked as they stand, by a digest in Python: a database that holds any
cannot be migrated with `--sql`.
"""

import json
from collections.abc import Iterator
from datetime import UTC
from hashlib import sha256
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0015"
down_revision = "0014"

INSTANT = sa.DateTime(timezone=True)
EVENTS = sa.table(
    "trade_events",
    sa.column("id", sa.Uuid),
    sa.column("trade_id", sa.Uuid),
    sa.column("sequence", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("revision", sa.Integer),
    sa.column("actor_id", sa.Uuid),
    sa.column("reason", sa.Text),
    sa.column("at", INSTANT),
    sa.column("previous_hash", sa.String),
    sa.column("hash", sa.String),
)
KEPT = ("outbox", "trade_events")
FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed.', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$
"""
TRIGGERS = {
    "postgresql": [
        """CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        EXECUTE FUNCTION refuse_change()"""
    ],
    "sqlite": [
        f"CREATE TRIGGER tr_{{table}}_append_only_{verb} BEFORE {verb} ON {{table}} BEGIN"
        " SELECT RAISE(ABORT, 'append-only constraint failed: tr_{table}_append_only'); END"
        for verb in ("update", "delete")
    ],
}


def upgrade() -> None:
    make_outbox()
    link_histories()
    dialect = op.get_context().dialect.name
    if dialect == "postgresql":
        op.execute(FUNCTION.strip())
    for table in KEPT:
        for trigger in TRIGGERS[dialect]:
            op.execute(trigger.format(table=table))


def make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.Identity(always=True),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tx", sa.BigInteger, nullable=False),
        sa.Column("aggregate", sa.String(40), nullable=False),
        sa.Column("aggregate_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_tx", "outbox", ["tx", "position"])
    op.create_index("ix_outbox_aggregate_id", "outbox", ["aggregate_id", "tx"])
    op.create_table(
        "outbox_positions",
        sa.Column("consumer", sa.String(40), nullable=False),
        sa.Column("tx", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("updated_at", INSTANT),
        sa.PrimaryKeyConstraint("consumer", name="pk_outbox_positions"),
    )


def link_histories() -> None:
    with op.batch_alter_table("trade_events") as events:
        events.add_column(sa.Column("sequence", sa.Integer))
        events.add_column(sa.Column("previous_hash", sa.String(64)))
        events.add_column(sa.Column("hash", sa.String(64)))
    if not context.is_offline_mode():
        link_events(op.get_bind())
    with op.batch_alter_table("trade_events") as events:
        events.alter_column("sequence", existing_type=sa.Integer, nullable=False)
        events.alter_column("hash", existing_type=sa.String(64), nullable=False)
    op.drop_index("ix_trade_events_trade_id", "trade_events")
    op.create_index(
        "uq_trade_events_sequence", "trade_events", ["trade_id", "sequence"], unique=True
    )


def link_events(connection: sa.Connection) -> None:
    rows = connection.execute(sa.select(EVENTS).order_by(EVENTS.c.trade_id, EVENTS.c.id)).all()
    histories = groupby(rows, lambda row: row.trade_id)
    links = [link for _, events in histories for link in chain(events)]
    if links:
        linking = (
            sa.update(EVENTS)
            .where(EVENTS.c.id == sa.bindparam("of"))
            .values({name: sa.bindparam(f"new_{name}") for name in ("sequence", *HASHES)})
        )
        connection.execute(linking, links)


HASHES = ("previous_hash", "hash")


def chain(events: Iterator[sa.Row[Any]]) -> Iterator[dict[str, Any]]:
    """Link the events of one trade as docs/trade-history.md says, now and for good."""
    before: str | None = None
    for sequence, event in enumerate(events, 1):
        at = event.at if event.at.tzinfo else event.at.replace(tzinfo=UTC)
        told = [
            before,
            str(event.trade_id),
            sequence,
            str(event.id),
            event.kind,
            event.revision,
            event.actor_id and str(event.actor_id),
            event.reason,
            at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        ]
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        digest = sha256(text.encode()).hexdigest()
        yield {
            "of": event.id,
            "new_sequence": sequence,
            "new_previous_hash": before,
            "new_hash": digest,
        }
        before = digest


def downgrade() -> None:
    dialect = op.get_context().dialect.name
    if dialect == "postgresql":
        for table in KEPT:
            op.execute(f"DROP TRIGGER tr_{table}_append_only ON {table}")
        op.execute("DROP FUNCTION refuse_change()")
    op.drop_table("outbox_positions")
    op.drop_table("outbox")
    op.drop_index("uq_trade_events_sequence", "trade_events")
    op.create_index("ix_trade_events_trade_id", "trade_events", ["trade_id", "id"])
    with op.batch_alter_table("trade_events") as events:
        events.drop_column("hash")
        events.drop_column("previous_hash")
        events.drop_column("sequence")
