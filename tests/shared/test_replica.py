"""A standby answers questions, and nobody misses on it what they have written."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from time import monotonic
from typing import Any

import asyncpg
import pytest
from pydantic import ValidationError

from apps.settings import Settings
from apps.shared.infrastructure import drivers, replica
from apps.shared.presentation.consistency import HEADER
from tests.support.budget import Budget
from tests.support.deals import told
from tests.support.site import API, Member, Site
from tests.support.standbys import Standby, a_standby

SOON = 5
"""Seconds, on a machine with other work; without a limit it takes as long as the standby does."""


@pytest.fixture(scope="module")
def follower(cluster: str) -> Iterator[Standby]:
    with a_standby(cluster) as standby:
        yield standby


@pytest.fixture
def standby(follower: Standby, postgresql: str) -> Iterator[Standby]:
    """It runs, has caught up, and goes on at the end whatever was done to it."""
    follower.catch_up(postgresql)
    yield follower
    if not follower.running:
        follower.start()
    follower.go_on()
    follower.catch_up(postgresql)


@dataclass
class Asked:
    """What the standby was asked, what of it it answered, and what the source was asked."""

    sent: list[str] = field(default_factory=list)
    answered: int = 0
    of_source: list[str] = field(default_factory=list)

    def forget(self) -> None:
        self.sent.clear()
        self.of_source.clear()
        self.answered = 0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    heard, fetch = Asked(), replica.Standby.fetch_behind
    fetch_here = drivers.AsyncpgDriver.fetch

    async def listened(self: Any, position: int, sql: str, values: Any) -> Any:
        heard.sent.append(sql)
        rows = await fetch(self, position, sql, values)
        heard.answered += rows is not None
        return rows

    async def listened_here(self: Any, sql: str, values: Any) -> Any:
        heard.of_source.append(sql)
        return await fetch_here(self, sql, values)

    monkeypatch.setattr(replica.Standby, "fetch_behind", listened)
    monkeypatch.setattr(drivers.AsyncpgDriver, "fetch", listened_here)
    return heard


@pytest.fixture
async def site(postgresql: str, standby: Standby, keys: Path, asked: Asked) -> AsyncIterator[Site]:
    async with Site(postgresql, keys, database_replica_url=standby.url(postgresql)) as site:
        yield site
    assert all(sql.lstrip().startswith(("SELECT", "WITH")) for sql in asked.sent)


async def stale_reads(ann: Member, turns: int) -> int:
    """How often a member who has just changed something is shown it as it was before."""
    stale = 0
    for turn in range(turns):
        nickname = f"ann-{turn}"
        changed = await ann.patch("/me", {"nickname": nickname})
        assert changed.status_code == 200, changed.text
        stale += (await ann.get("/me")).json()["nickname"] != nickname
    return stale


async def test_nobody_misses_what_they_wrote_though_the_standby_stands_still(
    site: Site, standby: Standby, postgresql: str, asked: Asked, budget: Budget
) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    standby.catch_up(postgresql)
    assert (await ann.get("/me")).json()["nickname"] == "ann"
    assert asked.answered == 1, "it is the standby that answers"
    standby.hold()
    turns = budget.of(30, 10_000)
    assert await stale_reads(ann, 1) == 0
    asked.forget()
    assert (await bea.get("/me")).json()["nickname"] == "bea"
    assert asked.answered == 1, "who has written nothing is still answered by it"
    assert await stale_reads(ann, turns) == 0
    standby.go_on()
    standby.catch_up(postgresql)
    asked.forget()
    assert (await ann.get("/me")).status_code == 200
    assert asked.answered == 1, "nor is it passed by for longer than it lags behind"
    budget.tell(f"{turns} changes and own reads with replay paused: 0 stale")


async def test_without_positions_they_do(
    site: Site, standby: Standby, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can fail."""
    monkeypatch.setattr(replica.Known, "wanted", lambda *_: 0)
    ann = await site.join("ann")
    standby.catch_up(postgresql)
    standby.hold()
    assert await stale_reads(ann, 5) == 5


async def test_another_server_is_told_by_the_token(
    site: Site, standby: Standby, postgresql: str, keys: Path
) -> None:
    ann = await site.join("ann")
    standby.catch_up(postgresql)
    standby.hold()
    changed = await ann.patch("/me", {"nickname": "annie"})
    token = {HEADER: changed.headers[HEADER]}
    async with Site(postgresql, keys, database_replica_url=standby.url(postgresql)) as other:
        there = Member(other, ann.id, "ann", ann.token)
        shown = [(await there.send("GET", "/me", headers=each)).json() for each in (token, {})]
        assert [each["nickname"] for each in shown] == ["annie", "ann"]
        for forged in ("x", token[HEADER][:-1], "9" * 40):
            answer = await there.send("GET", "/me", headers={HEADER: forged})
            assert answer.json()["nickname"] == "ann", "it counts as none"


async def test_who_has_just_come_is_known(site: Site, standby: Standby, postgresql: str) -> None:
    """Nobody knew who that would be when they registered."""
    standby.catch_up(postgresql)
    standby.hold()
    account = {"email": "ann@kcs.test", "password": "correct horse battery"}
    await site.client.post(f"{API}/auth/register", json=account | {"nickname": "ann"})
    tokens = (await site.client.post(f"{API}/auth/login", json=account)).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    shown = await site.client.get(f"{API}/me", headers=bearer)
    assert (shown.status_code, shown.json()["nickname"]) == (200, "ann")


async def test_who_was_signed_out_elsewhere_is_refused_at_once(
    site: Site, standby: Standby, postgresql: str
) -> None:
    ann = await site.join("ann")
    standby.catch_up(postgresql)
    standby.hold()
    assert (await ann.get("/me")).status_code == 200
    await site.run("UPDATE refresh_sessions SET revoked_at = now()")
    assert told(await ann.get("/me")) == (401, "invalid-token")


async def test_nothing_shown_is_older_than_some_seconds(
    site: Site, standby: Standby, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "LOOK", 0.05)
    monkeypatch.setattr(replica, "OLDEST", 0.2)
    ann, bea = await site.join("ann"), await site.join("bea")
    standby.catch_up(postgresql)
    standby.hold()
    assert (await bea.patch("/me", {"nickname": "beatrix"})).status_code == 200
    path, begun, shown = f"/members/{bea.id}", monotonic(), ""
    while shown != "beatrix":
        assert monotonic() - begun < 5
        shown = (await ann.get(path)).json()["nickname"]
        await asyncio.sleep(0.05)


async def test_the_standby_may_die_and_come_back(
    site: Site, standby: Standby, postgresql: str, asked: Asked, budget: Budget
) -> None:
    ann = await site.join("ann")
    standby.catch_up(postgresql)
    assert (await ann.get("/me")).status_code == 200
    standby.kill()
    slowest = await slowest_read(ann, budget.of(1.5, 30))
    assert slowest < SOON
    await asyncio.to_thread(standby.start)
    await asyncio.to_thread(standby.catch_up, postgresql)
    await asyncio.sleep(replica.REST)
    asked.forget()
    assert (await ann.get("/me")).status_code == 200
    assert asked.answered == 1
    budget.tell(f"reads after the standby was killed: all answered, the slowest in {slowest:.2f} s")


async def slowest_read(ann: Member, seconds: float) -> float:
    """Read for so long; return how many seconds the slowest answer took."""
    slowest, begun = 0.0, monotonic()
    while monotonic() - begun < seconds:
        at = monotonic()
        assert (await ann.get("/me")).status_code == 200
        slowest = max(slowest, monotonic() - at)
    return slowest


async def test_nobody_waits_for_a_standby_that_does_not_answer(
    site: Site, standby: Standby, postgresql: str, asked: Asked
) -> None:
    ann = await site.join("ann")
    standby.catch_up(postgresql)
    assert (await ann.get("/me")).status_code == 200
    standby.signal(SIGSTOP)
    try:
        slowest = await slowest_read(ann, 1.0)
    finally:
        standby.signal(SIGCONT)
    assert replica.PATIENCE < slowest < SOON
    await asyncio.sleep(replica.REST)
    asked.forget()
    assert (await ann.get("/me")).status_code == 200
    assert asked.answered == 1


async def test_a_request_costs_one_question_more_at_most(
    site: Site, standby: Standby, postgresql: str, asked: Asked
) -> None:
    ann = await site.join("ann")
    standby.catch_up(postgresql)
    await ann.get("/me")
    asked.forget()
    await ann.get("/me")
    assert (len(asked.sent), len(asked.of_source)) == (1, 1), "the session, and the question"
    asked.forget()
    await ann.patch("/me", {"nickname": "annie"})
    assert asked.of_source.count(replica.WRITTEN) == 1
    assert asked.sent == []


async def test_the_standby_takes_no_change(site: Site, asked: Asked) -> None:
    held = await site.port(replica.Replica)
    copy = held._standby  # noqa: SLF001
    assert copy is not None
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await copy.fetch_behind(0, "DELETE FROM users", ())
    asked.forget()


def test_sqlite_has_no_standby() -> None:
    for url, copy in (
        ("sqlite:///var/kcs.db", "postgresql://app@localhost/kcs"),
        ("postgresql://app@localhost/kcs", "sqlite:///var/copy.db"),
    ):
        with pytest.raises(ValidationError, match="replicates the one in DATABASE_URL"):
            Settings(database_url=url, database_replica_url=copy)
