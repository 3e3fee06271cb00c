"""A server that is told to stop under load loses nothing it has answered (B39)."""

import asyncio
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
from httpx import AsyncClient, ConnectError, Limits, TransportError
from sqlalchemy import select

from apps.collection.infrastructure.models import CopyModel
from tests.operations.test_stopping import ended_well
from tests.support.budget import Budget
from tests.support.served import Served, a_server, await_ready, environment
from tests.support.site import API, Member, Site

pytestmark = pytest.mark.soak
RATE, CLIENTS, DRAIN_S = 200, 20, 2
"""Requests a second by so many who ask, and seconds in which a server serves that is not ready."""


@dataclass
class Load:
    """What clients asked for and were told, each request over a connection of its own."""

    address: str
    card: str
    told: Counter[int] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    broken_off: list[float] = field(default_factory=list)
    """When those asked whose connection was reset, or closed without an answer."""
    refused: int = 0
    not_ready_at: float | None = None
    served_since: int = 0
    """How many were answered while the server was not ready any more."""

    async def run(self, members: list[Member]) -> None:
        """Go on until nobody takes connections any more."""
        limits = Limits(max_keepalive_connections=0)
        async with (
            AsyncClient(base_url=self.address, timeout=60, limits=limits) as http,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._probe(http))
            for member in members:
                group.create_task(self._ask(http, member))

    async def _ask(self, http: AsyncClient, member: Member) -> None:
        body = {"card_id": self.card, "condition": "mint", "for_trade": True}
        headers = {"Authorization": f"Bearer {member.token}"}
        due = monotonic()
        while not self.refused:
            due = max(due + CLIENTS / RATE, monotonic())
            await asyncio.sleep(due - monotonic())
            begun = monotonic()
            try:
                answer = await http.post(f"{API}/me/copies", json=body, headers=headers)
            except ConnectError:
                self.refused += 1
            except TransportError:
                self.broken_off.append(begun)
            else:
                self.told[answer.status_code] += 1
                self.served_since += self.not_ready_at is not None
                if answer.status_code == 201:
                    self.acknowledged.add(answer.json()["id"])

    async def _probe(self, http: AsyncClient) -> None:
        while not self.refused:
            try:
                answer = await http.get("/readyz")
            except TransportError:
                return
            if answer.status_code == 503 and self.not_ready_at is None:
                self.not_ready_at = monotonic()
            await asyncio.sleep(0.05)


@dataclass
class Stop:
    """One server, told to stop in the middle."""

    load: Load
    at: float
    not_ready_after: float | None
    ended_after: float
    rate: float
    well: bool

    @property
    def lost(self) -> int:
        """How many who had asked before it was told were not answered."""
        return sum(begun < self.at for begun in self.load.broken_off)


async def stop_under_load(
    site: Site, env: Mapping[str, str], told: signal.Signals, seconds: float
) -> Stop:
    members = [await site.join(f"asker-{number}-{monotonic()}"[:30]) for number in range(CLIENTS)]
    (card,) = await site.some_cards(1)
    with a_server(env) as server:
        await asyncio.to_thread(await_ready, server)
        load = Load(server.address, str(card))
        running = asyncio.create_task(load.run(members))
        await asyncio.sleep(seconds)
        rate = load.told.total() / seconds
        begun = monotonic()
        server.process.send_signal(told)
        await asyncio.to_thread(server.process.wait, 60)
        ended_after = monotonic() - begun
        await running
        return Stop(
            load=load,
            at=begun,
            not_ready_after=load.not_ready_at and load.not_ready_at - begun,
            ended_after=ended_after,
            rate=rate,
            well=well(server),
        )


def well(server: Served) -> bool:
    return server.process.returncode == 0 and ended_well(server)


def settings(site: Site, keys: Path) -> dict[str, str]:
    return environment(
        site.settings.database_url,
        keys,
        ISSUER=site.settings.issuer,
        DRAIN_S=str(DRAIN_S),
        COPIES_COUNT_MAX="1000000",
    )


async def test_under_load_it_is_not_ready_first_and_loses_nothing(
    url: str, keys: Path, budget: Budget
) -> None:
    rounds = budget.of(1, 10)
    stops = []
    async with Site(url, keys) as site:
        for _ in range(rounds):
            stop = await stop_under_load(site, settings(site, keys), signal.SIGTERM, 3)
            stops.append(stop)
            assert stop.well
            assert stop.not_ready_after is not None
            assert stop.load.served_since > 0
            assert set(stop.load.told) <= {201, 503}
            assert stop.lost == 0
        acknowledged = set().union(*(stop.load.acknowledged for stop in stops))
        kept = {str(id) for id in await site.ask(select(CopyModel.id))}
        assert acknowledged == kept
    budget.tell(
        f"{rounds} stops at {sum(stop.rate for stop in stops) / rounds:.0f} answers/s:"
        f" {len(acknowledged)} effects acknowledged, 0 lost, 0 more;"
        f" {sum(len(stop.load.broken_off) for stop in stops)} who came when it no longer listened"
        f" were cut off, without effect; not ready after"
        f" {max(stop.not_ready_after or 0 for stop in stops) * 1000:.0f} ms at most, ended after"
        f" {max(stop.ended_after for stop in stops):.1f} s at most (drain {DRAIN_S} s)"
    )


async def test_a_server_that_is_killed_breaks_requests_off(sqlite: str, keys: Path) -> None:
    """The control."""
    async with Site(sqlite, keys) as site:
        stop = await stop_under_load(site, settings(site, keys), signal.SIGKILL, 2)
    assert not stop.well
    assert stop.not_ready_after is None
    assert stop.lost > 0
