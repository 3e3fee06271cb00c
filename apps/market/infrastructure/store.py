"""What a generation knows, read and written many rows at a time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from apps.collection.contract import CopyId
from apps.market.application.generations import (
    Generation,
    Generations,
    GenerationState,
    MarketStore,
)
from apps.market.domain.fold import Deal, Fold
from apps.market.domain.spells import CopyNow, Spell, Spells, WantNow
from apps.market.infrastructure.models import (
    MarketCopyModel,
    MarketDayModel,
    MarketDealModel,
    MarketGenerationModel,
    MarketLevelModel,
    MarketMergeModel,
    MarketMoveModel,
    MarketSwapModel,
    MarketWantModel,
)
from apps.shared.application.outbox import PublicEvent
from apps.shared.domain.ids import MemberId
from apps.shared.domain.portions import portions
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.replies import INSERT

UNSEEN = {"synchronize_session": False}
COPY, WANT, GENERATION = MarketCopyModel, MarketWantModel, MarketGenerationModel
DEAL, LEVEL = MarketDealModel, MarketLevelModel
COPIES, WANTS = COPY.__table__, WANT.__table__
MOVED = ("trade_proposed", "trade_countered")


class SqlGenerations(Generations):
    """A few rows."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def reading(self) -> Sequence[Generation]:
        """Read those that are not old."""
        rows = await self._current.session.execute(
            select(GENERATION.id, GENERATION.state, GENERATION.events, GENERATION.day)
            .where(GENERATION.state != GenerationState.OLD)
            .order_by(GENERATION.state.desc(), GENERATION.id)
        )
        return [Generation(**row._asdict()) for row in rows]

    async def begin(self, state: GenerationState, *, at: datetime) -> Generation:
        """Number it by those that there were."""
        session = self._current.session
        last = await session.scalar(select(GENERATION.id).order_by(GENERATION.id.desc()).limit(1))
        begun = Generation(id=(last or 0) + 1, state=state, events=0, day=None)
        live_at = at if state is GenerationState.LIVE else None
        row = {"id": begun.id, "state": state, "events": 0, "begun_at": at, "live_at": live_at}
        await session.execute(insert(GENERATION), row)
        return begun

    async def replace(self, live: Generation, building: Generation, *, at: datetime) -> None:
        """The old one first: there is one live reading at a time."""
        for generation, values in (
            (live, {"state": GenerationState.OLD}),
            (building, {"state": GenerationState.LIVE, "live_at": at}),
        ):
            await self._current.session.execute(
                update(GENERATION).where(GENERATION.id == generation.id).values(values),
                execution_options=UNSEEN,
            )

    async def advance(self, generation: Generation, days: Sequence[tuple[date, int]]) -> None:
        """Change one row, and add one for each new day."""
        session = self._current.session
        await session.execute(
            update(GENERATION)
            .where(GENERATION.id == generation.id)
            .values(events=generation.events, day=generation.day),
            execution_options=UNSEEN,
        )
        if days:
            await session.execute(
                insert(MarketDayModel),
                [
                    {"generation": generation.id, "day": day, "first_event": first}
                    for day, first in days
                ],
            )


class SqlMarketStore(MarketStore):
    """As many statements for one event as for a thousand."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def load(self, generation: int, events: Sequence[PublicEvent]) -> Fold:
        """Find out what the events name, and read it."""
        named: dict[str, set[UUID]] = {kind: set() for kind in ("copy", "want_group", "trade")}
        for event in events:
            if event.aggregate in named:
                named[event.aggregate].add(event.aggregate_id)
        deals = await self._deals(generation, named["trade"])
        moved = [event.payload["moves"] for event in events if event.kind in MOVED]
        told = [UUID(copy) for moves in moved for copies in moves.values() for copy in copies]
        known = {copy for deal in deals.values() for each in deal.moves.values() for copy in each}
        parties = {
            *(MemberId(UUID(member)) for moves in moved for member in moves),
            *(member for deal in deals.values() for member in deal.moves),
        }
        receivers = {
            UUID(event.payload["receiver"]) for event in events if event.kind == "copy_handed_over"
        }
        merged = [UUID(event.payload["card"]) for event in events if event.kind == "card_merged"]
        groups = named["want_group"] | set(await self._groups_of(generation, merged))
        return Fold(
            copies=Spells(
                [
                    *await self._copies(generation, COPY.copy_id, {*named["copy"], *told, *known}),
                    *await self._copies(generation, COPY.card_id, merged),
                ]
            ),
            wants=Spells(
                [
                    *await self._wants(generation, WANT.group_id, groups),
                    *await self._wants(generation, WANT.member_id, receivers),
                ]
            ),
            deals=deals,
            levels=await self._levels(generation, parties),
        )

    async def keep(self, generation: int, fold: Fold) -> None:
        """End spells, add new ones, and write down what else there is."""
        at = {"generation": generation}
        await self._end(COPIES, ["copy_id"], generation, fold.copies.ended)
        await self._end(WANTS, ["group_id", "card_id"], generation, fold.wants.ended)
        await self._insert(COPY, (copy_row(at, *each) for each in fold.copies.fresh()))
        await self._insert(WANT, (want_row(at, *each) for each in fold.wants.fresh()))
        await self._insert(
            MarketMoveModel,
            (
                at
                | {
                    "event": move.ordinal,
                    "position": move.position,
                    "completed": move.completed,
                    "card_id": move.card,
                    "giver_id": move.giver,
                    "receiver_id": move.receiver,
                    "agreement_id": move.agreement,
                    "at": move.at,
                    "wanted_at": move.wanted_at,
                }
                for move in fold.moves
            ),
        )
        await self._insert(
            MarketSwapModel,
            (
                at
                | {
                    "trade_id": swap.trade,
                    "event": swap.ordinal,
                    "first_id": swap.first,
                    "second_id": swap.second,
                    "first_card_id": swap.first_card,
                    "first_count": swap.first_count,
                    "second_card_id": swap.second_card,
                    "second_count": swap.second_count,
                    "at": swap.at,
                }
                for swap in fold.swaps
            ),
        )
        await self._insert(
            MarketMergeModel,
            (
                at | {"event": event, "card_id": card, "into_id": into}
                for card, into, event in fold.merges
            ),
        )
        await self._upsert(DEAL, [deal_row(at, *deal) for deal in fold.deals.items()])
        await self._upsert(
            LEVEL,
            [
                at | {"member_id": member, "trust_level": level}
                for member, level in fold.levels.items()
            ],
        )

    async def _copies(
        self, generation: int, column: Any, ids: Iterable[UUID]
    ) -> list[Spell[CopyId, CopyNow]]:
        rows = await self._lasting(COPY, generation, column, ids)
        return [
            Spell(
                row.copy_id,
                row.since_event,
                CopyNow(row.card_id, row.owner_id, row.listed, row.agreement_id),
            )
            for row in rows
        ]

    async def _wants(self, generation: int, column: Any, ids: Iterable[UUID]) -> list[Any]:
        rows = await self._lasting(WANT, generation, column, ids)
        return [
            Spell(
                (row.group_id, row.card_id),
                row.since_event,
                WantNow(row.member_id, row.slots, row.wanted_at),
            )
            for row in rows
        ]

    async def _groups_of(self, generation: int, cards: Sequence[UUID]) -> list[UUID]:
        return [row.group_id for row in await self._lasting(WANT, generation, WANT.card_id, cards)]

    async def _lasting(
        self, model: Any, generation: int, column: Any, ids: Iterable[UUID]
    ) -> list[Any]:
        session = self._current.session
        found = [
            await session.execute(
                select(*model.__table__.columns).where(
                    model.generation == generation, column.in_(some), model.until_event.is_(None)
                )
            )
            for some in portions([*ids])
        ]
        return [row for rows in found for row in rows]

    async def _deals(self, generation: int, trades: Iterable[UUID]) -> dict[UUID, Deal]:
        deals: dict[UUID, Deal] = {}
        for some in portions([*trades]):
            rows = await self._current.session.execute(
                select(DEAL.trade_id, DEAL.moves, DEAL.disputed).where(
                    DEAL.generation == generation, DEAL.trade_id.in_(some)
                )
            )
            deals |= {row.trade_id: deal_of(row) for row in rows}
        return deals

    async def _levels(self, generation: int, parties: set[MemberId]) -> dict[MemberId, int]:
        levels: dict[MemberId, int] = {}
        for some in portions(parties):
            rows = await self._current.session.execute(
                select(LEVEL.member_id, LEVEL.trust_level).where(
                    LEVEL.generation == generation, LEVEL.member_id.in_(some)
                )
            )
            levels |= {row.member_id: row.trust_level for row in rows}
        return levels

    async def _end(
        self, table: Any, key: Sequence[str], generation: int, ended: Sequence[tuple[Any, int]]
    ) -> None:
        if not ended:
            return
        same = [table.c[name] == bindparam(f"k_{name}") for name in (*key, "since_event")]
        rows = []
        for spell, until in ended:
            parts = spell.key if isinstance(spell.key, tuple) else (spell.key,)
            told = {f"k_{name}": part for name, part in zip(key, parts, strict=True)}
            rows.append(told | {"k_since_event": spell.since, "until": until})
        connection = await self._current.session.connection()
        await connection.execute(
            update(table)
            .where(table.c.generation == generation, *same)
            .values(until_event=bindparam("until")),
            rows,
        )

    async def _insert(self, model: Any, rows: Iterable[Mapping[str, Any]]) -> None:
        if told := [*rows]:
            await self._current.session.execute(insert(model), told)

    async def _upsert(self, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        session = self._current.session
        upsert = INSERT[session.get_bind().dialect.name](model)
        keys = [column.name for column in model.__table__.primary_key]
        others = {name: upsert.excluded[name] for name in rows[0] if name not in keys}
        await session.execute(
            upsert.on_conflict_do_update(index_elements=keys, set_=others), [*rows]
        )


def copy_row(
    at: Mapping[str, Any], spell: Spell[CopyId, CopyNow], until: int | None
) -> dict[str, Any]:
    """Write a spell of a copy."""
    return {
        **at,
        "copy_id": spell.key,
        "since_event": spell.since,
        "until_event": until,
        "card_id": spell.state.card,
        "owner_id": spell.state.owner,
        "listed": spell.state.listed,
        "agreement_id": spell.state.agreement,
    }


def want_row(at: Mapping[str, Any], spell: Any, until: int | None) -> dict[str, Any]:
    """Write a spell of a wanted card."""
    group, card = spell.key
    return {
        **at,
        "group_id": group,
        "card_id": card,
        "since_event": spell.since,
        "until_event": until,
        "member_id": spell.state.member,
        "slots": spell.state.slots,
        "wanted_at": spell.state.wanted_at,
    }


def deal_row(at: Mapping[str, Any], trade: UUID, deal: Deal) -> dict[str, Any]:
    """Write a deal; a list, for what gets what is in the order of the trade."""
    moves = [[str(member), [str(copy) for copy in copies]] for member, copies in deal.moves.items()]
    return {**at, "trade_id": trade, "moves": moves, "disputed": deal.disputed}


def deal_of(row: Any) -> Deal:
    """Read it again."""
    moves = {
        MemberId(UUID(member)): tuple(CopyId(UUID(copy)) for copy in copies)
        for member, copies in row.moves
    }
    return Deal(moves=moves, disputed=row.disputed)
