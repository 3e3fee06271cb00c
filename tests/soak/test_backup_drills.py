"""A backup that is made under load has all that was answered before it was begun."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from httpx import AsyncClient, Response
from sqlalchemy import func, make_url, select
from uuid_utils.compat import uuid7

from apps.shared.infrastructure.outbox import OUTBOX
from tests.soak.client_log import Asked, ClientLog, Fact, facts_kept
from tests.soak.traders import SETTINGS, Traders, settled
from tests.support.backups import Careless, an_empty_place, keeping, name_cards, silent
from tests.support.budget import Budget
from tests.support.site import Member, Site


class PatientTraders(Traders):
    """Ask again, under the same key, where a busy machine had them wait too long."""

    async def ask(self, http: AsyncClient, member: Member, path: str, body: Any) -> Response:
        request = Asked(uuid7().hex, str(member.id), member.token, path, body)
        self.log.ask(request)
        response = await settled(http, request)
        self.log.answer(request.key, response)
        return response


@asynccontextmanager
async def trading(site: Site, log: ClientLog, budget: Budget) -> AsyncIterator[None]:
    """Have members trade meanwhile; whoever asks something is answered before they end."""
    traders = await PatientTraders.join(site, log, budget.random())
    await name_cards(site)
    work = asyncio.create_task(traders.trade(site.client))
    try:
        await asyncio.sleep(0.5)
        yield
    finally:
        traders.ended = True
        await work


async def test_a_backup_has_all_that_was_answered_before(
    url: str, keys: Path, tmp_path: Path, budget: Budget
) -> None:
    log, backups = ClientLog(tmp_path / "client.log"), keeping(url, tmp_path)
    made: list[tuple[Path, Counter[Fact]]] = []
    meanwhile = 0
    async with Site(url, keys, **SETTINGS) as site, trading(site, log, budget):
        for _ in range(budget.of(1, 20)):
            before = log.facts()
            stored, _ = await backups.create(tmp_path / "backups", tell=silent)
            made.append((stored.file, before))
            meanwhile += (log.facts() - before).total()
            await asyncio.sleep(budget.of(0, 1))  # names of backups count seconds
    for file, before in made:
        verified = await backups.verify(file, tell=silent)
        assert not verified.faults
        assert verified.is_current
        with an_empty_place(url, tmp_path) as place:
            await keeping(place, tmp_path).restore(file, tell=silent)
            async with Site(place, keys) as restored:
                kept = await facts_kept(restored)
                assert not before - kept, "lost"
                assert not kept - log.facts(), "made up"
                if not place.startswith("sqlite"):
                    assert await restored.ask(select(func.max(OUTBOX.c.tx))) == [0], "renumbered"
    assert meanwhile, "nobody wrote while the backup was made"
    budget.tell(f"{len(made)} drills, {log.facts().total()} effects, {meanwhile} of them meanwhile")


async def test_a_manifest_that_is_not_of_the_snapshot_is_found(
    site: Site, url: str, tmp_path: Path
) -> None:
    """The control of a dump and figures that are of one moment."""
    backups = keeping(url, tmp_path)
    careless = cast("Any", Careless(backups.create.database, site))
    create = replace(backups.create, database=careless)
    stored, _ = await create(tmp_path / "backups", tell=silent)
    faults = (await backups.verify(stored.file, tell=silent)).faults
    assert "Rows of users: there were 1, and now there are 0." in faults


async def test_a_copy_of_the_file_lacks_what_was_answered(
    sqlite: str, keys: Path, tmp_path: Path, budget: Budget
) -> None:
    """The control on SQLite (M8)."""
    log, file = ClientLog(tmp_path / "client.log"), Path(make_url(sqlite).database or "")
    copies: list[tuple[Path, Counter[Fact]]] = []
    async with Site(sqlite, keys, **SETTINGS) as site, trading(site, log, budget):
        for number in range(budget.of(2, 40)):
            await asyncio.sleep(0.2)
            before, copy = log.facts(), tmp_path / f"copy-{number}.db"
            await asyncio.to_thread(shutil.copy2, file, copy)
            copies.append((copy, before))
    lacking = []
    for copy, before in copies:
        async with Site(f"sqlite+aiosqlite:///{copy}", keys) as copied:
            lacking.append((before - await facts_kept(copied)).total())
    assert any(lacking)
    budget.tell(f"{sum(map(bool, lacking))} of {len(copies)} copies lack up to {max(lacking)}")
