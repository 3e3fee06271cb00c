"""Backups of the installation that the environment describes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.operations.application.backups import (
    BackupImpossible,
    Backups,
    CreateBackup,
    Database,
    ListBackups,
    RestoreBackup,
    Scratch,
    VerifyBackup,
)
from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.domain.backup import Dialect
from apps.operations.infrastructure.backup_files import BackupFiles
from apps.operations.infrastructure.invariants import SqlCheckInvariants
from apps.operations.infrastructure.postgresql_backups import (
    PostgresqlDatabase,
    a_scratch_database,
)
from apps.operations.infrastructure.postgresql_programs import Programs
from apps.operations.infrastructure.sqlite_backups import SqliteDatabase
from apps.settings import Settings
from apps.shared.infrastructure.clock import SystemClock
from apps.shared.infrastructure.readiness import head
from apps.trading.infrastructure.histories import SqlHistoryCheck


def open_backups(to: str | None = None) -> Backups:
    """Build them, for the database at this URL where one is named."""
    return backups_of(Settings() if to is None else Settings(database_url=to, database_url_file=""))


def backups_of(settings: Settings) -> Backups:
    """Build them for an installation; no key of it is needed."""
    archive, database = BackupFiles(), database_of(settings)
    return Backups(
        folder=settings.data_dir / "backups",
        create=CreateBackup(database, archive, SystemClock(), version("kcardswap")),
        verify=VerifyBackup(archive, InstalledScratch(settings), head()),
        restore=RestoreBackup(database, archive, head()),
        list=ListBackups(archive),
    )


def database_of(settings: Settings) -> Database:
    """Choose by its kind."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return SqliteDatabase(Path(url.database or ""), invariants_of)
    return PostgresqlDatabase(url, invariants_of, Programs(settings.pg_bin_dir))


def invariants_of(engine: AsyncEngine) -> CheckInvariants:
    """Build the check for a database that may be none of an installation."""
    return SqlCheckInvariants(engine, SqlHistoryCheck(engine))


class InstalledScratch(Scratch):
    """A file of the system's temporary folder, or a database beside that of the installation."""

    def __init__(self, settings: Settings) -> None:
        self._url = make_url(settings.database_url)
        self._programs = Programs(settings.pg_bin_dir)

    @asynccontextmanager
    async def __call__(self, dialect: Dialect) -> AsyncIterator[Database]:
        """Take away afterwards what was made."""
        if dialect == "sqlite":
            with TemporaryDirectory(prefix="kcs-") as room:
                yield SqliteDatabase(Path(room) / "kcs.db", invariants_of)
        elif self._url.get_backend_name() == "sqlite":
            raise BackupImpossible(
                "Let DATABASE_URL name a PostgreSQL server on which a scratch database may be made."
            )
        else:
            async with a_scratch_database(self._url, invariants_of, self._programs) as database:
                yield database
