"""All events are read anew while writes go on, and come to the same, row by row (B22)."""

import os
from asyncio import create_task, sleep
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from apps.market.application.index_market import IndexMarket
from apps.market.application.rebuild_market import RebuildMarket
from apps.shared.application.outbox import START, Feed, Position, PublicEvent
from tests.support.budget import Budget, percentile
from tests.support.market_events import MadeUpMarket, tell
from tests.support.site import Member, Site

MANY = int(os.environ.get("SOAK_EVENTS", "1000000"))
SOON = timedelta(minutes=10)


@dataclass
class Writer:
    """Enters copies, looks for cards and lets go of both, one after the other, until told."""

    member: Member
    card: str
    over: bool = False
    answers: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    async def write(self) -> None:
        while not self.over:
            copy = await self.send(
                "POST",
                "/me/copies",
                {"card_id": self.card, "condition": "mint", "for_trade": True},
            )
            want = await self.send("POST", "/me/wants", {"card_ids": [self.card], "rank": 1})
            for path in (f"/me/copies/{copy}", f"/me/wants/{want}"):
                _ = await self.send("DELETE", path)
            await sleep(0.02)

    async def send(self, method: str, path: str, body: object = None) -> Any:
        begun = perf_counter()
        answer = await self.member.send(method, path, body)
        self.seconds.append(perf_counter() - begun)
        self.answers[answer.status_code] += 1
        return answer.json()["id"] if answer.status_code == 201 else None


async def test_read_anew_while_writes_go_on_the_market_is_the_same(
    url: str, keys: Path, budget: Budget
) -> None:
    number = budget.of(2_000, MANY)
    async with Site(url, keys, db_statement_timeout_s=60) as site:
        (card,) = await site.some_cards(1)
        await tell(site, MadeUpMarket(budget.random()).events(), number)
        index, begun = await site.port(IndexMarket), perf_counter()
        while await index():
            pass
        read = perf_counter() - begun
        writer, begun = Writer(await site.join("ann"), str(card)), perf_counter()
        writing = create_task(writer.write())
        done = await (await site.port(RebuildMarket))()
        rebuilt = perf_counter() - begun
        writer.over = True
        await writing
    budget.tell(
        f"{number} events read in {read:.0f} s, {number / read:.0f} a second; read anew and "
        f"compared in {rebuilt:.0f} s, during {len(writer.seconds)} writes, p99 "
        f"{percentile(writer.seconds, 0.99)} ms"
    )
    assert done.differences == {}
    assert number <= done.events
    assert rebuilt < SOON.total_seconds()
    assert set(writer.answers) == {201, 204}
    assert done.events > number


@dataclass(frozen=True)
class Forgetful:
    """A feed that leaves out one of the first events."""

    feed: Feed

    async def behind(
        self, position: Position, *, limit: int
    ) -> Sequence[tuple[Position, PublicEvent]]:
        told = await self.feed.behind(position, limit=limit)
        return [*told[:100], *told[101:]] if position == START else told

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feed, name)


async def test_a_reading_that_leaves_out_one_event_is_found(site: Site) -> None:
    """The control."""
    await tell(site, MadeUpMarket(Random(1)).events(), 1_500)
    index, rebuild = await site.port(IndexMarket), await site.port(RebuildMarket)
    while await index():
        pass
    forgetful: Any = Forgetful(await site.port(Feed))  # type: ignore[type-abstract]
    done = await replace(rebuild, read_on=replace(index, feed=forgetful))()
    assert done.differences
