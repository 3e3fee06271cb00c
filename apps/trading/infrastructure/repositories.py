"""Trades and notes, found and kept in SQL."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import groupby
from typing import cast

from sqlalchemy import ColumnElement, Select, func, select, tuple_, update
from sqlalchemy.orm import aliased

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.repository import SqlRepository
from apps.trading.domain.legs import LegState
from apps.trading.domain.moves import AGREED, LIVE, State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade, TradeNotFound
from apps.trading.domain.trades import TradeRepository
from apps.trading.infrastructure.models import (
    LegCopyModel,
    TradeLegModel,
    TradeModel,
    TradePartyModel,
)

OPEN = TradeModel.state == State.PROPOSED


class SqlTradeRepository(SqlRepository[Trade, TradeId], TradeRepository):
    """Trades, locked in the order of their ids."""

    row = TradeModel
    missing = TradeNotFound

    async def lock(self, id: TradeId) -> Trade:
        """Lock one."""
        for trade in await self._lock(TradeModel.id == id):
            return trade
        raise TradeNotFound

    async def lock_with_rivals(
        self, id: TradeId, *, over: Collection[CopyId]
    ) -> tuple[Trade, list[Trade]]:
        """Lock one and its rivals in a single ordered statement (P5)."""
        found = await self._lock((TradeModel.id == id) | (OPEN & self._over(over)))
        trades = {trade.id: trade for trade in found}
        if id not in trades:
            raise TradeNotFound
        return trades.pop(id), list(trades.values())

    async def lock_open(self, *, over: Collection[CopyId]) -> list[Trade]:
        """Lock the open ones over these copies."""
        return await self._lock(OPEN & self._over(over))

    async def lock_live(
        self, *, of: MemberId | None = None, over: CopyId | None = None
    ) -> list[Trade]:
        """Lock those of a member, or those over a copy."""
        theirs = select(TradePartyModel.trade_id).where(TradePartyModel.member_id == of)
        which = self._over([over]) if over else TradeModel.id.in_(theirs)
        return await self._lock(TradeModel.state.in_(LIVE) & which)

    async def lock_live_between(self, members: AbstractSet[MemberId]) -> list[Trade]:
        """Lock those of this pair."""
        return await self._lock(TradeModel.state.in_(LIVE) & TradeModel.id.in_(shared_by(members)))

    async def save_lapsed(self, trades: Sequence[Trade]) -> None:
        """Write what lapsing changes; the rows are locked, so their versions need no check."""
        for trade in trades:
            self._watch(trade)
        if not trades:
            return
        await self._current.session.execute(
            update(TradeModel)
            .where(TradeModel.id.in_([trade.id for trade in trades]))
            .values(
                state=State.LAPSED,
                turn=None,
                due_at=None,
                updated_at=trades[0].updated_at,
                version=TradeModel.version + 1,
            )
            .execution_options(synchronize_session=False)
        )
        blamed = [(trade.id, member) for trade in trades for member in trade.at_fault]
        if blamed:
            await self._current.session.execute(
                update(TradePartyModel)
                .where(tuple_(TradePartyModel.trade_id, TradePartyModel.member_id).in_(blamed))
                .values(at_fault=True)
                .execution_options(synchronize_session=False)
            )

    async def last_rejected(
        self, *, by: MemberId, to: MemberId, copies: AbstractSet[CopyId], since: datetime
    ) -> datetime | None:
        """Read the copies of what was rejected lately, and compare."""
        rows = await self._current.session.execute(
            select(TradeModel.id, TradeModel.updated_at, LegCopyModel.copy_id)
            .join(TradeLegModel, TradeLegModel.trade_id == TradeModel.id)
            .join(LegCopyModel, LegCopyModel.leg_id == TradeLegModel.id)
            .join(TradePartyModel, TradePartyModel.trade_id == TradeModel.id)
            .where(
                TradeModel.state == State.REJECTED,
                TradeModel.author_id == by,
                TradeModel.updated_at > since,
                TradePartyModel.member_id == to,
            )
            .order_by(TradeModel.updated_at.desc(), TradeModel.id)
        )
        for (_, rejected_at), of_trade in groupby(rows, lambda row: (row.id, row.updated_at)):
            if {row.copy_id for row in of_trade} == copies:
                return cast("datetime", rejected_at)
        return None

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[TradeId]:
        """Read the ids by the index on what is due."""
        due = await self._current.session.scalars(
            select(TradeModel.id)
            .where(TradeModel.due_at <= at)
            .order_by(TradeModel.due_at, TradeModel.id)
            .limit(limit)
        )
        return due.all()

    async def lost_by(
        self, members: Collection[MemberId], *, since: datetime
    ) -> Mapping[MemberId, int]:
        """Count legs by their giver."""
        lost = await self._current.session.execute(
            select(TradeLegModel.giver_id, func.count().label("legs"))
            .join(TradeModel, TradeModel.id == TradeLegModel.trade_id)
            .where(
                TradeLegModel.giver_id.in_(members),
                TradeLegModel.state == LegState.MISSING,
                TradeModel.updated_at > since,
            )
            .group_by(TradeLegModel.giver_id)
        )
        return {row.giver_id: row.legs for row in lost}

    async def count_open(self, *, by: MemberId) -> int:
        """Count by author."""
        mine = select(func.count()).where(TradeModel.author_id == by, OPEN)
        return await self._current.session.scalar(mine) or 0

    async def count_agreed(self, *, of: MemberId) -> int:
        """Count by party."""
        theirs = (
            select(func.count())
            .select_from(TradePartyModel)
            .join(TradeModel, TradeModel.id == TradePartyModel.trade_id)
            .where(TradePartyModel.member_id == of, TradeModel.state.in_(AGREED))
        )
        return await self._current.session.scalar(theirs) or 0

    async def count_live(self, *, between: AbstractSet[MemberId]) -> int:
        """Count by the pair of parties."""
        shared = select(func.count()).where(
            TradeModel.id.in_(shared_by(between)), TradeModel.state.in_(LIVE)
        )
        return await self._current.session.scalar(shared) or 0

    async def _lock(self, which: ColumnElement[bool]) -> list[Trade]:
        rows = await self._current.session.scalars(
            select(TradeModel)
            .where(which)
            .order_by(TradeModel.id)
            .with_for_update()
            .execution_options(populate_existing=True)  # a row read unlocked may be stale by now
        )
        return [self._read(row) for row in rows]

    def _over(self, copies: Collection[CopyId]) -> ColumnElement[bool]:
        return TradeModel.id.in_(
            select(TradeLegModel.trade_id)
            .join(LegCopyModel, LegCopyModel.leg_id == TradeLegModel.id)
            .where(LegCopyModel.copy_id.in_(copies))
        )


def shared_by(pair: AbstractSet[MemberId]) -> Select[TradeId]:
    """Return the ids of all trades that these two have with each other."""
    one, other = sorted(pair)
    theirs = aliased(TradePartyModel)
    return (
        select(TradePartyModel.trade_id)
        .join(theirs, theirs.trade_id == TradePartyModel.trade_id)
        .where(TradePartyModel.member_id == one, theirs.member_id == other)
    )
