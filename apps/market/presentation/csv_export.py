"""Snapshots as CSV, for whoever studies the market: figures that may be shown, and no member."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence

from apps.catalogue.contract import CardId, CardView
from apps.market.application.show_market import SnapshotView
from apps.market.domain.figures import Figures
from apps.shared.presentation.spreadsheets import harmless, written

FIGURES = tuple(Figures.__slots__)
COLUMNS = ("day", "card_id", "code", *FIGURES, "median_wait_h")

Portion = tuple[Sequence[SnapshotView], Mapping[CardId, CardView]]


async def write_snapshots(portions: AsyncIterable[Portion]) -> AsyncIterator[str]:
    """Yield rows, portion by portion, behind that of the columns."""
    yield written([COLUMNS])
    async for snapshots, cards in portions:
        yield written([cells_of(each, cards.get(each.card_id)) for each in snapshots])


def cells_of(snapshot: SnapshotView, card: CardView | None) -> list[str]:
    """Return the cells of a snapshot in the order of COLUMNS; what may not be told is empty."""
    told = [getattr(snapshot.figures, name) for name in FIGURES]
    cells = (
        snapshot.day,
        snapshot.card_id,
        card and card.code,
        *told,
        snapshot.median_wait_h,
    )
    return ["" if cell is None else harmless(str(cell)) for cell in cells]
