"""Backups of databases under test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from apps.backups import backups_of
from apps.catalogue.infrastructure.models import CardModel, CardSubjectModel
from apps.operations.application.backups import Backups, Database, Snapshot, Tell
from apps.settings import Settings
from tests.support.databases import a_postgresql_database
from tests.support.postgres import the_binaries
from tests.support.site import Site


def silent(what: str, done: int, of: int | None) -> None:
    """Hear how far it is, and do nothing."""
    del what, done, of


def keeping(url: str, folder: Path) -> Backups:
    """What an operator has at hand, with the programs that the tests bring along."""
    programs = str(the_binaries())
    return backups_of(Settings(database_url=url, data_dir=folder, pg_bin_dir=programs))


@contextmanager
def an_empty_place(url: str, folder: Path) -> Iterator[str]:
    """Where a backup of this database can be restored."""
    if url.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{folder}/{uuid7().hex}.db"
        return
    with a_postgresql_database(url) as empty:
        yield empty


async def name_cards(site: Site) -> None:
    """Let the small catalogue of a site break no invariant, as one that was imported would."""
    await site.some_cards(1)
    for card in await site.ask(select(CardModel.id)):
        await site.change(insert(CardSubjectModel).values(subject_id=uuid7(), card_id=card))


class Careless:
    """The control: counts what is there now, and not what the snapshot holds."""

    def __init__(self, database: Database, site: Site) -> None:
        self._database = database
        self._site = site

    @asynccontextmanager
    async def snapshot(self, room: Path, tell: Tell) -> AsyncIterator[Snapshot]:
        async with self._database.snapshot(room, tell) as snapshot:
            await self._site.join(f"late-{uuid7().hex[-8:]}")
            snapshot.contents = await self._database.contents(tell)
            yield snapshot
