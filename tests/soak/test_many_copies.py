"""Trades over several copies, named in any order by many at once, wait in no circle (P5)."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import event

from apps.collection.contract import CopyId, Holding, Holdings
from apps.collection.infrastructure.holdings import SqlHoldings
from apps.operations.infrastructure.invariants import broken
from apps.trading.application import standing_limits
from tests.identity.stage import built
from tests.support.budget import Budget, percentile
from tests.support.site import Member, Site, elsewhere, proposal

WORKERS, HUBS, SHELF = 24, 3, 24
"""Fans, whose trades are all with a few members; and how many copies those have."""

LATE = "55P03"
"""What PostgreSQL says after two seconds in a queue, which a machine may be too busy to shorten."""

DECLARED = {200, 201, 409, 422, 503}
"""422: a pair has its three live trades; 503: late."""


@pytest.fixture(autouse=True)
def without_bounds_for_newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody trade many copies many times at once, whatever their level (R8)."""
    for bound in ("NEWCOMERS_COPIES", "NEWCOMERS_TRADES"):
        monkeypatch.setattr(standing_limits, bound, 1_000)


WITHOUT_NAMES = "a card shows at least one idol and can be found"
"""The small catalogue of a site has none."""


class Market:
    """Fans who propose, counter, accept and cancel until they have done enough, or time is up."""

    def __init__(self, site: Site, dice: Random, changes: int, seconds: float) -> None:
        self.site = site
        self.dice = dice
        self.left = changes
        self.until = monotonic() + seconds
        self.told: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.ended_by_database: Counter[str] = Counter()
        self.partial: dict[str, int] = {}

    async def open(self) -> None:
        engine = (await self.site.engine()).sync_engine
        event.listen(engine, "handle_error", self._count)
        self.hubs = [await self.site.join(f"hub-{number}") for number in range(HUBS)]
        self.shelves = {hub.id: [await hub.hold() for _ in range(SHELF)] for hub in self.hubs}

    async def run(self, *, look_every: float = 0.5, until_deadlock: bool = False) -> None:
        """Let all fans trade, and look every few seconds whether what they left is whole."""
        fans = [await self.site.join(f"fan-{number}") for number in range(WORKERS)]
        working = asyncio.gather(*(elsewhere(self._work(fan)) for fan in fans))
        while not working.done():
            await asyncio.wait([working], timeout=look_every)
            await self._look()
            if until_deadlock and self.ended_by_database["40P01"]:
                self.left = 0
        await working

    async def _work(self, fan: Member) -> None:
        mine: list[CopyId] = []
        while self.left > 0 and monotonic() < self.until:
            if len(mine) < 7:
                mine.append(await fan.hold())
            hub = self.dice.choice(self.hubs)
            total = self.dice.randint(2, 8)
            gives = self.dice.randint(1, min(total - 1, len(mine)))
            give = self.dice.sample(mine, gives)
            take = self.dice.sample(self.shelves[hub.id], total - gives)
            sent = await self._ask(fan, "/trades", proposal(hub, give=give, take=take))
            if sent.is_success:
                await self._settle(fan, hub, sent.json()["id"], give, take)

    async def _settle(
        self, fan: Member, hub: Member, trade: str, give: list[CopyId], take: list[CopyId]
    ) -> None:
        """Bring it to an end, by one way or another."""
        revision, sides = 1, (fan, hub)
        if self.dice.random() < 0.5:
            more = self.dice.sample(self.shelves[hub.id], len(take))
            terms = {"revision": 1, "give": [str(c) for c in more], "take": [str(c) for c in give]}
            if (await self._ask(hub, f"/trades/{trade}/counter", terms)).is_success:
                revision, sides = 2, (hub, fan)
        author, other = sides
        accepted = await self._ask(other, f"/trades/{trade}/accept", {"revision": revision})
        if accepted.is_success:
            await asyncio.sleep(self.dice.uniform(0, 0.02))
            await self._ask(author, f"/trades/{trade}/cancel", {})
        else:
            await self._ask(author, f"/trades/{trade}/withdraw", {})

    async def _ask(self, member: Member, path: str, body: object) -> Response:
        self.left -= 1
        begun = monotonic()
        answer = await member.post(path, body)
        self.seconds.append(monotonic() - begun)
        self.told[answer.status_code] += 1
        return answer

    async def _look(self) -> None:
        found = await broken(await self.site.engine())
        self.partial |= {name: rows for name, rows in found.items() if rows}
        self.partial.pop(WITHOUT_NAMES, None)

    def _count(self, failure: Any) -> None:
        origin = failure.original_exception
        self.ended_by_database[getattr(origin, "sqlstate", None) or str(origin)] += 1


async def test_neither_deadlocks_nor_half_a_promise(site: Site, budget: Budget) -> None:
    market = Market(site, budget.random(), budget.of(400, 10_000), budget.of(60, 900))
    await market.open()
    await market.run(look_every=budget.of(0.5, 5))
    assert set(market.ended_by_database) <= {LATE}, "a deadlock, or a violated index"
    assert market.told[503] <= market.ended_by_database[LATE]
    assert not market.partial
    assert set(market.told) <= DECLARED, market.told
    assert market.told[200] > 0.3 * market.told.total(), "most of it is refused"
    p99 = percentile(market.seconds, 0.99)
    told = {int(status): times for status, times in sorted(market.told.items())}
    late = market.ended_by_database[LATE]
    budget.tell(f"{market.told.total()} changes {told}, 0 deadlocks, {late} late, p99 {p99} ms")


class Unsorted(SqlHoldings):
    """Locks one copy after the other, in the order in which they were named."""

    async def lock(self, copies: Collection[CopyId]) -> Mapping[CopyId, Holding]:
        found: dict[CopyId, Holding] = {}
        for copy in Random(0).sample([*copies], len(copies)):
            found |= await SqlHoldings.lock(self, [copy])
        return found


@pytest.mark.soak  # it takes luck, or minutes; trading/test_crossing.py has one for every day
async def test_locked_in_any_order_copies_are_waited_for_in_circles(
    postgresql: str, keys: Path
) -> None:
    """The control: PostgreSQL has to end what nobody else can (M4)."""
    async with Site(postgresql, keys, built(Holdings, Unsorted)) as site:
        market = Market(site, Random(1), 4_000, 120)
        await market.open()
        await market.run(until_deadlock=True)
        assert market.ended_by_database["40P01"] > 0
