"""What a card is worth in others, as members may know it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from apps.catalogue.contract import CardId, Catalogue
from apps.market.application.index_market import Calendar
from apps.market.application.known_card import ensure_known
from apps.market.domain.fold import Swap
from apps.market.domain.swap_index import SCALE, Observation, SwapIndex, index_of
from apps.shared.domain.ids import Clock

PERIOD = timedelta(days=365)
"""How far back swaps count: what a card was worth before then says little."""
BEST_KNOWN = 20
"""Pairs that are shown to who names no other card."""


class IndexStatus(StrEnum):
    """Whether there is an index of two cards."""

    PUBLISHED = "published"
    INSUFFICIENT_DATA = "insufficient_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """How many of `against_id` are given for one of this card: `ratio`, a geometric mean.

    With 95 % confidence it lies between `low` and `high`. `swaps` are those that it is made of, by
    so many different `members`; all of it is null where those are fewer than five.
    """

    against_id: CardId
    status: IndexStatus
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    swaps: int | None = None
    members: int | None = None
    newest_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapIndexView:
    """What a card was worth in others from `since` to `as_of`, best known first."""

    card_id: CardId
    since: date
    as_of: date
    pairs: Sequence[PairView]


class Swaps(Protocol):
    """Swaps that count for the index."""

    async def of(
        self, cards: Collection[CardId], *, against: Collection[CardId], since: datetime
    ) -> Sequence[Swap]:
        """Return those of one of these cards, where others are named for one of those only."""
        ...


@dataclass(frozen=True, slots=True)
class ShowSwapIndex:
    """How many of other cards are given for one of this card, as swaps of the past year tell.

    Only trades of two that nobody disputed count, by members of trust level 1 or more, of one card
    on each side; the same two members count once within 30 days. An index that fewer than five
    members stand behind is told to nobody.
    """

    catalogue: Catalogue
    swaps: Swaps
    calendar: Calendar
    clock: Clock

    async def __call__(self, card: CardId, *, against: CardId | None) -> SwapIndexView:
        """Show it against another card, or against those of which most is known.

        Raise UnknownCard, Moved.
        """
        asked = {card} if against is None else {card, against}
        names = await self.catalogue.namesakes(asked)
        ensure_known(card, names)
        since = self.clock.now() - PERIOD
        other = None if against is None else names.get(against, against)
        found = await self.swaps.of(
            {each for each, now in names.items() if now == card},
            against={each for each, now in names.items() if now == other} | {*asked} - {card},
            since=since,
        )
        if against is None:
            named = {each for swap in found for each in (swap.first_card, swap.second_card)}
            names = {**names, **await self.catalogue.namesakes(named - names.keys())}
        observed = by_other_card(card, found, names)
        shown = list(observed) if other is None else [other]
        indexes = {each: index_of(observed.get(each, ())) for each in shown}
        pairs = [self._pair(each, index) for each, index in indexes.items()]
        if other is None:
            pairs = [pair for pair in pairs if pair.status is IndexStatus.PUBLISHED]
            pairs.sort(key=lambda pair: (-(pair.members or 0), pair.against_id))
        return SwapIndexView(
            card_id=card,
            since=self._day(since),
            as_of=self._day(self.clock.now()),
            pairs=pairs[:BEST_KNOWN],
        )

    def _pair(self, other: CardId, index: SwapIndex | None) -> PairView:
        if index is None:
            return PairView(against_id=other, status=IndexStatus.INSUFFICIENT_DATA)
        return PairView(
            against_id=other,
            status=IndexStatus.PUBLISHED,
            ratio=index.ratio / SCALE,
            low=index.low / SCALE,
            high=index.high / SCALE,
            swaps=index.sample,
            members=index.members,
            newest_on=self._day(index.newest_at),
        )

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.calendar.zone).date()


def by_other_card(
    card: CardId, swaps: Sequence[Swap], names: Mapping[CardId, CardId]
) -> Mapping[CardId, Sequence[Observation]]:
    """See each swap from the side of this card; one card for another of it tells nothing."""
    observed: dict[CardId, list[Observation]] = defaultdict(list)
    for swap in swaps:
        first, second = (names.get(each, each) for each in (swap.first_card, swap.second_card))
        if first == second:
            continue
        counts = (swap.first_count, swap.second_count)
        given, taken = counts if first == card else reversed(counts)
        members = frozenset({swap.first, swap.second})
        observed[second if first == card else first].append(
            Observation(members, given, taken, swap.at)
        )
    return observed
