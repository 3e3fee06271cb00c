"""The base of all tables, and engines that behave alike on PostgreSQL and SQLite."""

import enum
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Enum, MetaData, TypeDecorator, Uuid, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId

LOCK_PATIENCE_MS = 2_000
STATEMENT_PATIENCE_MS = 5_000
IDLE_PATIENCE_MS = 30_000

APPLICATION = "kcardswap"
"""What the name of each of our connections to PostgreSQL begins with."""

SQLITE_MARK = 4_021_996
"""What no other connection to SQLite has set as its `analysis_limit`, for want of any name."""

SQLITE_PRAGMAS = (
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {LOCK_PATIENCE_MS}",
    f"analysis_limit = {SQLITE_MARK}",
)
"""What every connection to SQLite is begun with; that it is in WAL mode, the file itself knows."""


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps it as text that sorts by time and does not name the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring it to UTC, whatever zone it was told in; without a zone it is no moment."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError(f"Of which zone is {value}?")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC where the database did not."""
        del dialect
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Model(DeclarativeBase):
    """Base of every row class; Alembic compares its metadata with the schema."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {
        MemberId: Uuid(),
        datetime: Instant(),
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            length=20,
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }


REFUSALS: dict[str, type[DomainError]] = {}
"""What breaking a constraint means to a member; each `models.py` adds its own.

PostgreSQL reports a constraint by name; SQLite reports `table.column, …` of a broken UNIQUE,
the name of a broken CHECK, and nothing of a foreign key. A key for each way is needed.
"""

WRITING = {"writing": True}
"""The execution option under which a unit of work opens its connection."""


def open_engine(url: str, *, pool_size: int = 20) -> AsyncEngine:
    """Open the pool that units of work draw from; its size is final, nothing overflows.

    An error tells the statement but not its values: those are members' data, and land in logs.
    """
    if make_url(url).get_backend_name() == "postgresql":
        return create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"server_settings": server_settings()},
        )
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def driver_connection(connection: AsyncConnection) -> Any:
    """Return what asyncpg or aiosqlite itself calls a connection."""
    if connection.sync_connection is None:
        raise RuntimeError("This connection was not opened.")
    return connection.sync_connection.connection.driver_connection


def server_settings(**more: str) -> dict[str, str]:
    """Return what every PostgreSQL session of ours is started with; times in milliseconds."""
    return {
        "application_name": APPLICATION,
        "timezone": "UTC",
        "jit": "off",
        "lock_timeout": str(LOCK_PATIENCE_MS),
        "statement_timeout": str(STATEMENT_PATIENCE_MS),
        "idle_in_transaction_session_timeout": str(IDLE_PATIENCE_MS),
        **more,
    }


def _prepare_sqlite(connection: DBAPIConnection, _: Any) -> None:
    connection.isolation_level = None  # or the driver would begin transactions of its own
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", *SQLITE_PRAGMAS):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
