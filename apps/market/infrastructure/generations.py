"""Readings as rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from apps.market.application.generations import Generation, Generations, GenerationState
from apps.market.infrastructure.card_market import MarketRefreshModel
from apps.market.infrastructure.models import MarketDayModel, MarketGenerationModel
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.replies import INSERT

UNSEEN = {"synchronize_session": False}
GENERATION = MarketGenerationModel


class SqlGenerations(Generations):
    """A few rows."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def get(self, id: int) -> Generation:
        """Read one row."""
        (found,) = await self._read(GENERATION.id == id)
        return found

    async def reading(self) -> Mapping[GenerationState, Generation]:
        """Read those that are not old; an index lets there be one of each."""
        found = await self._read(GENERATION.state != GenerationState.OLD)
        return {each.state: each for each in found}

    async def begin(self, state: GenerationState, *, at: datetime) -> Generation | None:
        """Number it by those that there were; of two at once one inserts nothing."""
        session = self._current.session
        last = await session.scalar(select(GENERATION.id).order_by(GENERATION.id.desc()).limit(1))
        live_at = at if state is GenerationState.LIVE else None
        begun = Generation(
            id=(last or 0) + 1, state=state, events=0, day=None, begun_at=at, live_at=live_at
        )
        row = {"id": begun.id, "state": state, "events": 0, "begun_at": at, "live_at": live_at}
        new = INSERT[session.get_bind().dialect.name](GENERATION).values(row)
        made = await session.scalar(new.on_conflict_do_nothing().returning(GENERATION.id))
        return None if made is None else begun

    async def compared(self, building: Generation, differences: Mapping[str, int]) -> None:
        """Change its row."""
        await self._change(building.id, differences=dict(differences))

    async def replace(self, live: Generation, building: Generation, *, at: datetime) -> None:
        """The old one first: there is one live reading at a time."""
        await self._change(live.id, state=GenerationState.OLD)
        await self._change(building.id, state=GenerationState.LIVE, live_at=at)
        # What was made of the old one is to be made anew, even if nothing has happened since.
        await self._current.session.execute(
            update(MarketRefreshModel).values(watermark=0), execution_options=UNSEEN
        )

    async def advance(self, generation: Generation, days: Sequence[tuple[date, int]]) -> None:
        """Change one row, and add one for each new day."""
        await self._change(generation.id, events=generation.events, day=generation.day)
        if days:
            await self._current.session.execute(
                insert(MarketDayModel),
                [
                    {"generation": generation.id, "day": day, "first_event": first}
                    for day, first in days
                ],
            )

    async def _read(self, which: ColumnElement[bool]) -> Sequence[Generation]:
        rows = await self._current.session.execute(
            select(*GENERATION.__table__.columns)
            .where(which)
            .order_by(GENERATION.state.desc(), GENERATION.id)
        )
        return [Generation(**row._asdict()) for row in rows]

    async def _change(self, id: int, **values: Any) -> None:
        await self._current.session.execute(
            update(GENERATION).where(GENERATION.id == id).values(values),
            execution_options=UNSEEN,
        )
