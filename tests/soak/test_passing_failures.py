"""A database that gives up every n-th commit is asked again, and nothing happens twice."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import OperationalError

from apps.identity.application.ports import Mailer
from apps.shared.presentation import routes
from apps.shared.presentation.routes import PAUSES
from apps.trading.infrastructure.models import TradeEventModel, TradeModel
from tests.identity.stage import Postbox, serving
from tests.support.budget import Budget
from tests.support.deals import ensure_sound
from tests.support.site import Member, Site, elsewhere, proposal

GIVES_UP = ("40001", "40P01")


class Injector:
    """Has the database give up every n-th commit, as it does for the sake of somebody else."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.commits = count(1)
        self.refused = 0

    def __call__(self, connection: Connection) -> None:
        number = next(self.commits)
        if number % self.every:
            return
        self.refused += 1
        if connection.dialect.name == "postgresql":
            state = GIVES_UP[self.refused % 2]
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")
        busy = sqlite3.OperationalError("database is locked")
        busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError("COMMIT", None, busy)

    @contextmanager
    def at(self, engine: Any) -> Iterator[None]:
        event.listen(engine, "commit", self)
        try:
            yield
        finally:
            event.remove(engine, "commit", self)


@asynccontextmanager
async def a_post_office(url: str, keys: Path) -> AsyncIterator[tuple[Site, Postbox]]:
    """A site whose mail can be counted."""
    postbox = Postbox()
    patient = {"open_proposals_out": 10_000, "db_pool_timeout_s": 5}
    async with Site(url, keys, serving(Mailer, postbox), **patient) as site:
        yield site, postbox


async def swaps(site: Site, number: int) -> list[tuple[Member, Member, Any]]:
    """Pairs of members, and what the one will propose to the other."""
    people = [(await site.join(f"ann-{i}"), await site.join(f"bea-{i}")) for i in range(number)]
    return [
        (ann, bea, proposal(bea, give=[await ann.hold()], take=[await bea.hold()]))
        for ann, bea in people
    ]


async def agree(ann: Member, bea: Member, body: Any) -> list[Response]:
    """Two changes, each of them with rows in several tables and a letter."""
    sent = await ann.post("/trades", body)
    if sent.is_error:
        return [sent]
    return [sent, await bea.post(f"/trades/{sent.json()['id']}/accept", {"revision": 1})]


async def ensure_each_happened_once(site: Site, postbox: Postbox, number: int) -> None:
    """Raise AssertionError for a trade, a line of its history, or a letter too many or too few."""
    assert Counter(await site.ask(select(TradeModel.state))) == {"accepted": number}
    kinds = Counter(await site.ask(select(TradeEventModel.kind)))
    assert kinds == {"trade_proposed": number, "trade_accepted": number}
    told = Counter((mail.to, mail.subject) for mail in postbox.mails)
    assert len(told) == 2 * number
    assert set(told.values()) == {1}
    await ensure_sound(site)


@pytest.mark.parametrize(("every", "at_once"), [(5, 1), (20, 8)], ids=["20 %", "5 %, 8 at once"])
async def test_no_member_learns_that_a_commit_was_refused(
    url: str,
    keys: Path,
    budget: Budget,
    monkeypatch: pytest.MonkeyPatch,
    every: int,
    at_once: int,
) -> None:
    pauses: list[tuple[float, float]] = []
    dice = budget.random()

    def drawn(least: float, most: float) -> float:
        pauses.append((most, pause := dice.uniform(least, most)))
        return pause

    monkeypatch.setattr(routes, "uniform", drawn)
    monkeypatch.setattr(routes, "PATIENCE", 60)  # attempts are counted, however slow the machine
    number = budget.of(24, 1_000)
    async with a_post_office(url, keys) as (site, postbox):
        waiting = await swaps(site, number)
        injector = Injector(every)
        with injector.at((await site.engine()).sync_engine):
            while waiting:
                batch, waiting = waiting[:at_once], waiting[at_once:]
                answers = await asyncio.gather(*(elsewhere(agree(*each)) for each in batch))
                assert [[a.status_code for a in each] for each in answers] == [[201, 200]] * len(
                    batch
                )
        await ensure_each_happened_once(site, postbox, number)
    assert injector.refused >= 2 * number // every
    assert len(pauses) == injector.refused, "a pause before each further attempt"
    assert {most for most, _ in pauses} <= {*PAUSES}
    assert len({pause for _, pause in pauses}) == len(pauses), "no two of them as long"
    budget.tell(f"{2 * number} changes, {injector.refused} commits refused: none surfaced")


async def test_without_further_attempts_members_learn_of_it(
    url: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: one attempt, and every fifth commit is somebody's 503."""
    monkeypatch.setattr(routes, "PAUSES", ())
    async with a_post_office(url, keys) as (site, postbox):
        waiting = await swaps(site, 10)
        with Injector(5).at((await site.engine()).sync_engine):
            told = [answer.status_code for each in waiting for answer in await agree(*each)]
        assert told.count(503) >= 2
        with pytest.raises(AssertionError):
            await ensure_each_happened_once(site, postbox, 10)
