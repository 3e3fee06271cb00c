"""What the market has read, made to differ from what there is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, insert, select, update

from apps.market.infrastructure.models import MarketCopyModel, MarketWantModel

COPIES, WANTS = MarketCopyModel, MarketWantModel


def twice(_: Any) -> Sequence[Executable]:
    """Another spell of each copy, which lasts as well."""
    table = COPIES.__table__
    later = {"since_event": table.c.since_event + 1_000}
    columns = [later.get(column.name, column) for column in table.columns]
    spells = select(*columns).where(table.c.until_event.is_(None))
    return [insert(COPIES).from_select([column.name for column in table.columns], spells)]


PLANTED_MARKET: Mapping[str, Callable[[Any], Sequence[Executable]]] = {
    "the market has every copy as it is held": lambda _: [
        update(COPIES).where(COPIES.until_event.is_(None)).values(until_event=10_000)
    ],
    "the market has every want as it is open": lambda _: [
        update(WANTS).where(WANTS.until_event.is_(None)).values(slots=WANTS.slots + 1)
    ],
    "in the market one thing lasts at a time": twice,
}
