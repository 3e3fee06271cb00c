"""What serving needs, each tried out by itself."""

from contextlib import suppress

from apps.identity.application.ports import MailUnsent
from apps.identity.infrastructure import keys
from apps.identity.infrastructure.key_files import KeysMissing, KeysUnfit
from apps.identity.infrastructure.smtp import MailServerMissing, SmtpMailer
from apps.outside import posting_of
from apps.settings import Settings
from apps.shared.application.readiness import Closing, NotReady
from apps.shared.application.reseal import ProbeSeals, SealedTables
from apps.shared.infrastructure.clock import SystemClock, TimeOrderedIds
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.drivers import open_probe
from apps.shared.infrastructure.readiness import Probe, SqlReadiness
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.sealing import Sealer
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
    driver = await open_probe(Settings().database_url)
    try:
        _ = await SqlReadiness(Probe(driver), Closing())(patience=PATIENCE)
        reads = Reads(driver, Current())
        sealer = Sealer(lambda: keys.load(Settings().data_dir / "keys").data)
        tables = [kind(Current(), reads, sealer) for kind in (SealedBook, SealedTold)]
        await ProbeSeals(SealedTables(tables))()
    finally:
        await driver.close()


CHECKS = {"keys": check_keys, "mail": check_mail, "database": check_database}
UNFIT = (KeysMissing, KeysUnfit, MailServerMissing, MailUnsent, NotReady)
