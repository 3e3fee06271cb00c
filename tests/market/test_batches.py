"""What is read does not depend on how many events are read at once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import select

from apps.market.application import index_market
from apps.market.application.generations import MarketStore
from apps.market.application.rebuild_market import BeginRebuild, FinishRebuild
from apps.market.domain.fold import Deal
from apps.market.domain.reading import READERS
from apps.market.infrastructure.readings import TABLES
from apps.market.infrastructure.store import SqlMarketStore
from tests.identity.stage import built
from tests.market.test_index import index, rows
from tests.support import market_events
from tests.support.budget import Budget
from tests.support.market_events import MadeUpMarket, Row, tell
from tests.support.site import Site

SIZES = (1, 2, 7)
"""Beside 500, which is what workers read at once."""

Step = Iterator[tuple[str, UUID, str, dict[str, Any]]]


class BusyMarket(MadeUpMarket):
    """A few members and cards to whom everything happens, also what has no meaning by then."""

    def __post_init__(self) -> None:
        self.members = [self.id() for _ in range(5)]
        self.cards = [self.id() for _ in range(6)]
        self.all_copies: list[UUID] = []
        self.all_wants: list[UUID] = []
        self.all_trades: list[UUID] = []

    def step(self) -> Step:
        yield from self.random.choice(
            [self.enter, self.change, self.want, self.rethink, self.level, self.merge]
            + [self.propose, self.go_on, self.hand_over, self.hand_over] * 2
        )()

    def one_of(self, among: list[UUID]) -> UUID:
        return self.random.choice(among) if among else self.id()

    def some_cards(self) -> list[str]:
        return [str(card) for card in self.random.sample(self.cards, self.random.randint(1, 3))]

    def enter(self) -> Step:
        copy = self.id() if self.random.random() < 0.9 else self.one_of(self.all_copies)
        self.all_copies.append(copy)
        told = {"card": self.some_cards()[0], "owner": str(self.one_of(self.members))}
        yield "copy", copy, "copy_entered", told | {"for_trade": self.random.random() < 0.5}

    def change(self) -> Step:
        copy, told = self.one_of(self.all_copies), {"agreement": str(self.id())}
        kinds = ["copy_listed", "copy_unlisted", "copy_promised", "copy_released", "copy_removed"]
        for kind in self.random.choices(kinds, [3, 3, 3, 3, 1], k=2):
            yield "copy", copy, kind, told

    def want(self) -> Step:
        group, member = self.id(), self.one_of(self.members)
        self.all_wants.append(group)
        told = {"member": str(member), "cards": self.some_cards(), "count": 1}
        yield "want_group", group, self.random.choice(["want_opened", "want_kept"]), told

    def rethink(self) -> Step:
        group = self.one_of(self.all_wants)
        if self.random.random() < 0.3:
            yield "want_group", group, "want_closed", {}
            return
        cards = self.random.choice([None, self.some_cards()])
        yield "want_group", group, "want_changed", {"cards": cards, "count": self.up_to(3)}

    def up_to(self, most: int) -> int:
        return self.random.randint(1, most)

    def level(self) -> Step:
        told = {"trust_level": self.random.randint(0, 2)}
        yield "member", self.one_of(self.members), "level_changed", told

    def merge(self) -> Step:
        if self.random.random() < 0.2:
            card, into = self.random.sample(self.cards, 2)
            yield "card", card, "card_merged", {"card": str(card), "into": str(into)}

    def moves(self) -> dict[str, list[str]]:
        members = self.random.sample(self.members, self.random.choice([2, 2, 2, 3]))
        return {
            str(each): [str(self.one_of(self.all_copies)) for _ in range(self.up_to(2))]
            for each in members
        }

    def propose(self) -> Step:
        trade = self.id()
        self.all_trades.append(trade)
        kind = self.random.choice(["trade_proposed", "trade_proposed", "trade_kept"])
        told = {"moves": self.moves(), "disputed": False, "actor": str(self.members[0])}
        yield "trade", trade, kind, told

    def go_on(self) -> Step:
        trade = self.one_of(self.all_trades)
        kinds = ["trade_countered", "trade_disputed", "trade_completed"]
        (kind,) = self.random.choices(kinds, [3, 1, 6])
        if kind == "trade_completed" and trade in self.all_trades:
            self.all_trades.remove(trade)
        yield "trade", trade, kind, {"moves": self.moves()} if kind == kinds[0] else {}

    def hand_over(self) -> Step:
        giver, receiver = self.random.sample(self.members, 2)
        told = {"giver": str(giver), "receiver": str(receiver), "agreement": str(self.id())}
        yield "copy", self.one_of(self.all_copies), "copy_handed_over", told


async def what_is_read(site: Site, generation: int) -> Mapping[str, Any]:
    """All rows of a reading, by table."""
    read = {}
    for table in TABLES:
        columns = [column for column in table.columns if column.name != "generation"]
        of_it = select(*columns).where(table.c.generation == generation)
        read[table.name] = await rows(site, of_it)
    return read


async def read_by(site: Site, size: int) -> Mapping[str, Any]:
    """Read everything anew, so many events at once."""
    begun = await (await site.port(BeginRebuild))()
    with patch.object(index_market, "BATCH", size):
        await index(site)
    read = await what_is_read(site, begun.id)
    assert await (await site.port(FinishRebuild))() is not None
    return read


async def happen(site: Site, events: Sequence[Row]) -> Mapping[str, Any]:
    """Have all of it told, and read by many at once."""
    await tell(site, iter(events), len(events))
    await index(site)
    return await what_is_read(site, 1)


def some_events(budget: Budget, number: int) -> Sequence[Row]:
    """Some days of them."""
    with patch.object(market_events, "APART", timedelta(hours=1)):
        return [*islice(BusyMarket(budget.random()).events(), number)]


async def test_it_is_the_same_by_one_event_and_by_many(
    url: str, keys: Path, budget: Budget
) -> None:
    events = some_events(budget, budget.of(400, 4_000))
    assert {kind for _, _, _, kind, _, _ in events} == READERS.keys()
    async with Site(url, keys) as site:
        whole = await happen(site, events)
        assert all(whole.values())
        for size in SIZES:
            read = await read_by(site, size)
            for table in TABLES:
                assert read[table.name] == whole[table.name], (size, table.name)


class Forgetful(SqlMarketStore):
    """Knows of trades what it has read just now."""

    async def _deals(self, *of: Any) -> dict[UUID, Deal]:
        del of
        return {}


async def test_what_depends_on_it_is_found(url: str, keys: Path, budget: Budget) -> None:
    """The control."""
    async with Site(url, keys, built(MarketStore, Forgetful)) as site:
        whole = await happen(site, some_events(budget, 200))
        read = await read_by(site, 7)
        assert read != whole
