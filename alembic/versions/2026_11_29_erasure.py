"""Members leave and are erased: a time to come back, words beside their histories, long work.

Reasons that members gave leave the chains of histories, which are linked anew with commitments to
them, and the outbox. A database that holds any cannot be migrated with `--sql`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0029"
down_revision = "0028"

INSTANT = sa.DateTime(timezone=True)
LEAVES = sa.text("erase_after IS NOT NULL")
UNFINISHED = sa.text("status IN ('queued', 'running')")
GRACE = timedelta(days=14)
COMMITMENT = "sha256:"
WITH_WORDS = ("trade_rejected", "trade_withdrawn", "cancellation_asked", "trade_cancelled")
"""Events whose reason is a party's own, where a party is their actor."""

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
WORDS = sa.table(
    "trade_event_words",
    sa.column("event_id", sa.Uuid),
    sa.column("salt", sa.String),
    sa.column("text", sa.Text),
)
OUTBOX = sa.table(
    "outbox",
    sa.column("position", sa.BigInteger),
    sa.column("kind", sa.String),
    sa.column("payload", sa.JSON),
)
DELETED = sa.table(
    "users",
    sa.column("id", sa.Uuid),
    sa.column("status", sa.String),
    sa.column("updated_at", INSTANT),
    sa.column("erase_after", INSTANT),
)


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("erase_after", INSTANT))
        users.create_check_constraint(
            "erased_after", "status <> 'deleting' OR erase_after IS NOT NULL"
        )
        users.create_check_constraint("stays", "status <> 'active' OR erase_after IS NULL")
    op.create_index(
        "ix_users_erase_after",
        "users",
        ["erase_after"],
        postgresql_where=LEAVES,
        sqlite_where=LEAVES,
    )
    op.create_table(
        "trade_event_words",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_trade_event_words"),
    )
    make_operations()
    if not context.is_offline_mode():
        connection = op.get_bind()
        let_the_departed_go(connection)
        with changing("trade_events"):
            take_words_out(connection)
        with changing("outbox"):
            strip_payloads(connection)


def make_operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("problem", sa.JSON),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
    )
    op.create_index(
        "uq_operations_unfinished",
        "operations",
        ["member_id", "kind"],
        unique=True,
        postgresql_where=UNFINISHED,
        sqlite_where=UNFINISHED,
    )
    op.create_index("ix_operations_member_id", "operations", ["member_id", "kind"])
    op.create_index("ix_operations_expires_at", "operations", ["expires_at"])
    op.create_table(
        "operation_files",
        sa.Column("operation_id", sa.Uuid, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operations.id"],
            name="fk_operation_files_operation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("operation_id", name="pk_operation_files"),
    )


def let_the_departed_go(connection: sa.Connection) -> None:
    rows = connection.execute(
        sa.select(DELETED.c.id, DELETED.c.updated_at).where(DELETED.c.status == "deleted")
    ).all()
    for row in rows:
        connection.execute(
            sa.update(DELETED)
            .where(DELETED.c.id == row.id)
            .values(erase_after=row.updated_at + GRACE)
        )


TRIGGER = """CREATE TRIGGER tr_{table}_append_only_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_{table}_append_only'); END"""


@contextmanager
def changing(table: str) -> Iterator[None]:
    """Let rows of a table be changed for once that is only added to."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER tr_{table}_append_only")
        yield
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER tr_{table}_append_only")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER tr_{table}_append_only_{verb}")
    yield
    for verb in ("update", "delete"):
        op.execute(TRIGGER.format(table=table, verb=verb))


def take_words_out(connection: sa.Connection) -> None:
    """Put commitments to words into the place of words."""
    of_a_party = EVENTS.c.actor_id.is_not(None) & EVENTS.c.reason.is_not(None)
    said = sa.select(EVENTS).where(EVENTS.c.kind.in_(WITH_WORDS), of_a_party)
    for event in connection.execute(said).all():
        salt = token_hex(16)
        words = {"event_id": event.id, "salt": salt, "text": event.reason}
        connection.execute(sa.insert(WORDS).values(words))
        digest = sha256((salt + event.reason).encode()).hexdigest()
        give_reason(connection, event.id, COMMITMENT + digest)


def put_words_back(connection: sa.Connection) -> None:
    committed = sa.select(EVENTS.c.id).where(EVENTS.c.reason.like(f"{COMMITMENT}%"))
    texts = dict(connection.execute(sa.select(WORDS.c.event_id, WORDS.c.text)).all())
    for event in connection.execute(committed).all():
        give_reason(connection, event.id, texts.get(event.id))


def give_reason(connection: sa.Connection, event: Any, reason: str | None) -> None:
    """Give one event a reason, and link the history behind it anew."""
    connection.execute(sa.update(EVENTS).where(EVENTS.c.id == event).values(reason=reason))
    trade = sa.select(EVENTS.c.trade_id).where(EVENTS.c.id == event).scalar_subquery()
    rows = connection.execute(
        sa.select(EVENTS).where(EVENTS.c.trade_id == trade).order_by(EVENTS.c.sequence)
    ).all()
    before: str | None = None
    for row in rows:
        digest = digest_of(row, before)
        connection.execute(
            sa.update(EVENTS).where(EVENTS.c.id == row.id).values(previous_hash=before, hash=digest)
        )
        before = digest


def digest_of(event: sa.Row[Any], before: str | None) -> str:
    """Hash as docs/trade-history.md says."""
    at = event.at if event.at.tzinfo else event.at.replace(tzinfo=UTC)
    told = [
        before,
        str(event.trade_id),
        event.sequence,
        str(event.id),
        event.kind,
        event.revision,
        event.actor_id and str(event.actor_id),
        event.reason,
        at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    ]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def strip_payloads(connection: sa.Connection) -> None:
    """Take what members wrote out of events that are public."""
    rows = connection.execute(
        sa.select(OUTBOX).where(OUTBOX.c.kind.in_([*WITH_WORDS, "trade_disputed"]))
    ).all()
    for row in rows:
        payload = row.payload
        if not isinstance(payload, dict):
            continue
        if row.kind in WITH_WORDS and payload.get("actor"):
            payload = payload | {"reason": None}
        payload = {name: value for name, value in payload.items() if name != "account"}
        connection.execute(
            sa.update(OUTBOX).where(OUTBOX.c.position == row.position).values(payload=payload)
        )


def downgrade() -> None:
    if not context.is_offline_mode():
        with changing("trade_events"):
            put_words_back(op.get_bind())
    op.drop_table("operation_files")
    op.drop_table("operations")
    op.drop_table("trade_event_words")
    op.execute("UPDATE users SET status = 'deleted' WHERE status = 'deleting'")
    op.drop_index("ix_users_erase_after", "users")
    with op.batch_alter_table("users") as users:
        users.drop_constraint("stays", type_="check")
        users.drop_constraint("erased_after", type_="check")
        users.drop_column("erase_after")
