"""What there is of a card now, and was day by day: one SELECT each."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select, true, tuple_

from apps.catalogue.contract import CardId
from apps.market.application.show_market import (
    CardMarkets,
    CardMarketView,
    Days,
    ListSnapshots,
    SnapshotView,
)
from apps.market.domain.figures import Figures, figures
from apps.market.domain.suppression import FEWEST, STEP, Counted
from apps.market.infrastructure.card_market import CardMarketModel, MarketRefreshModel
from apps.market.infrastructure.snapshot_models import CardSnapshotModel
from apps.shared.application.pages import Page
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import FIRST_ID, Reads

NOW, REFRESH, ROW = CardMarketModel, MarketRefreshModel, CardSnapshotModel
COUNTED = {
    "held": ("copies", "holders"),
    "free": ("free", "free_holders"),
    "wanted": ("wanted", "wanters"),
    "proposals": ("proposals", "proposers"),
    "completions": ("completions", "completers"),
}
"""Each figure, and who stands behind it."""
OF_30_DAYS = ("proposals", "proposers", "completions", "completers")
NAMES = [name for pair in COUNTED.values() for name in pair]


def now_of(name: str) -> Any:
    """Return the column of `card_market` that tells it."""
    return NOW.__table__.c[f"{name}_30d" if name in OF_30_DAYS else name].label(name)


# The outer join is from the one row that is there whatever the card is.
MARKET = Question(
    select(REFRESH.refreshed_at, *map(now_of, NAMES)).outerjoin(
        NOW, NOW.card_id == bindparam("card")
    )
)
TOLD = or_(
    *(
        and_(ROW.__table__.c[figure] >= STEP, ROW.__table__.c[members] >= FEWEST)
        for figure, members in COUNTED.values()
    )
)
"""Of which days and cards anything may be told."""


@cache
def snapshots(*, of_cards: bool, until: bool) -> Question:
    """Build the question for these filters, once for each combination."""
    table = ROW.__table__
    narrowing = [
        table.c.card_id.in_(bindparam("cards", expanding=True)) if of_cards else true(),
        table.c.day <= bindparam("until") if until else true(),
    ]
    behind = tuple_(table.c.day, table.c.card_id) > tuple_(
        bindparam("day", type_=table.c.day.type), bindparam("card", type_=table.c.card_id.type)
    )
    return Question(
        select(
            table.c.day,
            table.c.card_id,
            *(table.c[name] for name in NAMES),
            table.c.median_wait_h,
            table.c.waiters,
        )
        .where(TOLD, behind, *narrowing)
        .order_by(table.c.day, table.c.card_id)
        .limit(bindparam("limit"))
    )


class SqlCardMarkets(CardMarkets):
    """One row, and when it was counted."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def of(self, card: CardId) -> CardMarketView:
        """Read both."""
        for row in await self._reads(MARKET, card=card):
            return CardMarketView(
                card_id=card, figures=figures_of(row), refreshed_at=row.refreshed_at
            )
        return CardMarketView(card_id=card, figures=NOTHING, refreshed_at=None)


class SqlListSnapshots(ListSnapshots):
    """A range of the key; it begins with the first day, or behind the page before."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(
        self, *, cards: Sequence[CardId], days: Days, after: str | None, limit: int
    ) -> Page[SnapshotView]:
        """Read one row more than shown."""
        day, card = (days.since or date.min, FIRST_ID) if after is None else place_of(after)
        given: dict[str, Any] = {"cards": sorted(cards), "until": days.until}
        asked = {name: value for name, value in given.items() if value}
        question = snapshots(of_cards="cards" in asked, until="until" in asked)
        rows = await self._reads(question, day=day, card=card, limit=limit + 1, **asked)
        page = Page.cut(rows, limit=limit, key=lambda row: f"{row.day} {row.card_id}")
        return Page([snapshot_view(row) for row in page.items], page.next)


def place_of(key: str) -> tuple[date, UUID]:
    """Read the key of a page."""
    day, _, card = key.partition(" ")
    return date.fromisoformat(day), UUID(card)


def figures_of(row: Any) -> Figures:
    """Return what may be told of a row; a card without one has nothing."""
    return figures(
        **{
            name: Counted(getattr(row, figure) or 0, getattr(row, members) or 0)
            for name, (figure, members) in COUNTED.items()
        }
    )


NOTHING = figures(**dict.fromkeys(COUNTED, Counted(0, 0)))


def snapshot_view(row: Any) -> SnapshotView:
    """Leave out what may not be told."""
    return SnapshotView(
        day=row.day,
        card_id=row.card_id,
        figures=figures_of(row),
        median_wait_h=row.median_wait_h if row.waiters >= FEWEST else None,
    )
