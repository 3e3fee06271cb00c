"""Conditions of groups, from the snapshots of their cards."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from apps.catalogue.contract import CardId, CardsOfGroups, GroupId
from apps.market.application.collect import Conditions, Window
from apps.market.domain.conditions import (
    BEFORE,
    Regime,
    Stock,
    is_comeback,
    liquidity,
    regime,
)
from apps.shared.domain.errors import Conflict
from apps.shared.domain.ids import MemberId

WEEK = timedelta(days=6)
"""From the first of seven days to the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """That of one group at the end of a day."""

    group: GroupId
    stock: Stock
    completions: int
    completers: int
    liquidity: int | None
    regime: Regime | None
    comeback: bool


class SnapshotsArchived(Conflict):
    """Snapshots that this day is held against lie in the archive: put their months back first."""


class ConditionRecords(Protocol):
    """What conditions follow from, and where they are kept; used inside a unit of work."""

    async def window(self, since: date, until: date) -> Window | None:
        """Return the events of these days that snapshots were made from."""
        ...

    async def stocks(self, days: Sequence[date]) -> Mapping[date, Mapping[CardId, Stock]]:
        """Return what the cards were at the ends of these days."""
        ...

    async def has_all_of(self, days: Collection[date]) -> bool:
        """Tell whether the snapshots are there that were taken of these days."""
        ...

    async def completions(self, since: date, until: date) -> Mapping[CardId, int]:
        """Return how many copies of each card have changed hands in these days."""
        ...

    async def completers(self, window: Window) -> Iterable[tuple[CardId, MemberId]]:
        """Return who has given or got which cards."""
        ...

    async def keep(self, day: date, watermark: int, conditions: Sequence[Condition]) -> None:
        """Write them down in place of those of before."""
        ...


@dataclass(frozen=True, slots=True)
class TakeConditions(Conditions):
    """A card counts for each group that it presents."""

    cards: CardsOfGroups
    records: ConditionRecords

    async def window(self, day: date) -> Window | None:
        """Take that of the snapshots of a week."""
        return await self.records.window(day - WEEK, day)

    async def prepare(self, day: date) -> None:
        """Do nothing: all days are in one table."""

    async def take(self, day: date, window: Window) -> int:
        """Add up, hold against four weeks before, and keep; raise SnapshotsArchived."""
        week = [day - timedelta(days=number) for number in range(WEEK.days + 1)]
        past = [day - before for before in BEFORE]
        groups: dict[CardId, list[GroupId]] = defaultdict(list)
        released: dict[GroupId, set[date]] = defaultdict(set)
        for each in await self.cards():
            groups[each.card].append(each.group)
            released[each.group].add(each.released_on)
        stocks = {
            each: of_groups(cards, groups)
            for each, cards in (await self.records.stocks([day, *past])).items()
        }
        completions: dict[GroupId, int] = defaultdict(int)
        for card, number in (await self.records.completions(day - WEEK, day)).items():
            for group in groups[card]:
                completions[group] += number
        completers: dict[GroupId, set[UUID]] = defaultdict(set)
        for card, member in await self.records.completers(window):
            for group in groups[card]:
                completers[group].add(member)
        # Asked last: what is there still was there when it was read.
        if not await self.records.has_all_of({*week, *past}):
            raise SnapshotsArchived
        now = stocks.get(day, {})
        nothing = Stock()
        conditions = [
            Condition(
                group=group,
                stock=(stock := now.get(group, nothing)),
                completions=completions[group],
                completers=len(completers[group]),
                liquidity=liquidity(
                    stock, completions=completions[group], completers=len(completers[group])
                ),
                regime=regime(
                    stock.pressure,
                    [stocks.get(each, {}).get(group, nothing).pressure for each in past],
                ),
                comeback=any(is_comeback(day, each) for each in days),
            )
            for group, days in sorted(released.items())
        ]
        await self.records.keep(day, window.watermark, conditions)
        return len(conditions)


def of_groups(
    cards: Mapping[CardId, Stock], groups: Mapping[CardId, Sequence[GroupId]]
) -> Mapping[GroupId, Stock]:
    """Add up cards by group."""
    added: dict[GroupId, Stock] = {}
    for card, stock in cards.items():
        for group in groups.get(card, ()):
            added[group] = added[group].with_card(stock) if group in added else stock
    return added
