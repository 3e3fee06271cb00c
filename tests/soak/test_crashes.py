"""A server that is killed at any moment has kept what it answered, and does nothing twice."""

import asyncio
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from apps.collection.infrastructure.models import LIVE, CopyPromiseModel
from apps.operations.infrastructure.invariants import broken
from apps.shared.application.replies import Replies
from apps.shared.domain.ids import Clock
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.domain.moves import State
from apps.trading.infrastructure.models import TradeModel
from tests.identity.stage import serving
from tests.soak.client_log import Asked, ClientLog, Verdict
from tests.soak.test_keys import Forgetful
from tests.soak.traders import SETTINGS, Traders, Unreachable, replay, send
from tests.support.budget import Budget
from tests.support.builders import FixedClock
from tests.support.served import a_server, await_ready, environment
from tests.support.site import Site

WITHOUT_NAMES = "a card shows at least one idol and can be found"
"""The small catalogue of a site has none."""


async def faults_found(site: Site) -> dict[str, int]:
    """What `kcs check-invariants` finds."""
    found = await broken(await site.engine())
    return {name: rows for name, rows in found.items() if rows and name != WITHOUT_NAMES}


async def ensure_nothing_stuck(url: str, keys: Path) -> None:
    """Let a month pass, and hold that only what moderators are called for is still promised."""
    later = serving(Clock, FixedClock(datetime.now(UTC) + timedelta(days=30)))
    async with Site(url, keys, later) as site:
        expire = await site.port(ExpireTrades)
        while await expire():
            pass
        stuck = (
            select(func.count())
            .select_from(CopyPromiseModel)
            .join(TradeModel, TradeModel.id == CopyPromiseModel.agreement_id)
            .where(LIVE, TradeModel.state != State.DISPUTED)
        )
        assert await site.ask(stuck) == [0]
        assert not await faults_found(site)


class Campaign:
    """Kills one server after the other while members trade on it.

    What is answered in the last moments before is thrown away unread, as by a broken line.
    """

    def __init__(
        self,
        site: Site,
        keys: Path,
        log: ClientLog,
        budget: Budget,
        crowd: type[Traders] = Traders,
    ) -> None:
        settings = {name.upper(): str(value) for name, value in SETTINGS.items()}
        url = site.settings.database_url
        self.site = site
        self.env = environment(url, keys, ISSUER=site.settings.issuer, **settings)
        self.log = log
        self.crowd = crowd
        self.dice = budget.random()
        self.replays: Counter[str] = Counter()
        self.ready: list[float] = []

    async def run(self, faults: int) -> None:
        for _ in range(faults):
            await self.serve(until_killed=True)
        await self.serve(until_killed=False)

    async def serve(self, *, until_killed: bool) -> None:
        """Start a server, settle what the last one left open, and kill it under load."""
        begun = monotonic()
        with a_server(self.env) as server:
            await asyncio.to_thread(await_ready, server)
            self.ready.append(monotonic() - begun)
            async with AsyncClient(base_url=server.address, timeout=30) as http:
                self.replays += await replay(http, self.log)
                if not until_killed:
                    return
                traders = await self.crowd.join(self.site, self.log, self.dice)
                trading = asyncio.create_task(traders.trade(http))
                await asyncio.sleep(self.dice.uniform(0.1, 1.0))
                traders.deaf = True
                await asyncio.sleep(self.dice.uniform(0, 0.1))
                server.process.send_signal(signal.SIGKILL)
                await trading


async def test_what_was_answered_is_kept_and_what_was_not_is_done_once(
    url: str, keys: Path, tmp_path: Path, budget: Budget
) -> None:
    log = ClientLog(tmp_path / "client.log")
    async with Site(url, keys, **SETTINGS) as site:
        campaign = Campaign(site, keys, log, budget)
        await campaign.run(budget.faults)
        verdict = await Verdict.on(log, site)
        assert not verdict.lost
        assert not verdict.ghosts
        assert not await faults_found(site)
    await ensure_nothing_stuck(url, keys)
    statuses = Counter(each.status for each in log.asked.values())
    assert set(statuses) <= {200, 201, 403, 404, 409, 503}, statuses  # 403: a newcomer's bounds
    assert campaign.replays["replayed"] >= budget.faults, "nobody was interrupted"
    budget.tell(
        f"{budget.faults} kills, {log.facts().total()} effects acknowledged, 0 lost, 0 twice;"
        f" {dict(campaign.replays)}; ready after {max(campaign.ready):.1f} s at most"
    )


async def traded(site: Site, log: ClientLog, crowd: type[Traders] = Traders) -> None:
    """Trade for a moment without any crash."""
    traders = await crowd.join(site, log, Random(1))
    trading = asyncio.create_task(traders.trade(site.client))
    await asyncio.sleep(0.5)
    traders.ended = True
    await trading


@pytest.fixture
def log(tmp_path: Path) -> ClientLog:
    return ClientLog(tmp_path / "client.log")


async def test_a_write_that_nobody_made_is_found_missing(
    url: str, keys: Path, log: ClientLog
) -> None:
    """The control of what is lost."""
    async with Site(url, keys, **SETTINGS) as site:
        await traded(site, log)
        assert not (await Verdict.on(log, site)).lost
        made_up = Asked("made-up", "", "", "/me/copies", {}, 201, f'{{"id": "{uuid7()}"}}')
        log.ask(made_up)
        assert (await Verdict.on(log, site)).lost.total() == 1


async def test_where_keys_are_forgotten_a_replay_is_found_to_have_happened_twice(
    url: str, keys: Path, log: ClientLog
) -> None:
    """The control of what happens twice."""
    async with Site(url, keys, serving(Replies, Forgetful()), **SETTINGS) as site:
        await traded(site, log)
        assert not (await Verdict.on(log, site)).ghosts
        copies = [each for each in log.asked.values() if each.path == "/me/copies"]
        for request in copies[:3]:
            await send(site.client, request)
        assert (await Verdict.on(log, site)).ghosts.total() == 3
        with pytest.raises(AssertionError):
            await replay(site.client, log)


async def test_a_copy_promised_twice_is_found(url: str, keys: Path, log: ClientLog) -> None:
    """The control of the invariants: without its index a second promise gets in."""
    async with Site(url, keys, **SETTINGS) as site:
        await traded(site, log)
        assert not await faults_found(site)
        await site.run("DROP INDEX uq_copy_promises_live")
        twin = uuid7().hex if await site.dialect() == "sqlite" else uuid7()
        await site.run(
            "INSERT INTO copy_promises (id, copy_id, agreement_id, receiver_id, promised_at)"
            " SELECT :twin, copy_id, agreement_id, receiver_id, promised_at FROM copy_promises"
            " WHERE released_at IS NULL AND fulfilled_at IS NULL LIMIT 1",
            twin=twin,
        )
        assert (await faults_found(site))["a copy has at most one live promise"] == 1


async def test_who_is_not_answered_does_not_know(keys: Path, log: ClientLog, sqlite: str) -> None:
    """A request to nobody stays open in the log."""
    async with Site(sqlite, keys) as site, AsyncClient(base_url="http://127.0.0.1:9") as http:
        ann = await site.join("ann")
        request = Asked("key", str(ann.id), ann.token, "/me/copies", {})
        log.ask(request)
        with pytest.raises(Unreachable):
            await send(http, request)
        assert log.unanswered() == [request]
