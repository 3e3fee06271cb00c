"""A new data key takes over while members go on, and the old one can be taken away."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import insert, make_url, select
from uuid_utils.compat import uuid7

from apps.identity.application.keep_keys import KeyInUse, KeyKind
from apps.identity.infrastructure import key_folder
from apps.identity.infrastructure.key_folder import FolderChest
from apps.identity.infrastructure.keys import load, load_or_create
from apps.operations.presentation.data import reseal_in
from apps.shared.application import reseal
from apps.shared.application.reseal import CountSeals, ResealData
from apps.shared.infrastructure.clock import SystemClock
from apps.trading.infrastructure.addresses import AddressModel
from tests.support.budget import Budget
from tests.support.builders import FixedClock
from tests.support.deals import told
from tests.support.postal import HOME, entry
from tests.support.served import environment, typed
from tests.support.site import Member, Site, elsewhere
from tests.support.vaults import places_with

NOW, MINUTE = timedelta(0), timedelta(minutes=1)
READERS, SEEN = 4, 0.1
PAUSE = 0.02
"""Seconds between the requests of each; without, they would leave no time for sealing."""


@pytest.fixture(autouse=True)
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder whenever a key is asked for."""
    monkeypatch.setattr(key_folder, "LOOK", 0.0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of an installation of its own."""
    load_or_create(tmp_path / "data" / "keys")
    return tmp_path / "data"


@pytest.fixture
async def site(url: str, data: Path) -> AsyncIterator[Site]:
    async with Site(url, data) as site:
        yield site


def chest(data: Path, *, later: timedelta = NOW) -> FolderChest:
    return FolderChest(data / "keys", FixedClock(SystemClock().now() + later))


async def plainly(site: Site, member: Member, count: int, *, street: str = HOME.lines[0]) -> None:
    """Write rows as they were before addresses were sealed."""
    rows: list[dict[str, Any]] = [
        {
            "id": uuid7(),
            "member_id": member.id,
            "label": f"number {number}",
            "recipient": HOME.recipient,
            "lines": (street,),
            "city": HOME.city,
            "country": HOME.country,
            "created_at": SystemClock().now(),
            "updated_at": SystemClock().now(),
            "version": 1,
        }
        for number in range(count)
    ]
    async with (await site.engine()).begin() as connection:
        await connection.execute(insert(AddressModel), rows)


async def counted(site: Site) -> dict[int | None, int]:
    return dict((await (await site.port(CountSeals))())["addresses"])


@dataclass
class Life:
    """Members who read all the time, and change an address now and then."""

    site: Site
    codes: Counter[int] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def lead(self, member: Member) -> None:
        ids = [each["id"] for each in (await member.get("/me/addresses", limit=20)).json()["items"]]
        turn = 0
        while not self.over.is_set():
            turn += 1
            id = ids[turn % len(ids)]
            self.codes[(await member.get(f"/me/addresses/{id}")).status_code] += 1
            self.codes[(await member.get("/me/addresses", limit=5)).status_code] += 1
            if turn % 3 == 0:
                body = entry(label=f"turn {turn}")
                answer = await member.send("PUT", f"/me/addresses/{id}", body)
                self.codes[answer.status_code] += 1
                if answer.status_code == 200:
                    self.last[id] = body["label"]
            await asyncio.sleep(PAUSE)


async def test_rows_are_sealed_anew_while_members_go_on(
    site: Site, data: Path, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "RESEALED_AT_ONCE", budget.of(20, 200))
    monkeypatch.setattr(key_folder, "LOOK", SEEN)
    members = [await site.join(f"member-{number}") for number in range(READERS)]
    share = budget.of(40, 25_000)
    for member in members:
        await plainly(site, member, share)
    life, lines = Life(site), list[str]()
    tasks = [elsewhere(life.lead(member)) for member in members]
    begun = monotonic()
    await reseal_in(site.app.state.dishka_container, lines.append)
    assert await counted(site) == {1: READERS * share}
    chest(data).rotate(KeyKind.DATA, ahead=NOW)
    with pytest.raises(KeyInUse):
        chest(data).retire("data-1")
    await asyncio.sleep(2 * SEEN)
    await reseal_in(site.app.state.dishka_container, lines.append)
    seconds = monotonic() - begun
    assert await counted(site) == {2: READERS * share}
    chest(data, later=MINUTE).retire("data-1")
    await asyncio.sleep(2 * SEEN)
    assert [*load(data / "keys").data.secrets] == [2]
    for member in members:
        life.codes[(await member.get("/me/addresses")).status_code] += 1
    life.over.set()
    await asyncio.gather(*tasks)
    assert set(life.codes) == {200}, life.codes
    kept = {row["id"]: row["label"] for member in members for row in await all_of(member)}
    assert {id: kept[id] for id in life.last} == life.last
    assert budget.is_long == bool(lines), "progress is told, of many rows"
    budget.tell(
        f"{2 * READERS * share} seals in {seconds:.0f} s beside {life.codes.total()} requests,"
        f" {len(life.last)} rows changed meanwhile: 0 errors, 0 changes lost"
    )


async def all_of(member: Member) -> list[dict[str, Any]]:
    """The newest hundred, which is where changes were made."""
    items: list[dict[str, Any]] = (await member.get("/me/addresses", limit=100)).json()["items"]
    return items


async def test_a_key_that_rows_need_is_not_retired_and_without_it_they_do_not_open(
    site: Site, url: str, data: Path
) -> None:
    """The control of what is above: had the key been taken away before, reads would fail."""
    ann = await site.join("ann")
    assert (await ann.post("/me/addresses", entry())).status_code == 201
    chest(data).rotate(KeyKind.DATA, ahead=NOW)
    env = environment(url, data)
    refused = await asyncio.to_thread(typed, "kcs keys retire data-1", env)
    assert (refused.returncode, "kcs data reseal" in refused.stderr) == (1, True)
    status = await asyncio.to_thread(typed, "kcs data status", env)
    assert status.stdout.split() == ["addresses", "data-1", "1"]
    key = data / "keys" / "data-1.key"
    secret = key.read_bytes()
    key.unlink()
    assert told(await ann.get("/me/addresses")) == (503, "seal-broken")
    stuck = await asyncio.to_thread(typed, "kcs data reseal", env)
    assert (stuck.returncode, "cannot be opened" in stuck.stderr) == (1, True)
    key.write_bytes(secret)
    sealed = await asyncio.to_thread(typed, "kcs data reseal", env)
    assert (sealed.returncode, sealed.stdout.split()[:3]) == (0, ["addresses", "1", "sealed"])
    assert (await ann.get("/me/addresses")).status_code == 200


async def test_it_can_be_stopped_and_begun_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "RESEALED_AT_ONCE", 3)
    ann = await site.join("ann")
    await plainly(site, ann, 7)
    portion = await site.port(ResealData)
    seen = []
    for _ in range(4):
        seen.append((await portion())["addresses"])
        assert len((await ann.get("/me/addresses")).json()["items"]) == 7
    assert seen == [3, 3, 1, 0]
    rows = await site.ask(select(AddressModel))
    assert len({row.fingerprint for row in rows}) == 1, "rows from before have one now"
    assert rows[0].fingerprint


async def test_a_row_is_sealed_or_plain_and_never_both(site: Site) -> None:
    ann = await site.join("ann")
    await plainly(site, ann, 1)
    with pytest.raises(Exception, match="sealed_or_plain"):
        await site.run("UPDATE addresses SET sealed = 'x', sealed_by = 1")


async def test_what_was_plain_is_gone_once_the_file_is_written_anew(
    sqlite: str, data: Path
) -> None:
    word = f"Kanarienvogelgasse{uuid7().hex}"
    async with Site(sqlite, data) as site:
        await plainly(site, await site.join("ann"), 5, street=word)
        assert "files" in places_with(sqlite, word)
        await reseal_in(site.app.state.dishka_container, lambda _: None)
    with closing(sqlite3.connect(make_url(sqlite).database or "")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("CREATE TABLE something (that INTEGER)")  # for its log to be there
        connection.commit()
        assert places_with(sqlite, word) == set()
