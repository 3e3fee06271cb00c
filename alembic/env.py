"""Where Alembic meets the database: the one place that sees every table."""

import asyncio
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from alembic import context
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from apps.catalogue.infrastructure import history, proposals
from apps.catalogue.infrastructure import models as catalogue
from apps.collection.infrastructure import models as collection
from apps.group_orders.infrastructure import (
    handovers,
    ledger_models,
    money_models,
    order_ratings,
    order_reminders,
)
from apps.group_orders.infrastructure import milestone_models as order_milestones
from apps.group_orders.infrastructure import models as group_orders
from apps.group_orders.infrastructure import round_models as order_rounds
from apps.group_orders.infrastructure import transaction_models as order_transactions
from apps.identity.infrastructure import (
    attempts,
    linked_identities,
    second_factors,
    standings,
    vouches,
)
from apps.identity.infrastructure import models as identity
from apps.market.infrastructure import card_market, snapshot_models
from apps.market.infrastructure import models as market
from apps.matching.infrastructure import round_models
from apps.operations.infrastructure import outside_changes
from apps.settings import Settings
from apps.shared.infrastructure import audit, jobs, long_work, outbox, replies
from apps.shared.infrastructure.database import SQLITE_MARK, Instant, Model
from apps.shared.infrastructure.materialized import is_compared
from apps.shared.infrastructure.privileges import GRANTS
from apps.shared.infrastructure.sessions import APPLICATION
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
    *(group_orders, order_rounds, order_milestones, order_transactions),
    *(ledger_models, money_models, handovers, order_ratings),
    order_reminders,
    *(market, snapshot_models, card_market),
    *(round_models, replies, outbox, jobs, long_work, audit, outside_changes),
)

LOCK = 4_021_996
"""The advisory lock that lets one migrator at a time onto a PostgreSQL database."""

QUEUE_PATIENCE_S = 600
QUEUE_PAUSE_S = 0.1
QUEUE_PATIENCE_MS = 60_000
"""How long a migrator waits for the one before it: on PostgreSQL, and on a SQLite database."""

LOCK_TIMEOUT = context.config.get_main_option("lock_timeout", "4s")
TRIES = int(context.config.get_main_option("tries", "5"))
PAUSE_S = 1.0
LOCK_NOT_AVAILABLE = "55P03"
"""While a migrator waits for a table, all others wait behind it: so it soon lets them pass."""


def render(kind: str, item: object, _: object) -> str | bool:
    """Write our UTC type into revisions as the plain type that it is in the schema."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Bring the database to the asked revision.

    On PostgreSQL each revision is a transaction, so that none holds the locks of those before it;
    SQLite has one writer anyway, and keeps all steps or none.
    """
    online = connection.dialect.name == "postgresql"
    if online:
        take_turn(connection)
    taken: list[Any] = []
    told = context.config.attributes.get("taken")

    def note(**step: Any) -> None:
        taken.append(step)

    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_item=render,
        include_object=is_compared(connection.dialect.name),
        render_as_batch=not online,
        transactional_ddl=True,  # which Alembic would not expect of SQLite
        transaction_per_migration=online,
        on_version_apply=[note, *filter(None, [told])],
    )
    with context.begin_transaction():
        context.run_migrations()
    if online and taken:
        connection.exec_driver_sql(GRANTS)
        connection.commit()


def take_turn(connection: Connection) -> None:
    """Wait for the migrator before this one; its lock goes with its connection.

    Whoever waits inside of a statement is waited for by CREATE INDEX CONCURRENTLY, so each look is
    a statement of its own.
    """
    give_up_at = monotonic() + QUEUE_PATIENCE_S
    while not connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK})")):
        connection.rollback()
        if monotonic() > give_up_at:
            raise TimeoutError("Somebody else is migrating this database, and does not end.")
        sleep(QUEUE_PAUSE_S)
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    connection.exec_driver_sql(f"SET application_name = '{APPLICATION} migration'")
    connection.commit()


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
    """Open the database for this one purpose; try again where a table is in use."""
    for left in reversed(range(TRIES)):
        engine: AsyncEngine = create_async_engine(url)
        if engine.dialect.name == "sqlite":
            queue(engine)
        try:
            async with engine.connect() as connection:
                await connection.run_sync(migrate)
                return
        except DBAPIError as fault:
            if not left or getattr(fault.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
        finally:
            await engine.dispose()
        await asyncio.sleep(PAUSE_S)


def write_sql(url: str) -> None:
    """Write what would be done instead of doing it (`--sql`)."""
    context.configure(
        url=url,
        target_metadata=Model.metadata,
        literal_binds=True,
        transaction_per_migration=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        if context.get_context().dialect.name == "postgresql":
            context.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        context.run_migrations()


def run() -> None:
    """Use the URL that a program handed over, else DATABASE_URL."""
    url: str = context.config.attributes.get("url") or Settings().database_url
    if context.is_offline_mode():
        write_sql(url)
        return
    if (target := make_url(url)).get_backend_name() == "sqlite" and target.database:
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(connect_and_migrate(url))


run()
