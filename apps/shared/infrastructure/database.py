"""The base of all tables, and engines that behave alike on PostgreSQL and SQLite."""

import enum
from asyncio import CancelledError
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asyncpg import InternalClientError
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Enum,
    MetaData,
    String,
    TypeDecorator,
    Uuid,
    event,
)
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from apps.shared.domain.country import Country
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.sessions import Sessions

LOCK_PATIENCE_MS = 2_000

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
        Country: String(2),
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

SINGLE = 5
"""Connections for changes of one statement, which are soon over."""

PROBING = 1
"""Connections for whoever asks whether the service is ready."""

USUAL = Sessions()

WRITING = {"writing": True}
"""The execution option under which a unit of work opens its connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where the database is, and how many connections units of work and questions may hold."""

    url: str
    replica_url: str = ""
    pool_size: int = 20
    max_overflow: int = 0
    reader_pool_size: int = 20
    sessions: Sessions = USUAL

    @property
    def most_at_once(self) -> int:
        """How many units of work there may be at once."""
        return self.pool_size + self.max_overflow

    @property
    def most_connections(self) -> int:
        """How many connections one process may hold."""
        return self.most_at_once + self.reader_pool_size + SINGLE + PROBING


def open_engine(
    url: str, *, pool_size: int = 20, max_overflow: int = 0, sessions: Sessions = USUAL
) -> AsyncEngine:
    """Open the pool that units of work draw from.

    An error tells the statement but not its values: those are members' data, and land in logs.
    """
    pool = {"pool_size": pool_size, "max_overflow": max_overflow, "hide_parameters": True}
    if make_url(url).get_backend_name() == "postgresql":
        engine = create_async_engine(
            url,
            pool_timeout=sessions.turn_s,
            pool_recycle=sessions.recycle_s,
            pool_pre_ping=sessions.pre_ping,
            connect_args=sessions.for_sqlalchemy(),
            **pool,
        )
        event.listen(engine.sync_engine, "handle_error", _give_up_the_line)
        return engine
    engine = create_async_engine(url, **pool)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "handle_error", _keep_what_is_cut_off)
    return engine


def driver_connection(connection: AsyncConnection) -> Any:
    """Return what asyncpg or aiosqlite itself calls a connection."""
    if connection.sync_connection is None:
        raise RuntimeError("This connection was not opened.")
    return connection.sync_connection.connection.driver_connection


def _give_up_the_line(failure: ExceptionContext) -> OperationalError | None:
    """See a connection on which nothing comes back as lost, and all others of its time with it.

    SQLAlchemy would take silence, or half an answer, for a fault of its caller, and lend the
    connection again.
    """
    told = failure.original_exception
    if not (isinstance(told, OSError) or isinstance(told.__cause__, InternalClientError)):
        return None
    failure.is_disconnect = True
    if failure.connection is not None:
        end_at_once(failure.connection.connection.driver_connection)
    return OperationalError(failure.statement, None, told, connection_invalidated=True)


def end_at_once(connection: Any) -> None:
    """Close a connection of asyncpg without a word to the server, which may not hear it anyway."""
    connection.terminate()


def _prepare_sqlite(connection: DBAPIConnection, _: Any) -> None:
    connection.isolation_level = None  # or the driver would begin transactions of its own
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", *SQLITE_PRAGMAS):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _keep_what_is_cut_off(failure: ExceptionContext) -> None:
    """See nothing lost where a caller is cancelled: the thread of SQLite does all in its turn.

    SQLAlchemy would close the connection but not the cursor, and until that is garbage SQLite
    keeps both, with the transaction and its lock. As it is, it closes the cursor and rolls back.
    """
    if isinstance(failure.original_exception, CancelledError):
        failure.is_disconnect = False
