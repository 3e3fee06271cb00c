"""Where Alembic meets the database: the one place that sees every table."""

import asyncio
from pathlib import Path
from typing import Any

from alembic import context
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from apps.catalogue.infrastructure import history, proposals
from apps.catalogue.infrastructure import models as catalogue
from apps.collection.infrastructure import models as collection
from apps.identity.infrastructure import (
    attempts,
    linked_identities,
    second_factors,
    standings,
    vouches,
)
from apps.identity.infrastructure import models as identity
from apps.matching.infrastructure import round_models
from apps.operations.infrastructure import outside_changes
from apps.settings import Settings
from apps.shared.infrastructure import audit, jobs, long_work, outbox, replies
from apps.shared.infrastructure.database import APPLICATION, SQLITE_MARK, Instant, Model
from apps.shared.infrastructure.privileges import GRANTS
from apps.trading.infrastructure import (
    addresses,
    cases,
    event_words,
    handshakes,
    notes,
    rating_reminders,
    rating_totals,
    ratings,
)
from apps.trading.infrastructure import models as trading

TABLES_OF = (
    *(identity, standings, vouches, second_factors, linked_identities, attempts),
    *(catalogue, proposals, history, collection),
    *(trading, event_words, notes, cases, addresses, handshakes),
    *(ratings, rating_reminders, rating_totals),
    *(round_models, replies, outbox, jobs, long_work, audit, outside_changes),
)

LOCK = 4_021_996
"""The advisory lock that lets one migrator at a time onto a PostgreSQL database."""

QUEUE_PATIENCE_MS = 60_000
"""How long a migrator waits for the one before it on a SQLite database."""


def render(kind: str, item: object, _: object) -> str | bool:
    """Write our UTC type into revisions as the plain type that it is in the schema."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Bring the database to the asked revision in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_item=render,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,  # which Alembic would not expect of SQLite
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            connection.execute(text("SET LOCAL lock_timeout = '4s'"))
            connection.execute(text(f"SET LOCAL application_name = '{APPLICATION} migration'"))
        context.run_migrations()
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(GRANTS)


def queue(engine: AsyncEngine) -> None:
    """Let one migrator at a time onto a SQLite database, and keep all of its steps or none.

    The driver would begin a transaction at the first INSERT only, and commit it before any DDL.
    Foreign keys stay unchecked: a table is changed by making it anew and dropping the old one.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {QUEUE_PATIENCE_MS}")
        connection.execute(f"PRAGMA analysis_limit = {SQLITE_MARK}")

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async def connect_and_migrate(url: str) -> None:
    """Open the database for this one purpose."""
    engine: AsyncEngine = create_async_engine(url)
    if engine.dialect.name == "sqlite":
        queue(engine)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def write_sql(url: str) -> None:
    """Write what would be done instead of doing it (`--sql`)."""
    context.configure(
        url=url,
        target_metadata=Model.metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    """Use the connection or the URL that a program handed over, else DATABASE_URL."""
    given: Connection | None = context.config.attributes.get("connection")
    url: str = context.config.attributes.get("url") or Settings().database_url
    if given is not None:
        migrate(given)
    elif context.is_offline_mode():
        write_sql(url)
    else:
        if (target := make_url(url)).get_backend_name() == "sqlite" and target.database:
            Path(target.database).parent.mkdir(parents=True, exist_ok=True)
        asyncio.run(connect_and_migrate(url))


run()
