"""Public events written as the service would have written them, on any day of the past."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert
from uuid_utils.compat import uuid7

from apps.market.application.index_market import IndexMarket
from apps.shared.infrastructure.outbox import OUTBOX, number
from tests.support.site import Site

NOON = time(12, tzinfo=UTC)


@dataclass
class Telling:
    """Events in the order in which they happen, at noon of the day that it is."""

    day: date
    rows: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, kind: str, aggregate: str, id: UUID, **payload: Any) -> UUID:
        self.rows.append(
            {
                "id": uuid7(),
                "aggregate": aggregate,
                "aggregate_id": id,
                "kind": kind,
                "version": 1,
                "payload": payload,
                "at": datetime.combine(self.day, NOON),
            }
        )
        return id

    def copy(self, card: UUID, owner: UUID, *, listed: bool = True) -> UUID:
        told = {"card": str(card), "owner": str(owner), "for_trade": listed}
        return self.tell("copy_entered", "copy", uuid7(), **told)

    def want(self, member: UUID, *cards: UUID, count: int = 1) -> UUID:
        told = {"member": str(member), "cards": [str(card) for card in cards], "count": count}
        return self.tell("want_opened", "want_group", uuid7(), **told)

    def swap(self, one: tuple[UUID, UUID], other: tuple[UUID, UUID]) -> UUID:
        """Two members, each with a copy, propose to swap them and do so."""
        (ann, hers), (bea, theirs) = one, other
        trade = uuid7()
        moves = {str(ann): [str(theirs)], str(bea): [str(hers)]}
        self.tell("trade_proposed", "trade", trade, moves=moves)
        for copy, giver, receiver in ((hers, ann, bea), (theirs, bea, ann)):
            told = {"giver": str(giver), "receiver": str(receiver), "agreement": str(trade)}
            self.tell("copy_handed_over", "copy", copy, **told)
        return self.tell("trade_completed", "trade", trade)


async def tell(site: Site, telling: Telling, *, read: bool = True) -> None:
    """Write them down, and have them read."""
    rows, telling.rows = telling.rows, []
    tx = number(func.pg_current_xact_id()) if await site.dialect() == "postgresql" else 0
    for some in portions(rows):
        await site.change(insert(OUTBOX).values([{**row, "tx": tx} for row in some]))
    if read:
        indexer = await site.port(IndexMarket)
        while await indexer():
            pass


def portions(rows: Sequence[dict[str, Any]]) -> Iterable[Sequence[dict[str, Any]]]:
    return (rows[start : start + 500] for start in range(0, len(rows), 500))


def fans(count: int) -> list[UUID]:
    return [uuid7() for _ in range(count)]
