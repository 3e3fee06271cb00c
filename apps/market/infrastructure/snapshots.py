"""Snapshots, taken in one statement from the spells that lasted behind an event."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from apps.catalogue.contract import CardId
from apps.market.application.collect import CollectionKind, Snapshots, Window
from apps.market.application.generations import LIVE_READER, Generations, GenerationState
from apps.market.infrastructure.card_market import FIGURES
from apps.market.infrastructure.models import (
    MarketDayModel,
    MarketGenerationModel,
    MarketMergeModel,
    MarketMoveModel,
)
from apps.market.infrastructure.snapshot_models import CardSnapshotModel, CollectionJobModel
from apps.shared.application.outbox import Feed
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

GENERATION, DAY = MarketGenerationModel, MarketDayModel
JOB, MERGE, MOVE = CollectionJobModel, MarketMergeModel, MarketMoveModel
SNAPSHOT = CardSnapshotModel.metadata.tables[CardSnapshotModel.__tablename__]
HOUR = 3600
NO_TIME = timedelta()
A_MONTH = timedelta(days=31)
LIVE = select(GENERATION.id).where(GENERATION.state == GenerationState.LIVE).scalar_subquery()

THEN = """
WITH RECURSIVE standing (card_id, into_id) AS (
    SELECT card_id, into_id FROM market_merges
    WHERE generation = :generation AND event <= :watermark
    UNION ALL
    SELECT s.card_id, m.into_id FROM standing s JOIN market_merges m
    ON m.card_id = s.into_id WHERE m.generation = :generation AND m.event <= :watermark
), surviving AS (
    SELECT card_id, into_id FROM standing s
    WHERE NOT EXISTS (SELECT 1 FROM standing t WHERE t.card_id = s.into_id)
), held AS (
    SELECT card_id, owner_id, count(*) AS copies,
        count(*) FILTER (WHERE listed) AS listed,
        count(*) FILTER (WHERE listed AND agreement_id IS NULL) AS free
    FROM market_copies
    WHERE generation = :generation AND since_event <= :watermark
    AND (until_event IS NULL OR until_event > :watermark)
    GROUP BY card_id, owner_id
), wished AS (
    SELECT card_id, member_id, sum(slots) AS slots
    FROM market_wants
    WHERE generation = :generation AND since_event <= :watermark
    AND (until_event IS NULL OR until_event > :watermark)
    GROUP BY card_id, member_id
), moved AS (
    SELECT coalesce(m.into_id, v.card_id) AS card_id, v.completed, v.agreement_id,
        v.giver_id, v.receiver_id
    FROM market_moves v LEFT JOIN surviving m ON m.card_id = v.card_id
    WHERE v.generation = :generation AND v.event > :before AND v.event <= :watermark
)"""
KEEP = """
INSERT INTO card_snapshots (day, card_id, copies, holders, listed, listers, free, free_holders,
    wanted, wanters, proposals, proposers, completions, completers, waiters)
SELECT :day, card_id, sum(copies), sum(holders), sum(listed), sum(listers), sum(free),
    sum(free_holders), sum(wanted), sum(wanters), sum(proposals), sum(proposers),
    sum(completions), sum(completers), 0
FROM figures GROUP BY card_id
"""
TAKE = text(THEN + FIGURES + KEEP).bindparams(bindparam("day", type_=SNAPSHOT.c.day.type))


async def survivors(
    session: AsyncSession, generation: Any, window: Window
) -> Callable[[CardId], CardId]:
    """Return what tells which card one stands for in the end, after the merges told by then."""
    merges = await session.execute(
        select(MERGE.card_id, MERGE.into_id).where(
            MERGE.generation == generation, MERGE.event <= window.watermark
        )
    )
    into = {row.card_id: row.into_id for row in merges}

    def survivor(card: CardId) -> CardId:
        while card in into:
            card = into[card]
        return card

    return survivor


class SqlSnapshots(Snapshots):
    """One statement for all cards, and one for those of which somebody has waited."""

    def __init__(self, current: Current, generations: Generations, feed: Feed) -> None:
        self._current = current
        self._generations = generations
        self._feed = feed

    async def window(self, day: date) -> Window | None:
        """Look for the first event of a later day; without any, all events have to be read."""
        watermark = await self._last_before(day)
        if watermark is None:
            watermark = await self._all_read(day)
        if watermark is None:
            return None
        session = self._current.session
        # A later day may be settled by now, as where the holder of this one was lost.
        settled = select(func.min(JOB.behind_event)).where(
            JOB.kind == CollectionKind.SNAPSHOT, JOB.day > day
        )
        later = await session.scalar(settled)
        watermark = watermark if later is None else min(watermark, later)
        begun = select(func.min(DAY.first_event) - 1).where(DAY.generation == LIVE, DAY.day >= day)
        before = select(JOB.watermark).where(
            JOB.kind == CollectionKind.SNAPSHOT, JOB.day == day - timedelta(days=1)
        )
        # What was counted for the day before, even where an event of it came later, is over.
        for question in (before, begun):
            behind = await session.scalar(question)
            if behind is not None:
                return Window(behind=min(behind, watermark), watermark=watermark)
        return Window(behind=watermark, watermark=watermark)

    async def _last_before(self, day: date) -> int | None:
        later = select(func.min(DAY.first_event) - 1).where(DAY.generation == LIVE, DAY.day > day)
        return await self._current.session.scalar(later)

    async def _all_read(self, day: date) -> int | None:
        """Return the last event, while nobody can read on."""
        position = await self._feed.take(LIVE_READER)
        if position is None or await self._feed.behind(position, limit=1):
            return None
        live = (await self._generations.reading()).get(GenerationState.LIVE)
        if live is None:
            return None
        # Until the position was held, events of a later day may have been read.
        following = await self._last_before(day)
        return live.events if following is None else following

    async def prepare(self, day: date) -> None:
        """Make the month of this day on PostgreSQL, and the one behind it."""
        session = self._current.session
        if session.get_bind().dialect.name == "postgresql":
            for each in (day, day + A_MONTH):
                await session.execute(select(func.make_card_snapshots_month(each)))

    async def take(self, day: date, window: Window) -> int:
        """Delete what was taken before, and insert it anew."""
        session, generation = self._current.session, await self._held()
        await session.execute(delete(SNAPSHOT).where(SNAPSHOT.c.day == day))
        given = {"generation": generation, "watermark": window.watermark, "before": window.behind}
        await session.execute(TAKE, given | {"day": day})
        await self._note_waits(day, await self._waits(generation, window))
        taken = select(func.count()).select_from(SNAPSHOT).where(SNAPSHOT.c.day == day)
        return await session.scalar(taken) or 0

    async def _held(self) -> int:
        """Return the live reading; what it has read stays until this unit of work ends.

        Others may read on and put another one in its place, for that changes no key.
        """
        live = select(GENERATION.id).where(GENERATION.state == GenerationState.LIVE)
        found = await self._current.session.scalar(live.with_for_update(read=True, key_share=True))
        if found is None:  # another one was put in its place at this moment
            raise ChangedMeanwhile
        return found

    async def _waits(
        self, generation: int, window: Window
    ) -> dict[CardId, list[tuple[MemberId, float]]]:
        session = self._current.session
        survivor = await survivors(session, generation, window)
        rows = await session.execute(
            select(MOVE.card_id, MOVE.receiver_id, MOVE.wanted_at, MOVE.at).where(
                MOVE.generation == generation,
                MOVE.event > window.behind,
                MOVE.event <= window.watermark,
                MOVE.completed,
                MOVE.wanted_at.is_not(None),
            )
        )
        waits = defaultdict(list)
        for row in rows:
            # Clocks of two servers differ: it may seem to have been wanted after it was there.
            waited = max(row.at - row.wanted_at, NO_TIME)
            waits[survivor(row.card_id)].append((row.receiver_id, waited.total_seconds() / HOUR))
        return waits

    async def _note_waits(
        self, day: date, waits: dict[CardId, list[tuple[MemberId, float]]]
    ) -> None:
        if not waits:
            return
        connection = await self._current.session.connection()
        await connection.execute(
            update(SNAPSHOT)
            .where(SNAPSHOT.c.day == bindparam("of_day"), SNAPSHOT.c.card_id == bindparam("card"))
            .values(median_wait_h=bindparam("hours"), waiters=bindparam("members")),
            [
                {
                    "of_day": day,
                    "card": card,
                    "hours": round(median(hours for _, hours in told)),
                    "members": len({member for member, _ in told}),
                }
                for card, told in waits.items()
            ],
        )
