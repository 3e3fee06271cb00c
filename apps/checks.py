"""What serving needs, each tried out by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import make_url

from apps.identity.application.ports import MailUnsent
from apps.identity.infrastructure import keys
from apps.identity.infrastructure.key_files import KeysMissing, KeysUnfit
from apps.identity.infrastructure.smtp import MailServerMissing, SmtpMailer
from apps.outside import database_of, posting_of
from apps.settings import Settings
from apps.shared.application.readiness import Closing, NotReady
from apps.shared.application.reseal import ProbeSeals, SealedTables
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.clock import SystemClock, TimeOrderedIds
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.drivers import open_probe
from apps.shared.infrastructure.readiness import Probe, SqlReadiness
from apps.shared.infrastructure.reads import Driver, Reads
from apps.shared.infrastructure.sealing import Sealer
from apps.shared.infrastructure.seats import Claim, NoRoom, Unbounded, ensure_bounds, ensure_room
from apps.trading.infrastructure.sealed_addresses import SealedBook, SealedTold

PATIENCE = 10.0
"""Seconds that a database has to answer in while nobody waits but an operator."""


async def check_keys() -> None:
    """Raise KeysMissing or KeysUnfit; a development server makes what is missing by itself."""
    settings = Settings()
    with suppress(*[KeysMissing] if settings.env == "development" else []):
        keys.load(settings.data_dir / "keys")


async def check_mail() -> None:
    """Raise MailServerMissing or MailUnsent."""
    if server := posting_of(Settings()).server:
        await SmtpMailer(server, SystemClock(), TimeOrderedIds()).probe()


async def check_database() -> None:
    """Raise NotReady, also where rows are sealed with a key that is not here."""
    async with asking() as driver:
        _ = await SqlReadiness(Probe(driver), Closing())(patience=PATIENCE)
        reads = Reads(driver, Current())
        sealer = Sealer(lambda: keys.load(Settings().data_dir / "keys").data)
        tables = [kind(Current(), reads, sealer) for kind in (SealedBook, SealedTold)]
        await ProbeSeals(SealedTables(tables))()


async def check_connections() -> None:
    """Raise NoRoom or Unbounded; SQLite has neither limit, and who is away tells none."""
    settings = Settings()
    if make_url(settings.database_url).get_backend_name() != "postgresql":
        return
    async with asking() as driver:
        with suppress(Busy):
            await _ensure_fit(Reads(driver, Current()), settings)


async def _ensure_fit(reads: Reads, settings: Settings) -> None:
    database = database_of(settings)
    if settings.db_pgbouncer:  # which keeps count itself
        await ensure_bounds(reads, database.sessions)
        return
    await ensure_room(
        reads,
        Claim(
            processes=settings.db_processes,
            each=database.most_connections,
            reserved=settings.db_reserved,
        ),
    )


@asynccontextmanager
async def asking() -> AsyncIterator[Driver]:
    """Lend one connection of the installation that the environment describes."""
    database = database_of(Settings())
    driver = await open_probe(database.url, sessions=database.sessions)
    try:
        yield driver
    finally:
        await driver.close()


CHECKS = {
    "keys": check_keys,
    "mail": check_mail,
    "database": check_database,
    "connections": check_connections,
}
UNFIT = (KeysMissing, KeysUnfit, MailServerMissing, MailUnsent, NotReady, NoRoom, Unbounded)
