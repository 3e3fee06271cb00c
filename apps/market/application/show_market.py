"""Questions about the market: what there is of a card now, and what there was day by day."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from apps.catalogue.contract import CardId, Catalogue
from apps.market.application.known_card import ensure_known
from apps.market.domain.figures import Figures
from apps.shared.application.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class CardMarketView:
    """What there is of a card; `proposals` and `completions` are those of the last 30 days.

    All of it is as it was at `refreshed_at`, a minute ago at most unless workers lag behind; null
    where nothing has been counted yet.
    """

    card_id: CardId
    figures: Figures
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotView:
    """What there was of a card at the end of a day; `proposals` and `completions` are those of it.

    `median_wait_h` is how many hours those had looked for the card who got it that day; null with
    fewer than five of them.
    """

    day: date
    card_id: CardId
    figures: Figures
    median_wait_h: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """From one day to another, each included; None stands for no bound."""

    since: date | None = None
    until: date | None = None


class CardMarkets(Protocol):
    """What there is of cards now."""

    async def of(self, card: CardId) -> CardMarketView:
        """Return that of this card, which may have no figures."""
        ...


class ListSnapshots(Protocol):
    """What there was of cards at the end of each day, oldest first.

    Days and cards of which nothing may be told are left out. A merged card is found under the id
    that it had on the day.
    """

    async def __call__(
        self, *, cards: Sequence[CardId], days: Days, after: str | None, limit: int
    ) -> Page[SnapshotView]:
        """Return one page of these cards, or of all."""
        ...


@dataclass(frozen=True, slots=True)
class ShowCardMarket:
    """How much of a card is offered, wanted, proposed and swapped, by how many members.

    Figures are told in steps of five; what fewer than five members stand behind is null, as it
    would be if there were nothing.
    """

    catalogue: Catalogue
    markets: CardMarkets

    async def __call__(self, card: CardId) -> CardMarketView:
        """Raise UnknownCard, Moved."""
        ensure_known(card, await self.catalogue.namesakes([card]))
        return await self.markets.of(card)


@dataclass(frozen=True, slots=True)
class AllSnapshots:
    """Every snapshot that may be shown, a page at a time."""

    snapshots: ListSnapshots

    async def __call__(
        self, *, cards: Sequence[CardId] = (), days: Days, portion: int
    ) -> AsyncIterator[Sequence[SnapshotView]]:
        """Yield them, so many at once."""
        after = None
        while True:
            page = await self.snapshots(cards=cards, days=days, after=after, limit=portion)
            yield page.items
            if page.next is None:
                return
            after = page.next
