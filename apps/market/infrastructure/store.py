"""What a generation knows, read and written many rows at a time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func

from apps.market.application.generations import MarketStore
from apps.market.domain.fold import Deal, Fold, Known
from apps.market.domain.spells import Spells, Wants
from apps.market.infrastructure.bulk import Bulk
from apps.market.infrastructure.models import (
    MarketCopyModel,
    MarketDealModel,
    MarketLevelModel,
    MarketMergeModel,
    MarketMoveModel,
    MarketSwapModel,
    MarketWantModel,
)
from apps.market.infrastructure.rows import (
    copy_of,
    copy_row,
    deal_of,
    deal_row,
    move_row,
    swap_row,
    want_of,
    want_row,
)
from apps.shared.application.outbox import PublicEvent
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

COPIES: Table = MarketCopyModel.metadata.tables[MarketCopyModel.__tablename__]
WANTS: Table = MarketWantModel.metadata.tables[MarketWantModel.__tablename__]
MOVES: Table = MarketMoveModel.metadata.tables[MarketMoveModel.__tablename__]
DEALS: Table = MarketDealModel.metadata.tables[MarketDealModel.__tablename__]
SWAPS: Table = MarketSwapModel.metadata.tables[MarketSwapModel.__tablename__]
LEVELS: Table = MarketLevelModel.metadata.tables[MarketLevelModel.__tablename__]
MERGES: Table = MarketMergeModel.metadata.tables[MarketMergeModel.__tablename__]
NEVER = 0
"""Events are counted from 1."""
MOVED = ("trade_proposed", "trade_countered", "trade_kept")


class SqlMarketStore(MarketStore):
    """As many statements for one event as for a thousand."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def load(self, generation: int, events: Sequence[PublicEvent]) -> Fold:
        """Find out what the events name, and read it."""
        named: dict[str, set[UUID]] = {kind: set() for kind in ("copy", "want_group", "trade")}
        members: set[UUID] = set()
        copies = named["copy"]
        for event in events:
            if event.aggregate in named:
                named[event.aggregate].add(event.aggregate_id)
            if event.kind in MOVED:
                for member, given in event.payload.get("moves", {}).items():
                    members.add(UUID(member))
                    copies.update(map(UUID, given))
        deals = await self._deals(generation, named["trade"])
        for deal in deals.values():
            for receiver, taken in deal.moves.items():
                members.add(receiver)
                copies.update(taken)
        merged = {UUID(event.payload["card"]) for event in events if event.kind == "card_merged"}
        held = [
            copy_of(row)
            for name, ids in (("copy_id", copies), ("card_id", merged))
            for row in await self._lasting(COPIES, generation, name, ids)
        ]
        wanted = await self._lasting(WANTS, generation, "card_id", merged)
        groups = named["want_group"] | {row.group_id for row in wanted}
        receivers, cards = handed_over(events, {spell.key: spell.state.card for spell in held})
        wishes = [
            *await self._lasting(WANTS, generation, "group_id", groups),
            *await self._lasting(
                WANTS, generation, "member_id", receivers, WANTS.c.card_id.in_(cards)
            ),
        ]
        return Fold(
            copies=Spells(held),
            wants=Wants(map(want_of, wishes)),
            deals=Known(deals),
            levels=Known(await self._levels(generation, members)),
        )

    async def keep(self, generation: int, fold: Fold) -> None:
        """End spells, add new ones, and write down what else there is."""
        bulk, copies, wants = self._bulk(), fold.copies, fold.wants
        await bulk.end(
            COPIES,
            [
                {"generation": generation, "copy_id": spell.key, "since_event": spell.since}
                | {"until_event": until}
                for spell, until in copies.ended
            ],
        )
        await bulk.end(
            WANTS,
            [
                {"generation": generation, "group_id": spell.key[0], "card_id": spell.key[1]}
                | {"since_event": spell.since, "until_event": until}
                for spell, until in wants.ended
            ],
        )
        await bulk.add(COPIES, [copy_row(generation, *each) for each in copies.fresh()])
        await bulk.add(WANTS, [want_row(generation, *each) for each in wants.fresh()])
        await bulk.add(MOVES, [move_row(generation, move) for move in fold.moves])
        await bulk.add(SWAPS, [swap_row(generation, swap) for swap in fold.swaps])
        await bulk.add(
            MERGES,
            [
                {"generation": generation, "event": at, "card_id": card, "into_id": into}
                for card, into, at in fold.merges
            ],
        )
        await bulk.put(DEALS, [deal_row(generation, *deal) for deal in fold.deals.news.items()])
        await bulk.put(
            LEVELS,
            [
                {"generation": generation, "member_id": member, "trust_level": level}
                for member, level in fold.levels.news.items()
            ],
        )

    async def _lasting(
        self, table: Table, generation: int, name: str, ids: Iterable[UUID], *of_it: Any
    ) -> Sequence[Any]:
        until = table.c.until_event
        # By its key, a planner that takes the table for empty would read all of an index of what
        # lasts instead; this way it does not know that one of those would do.
        by_key = table.primary_key.columns[0].name == name
        lasts = func.coalesce(until, NEVER) == NEVER if by_key else until.is_(None)
        of_it = (table.c.generation == generation, lasts, *of_it)
        return await self._bulk().find(table, table.c[name], ids, *of_it)

    async def _deals(self, generation: int, trades: Iterable[UUID]) -> dict[UUID, Deal]:
        of_it = DEALS.c.generation == generation
        rows = await self._bulk().find(DEALS, DEALS.c.trade_id, trades, of_it)
        return {row.trade_id: deal_of(row) for row in rows}

    async def _levels(self, generation: int, members: Iterable[UUID]) -> dict[MemberId, int]:
        of_it = LEVELS.c.generation == generation
        rows = await self._bulk().find(LEVELS, LEVELS.c.member_id, members, of_it)
        return {row.member_id: row.trust_level for row in rows}

    def _bulk(self) -> Bulk:
        return Bulk(self._current.session)


def handed_over(
    events: Sequence[PublicEvent], held: Mapping[UUID, UUID]
) -> tuple[set[UUID], set[UUID]]:
    """Return who is given something, and of which cards: those they may have wanted.

    `held` are the cards of copies. All wants of theirs would be more and more to read.
    """
    receivers, cards, cards_of = set(), set(), {**held}
    for event in events:
        copy = event.aggregate_id
        if event.kind == "copy_entered":
            cards_of[copy] = UUID(event.payload["card"])
        elif event.kind == "copy_handed_over" and copy in cards_of:
            receivers.add(UUID(event.payload["receiver"]))
            cards.add(cards_of[copy])
    return receivers, cards
