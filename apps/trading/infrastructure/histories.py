"""Histories of trades: appended to, shown and checked."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.shared.application.pages import Page
from apps.shared.domain.ids import Ids, MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.keep_history import History
from apps.trading.application.show_history import EventView, ListEvents
from apps.trading.contract import HistoryCheck
from apps.trading.domain.chain import COMMITMENT, Happening, Head, Words
from apps.trading.domain.history import TradeEvent
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.event_words import TradeEventWordsModel
from apps.trading.infrastructure.models import TradeEventModel
from apps.trading.infrastructure.queries import TradeReads

EVENT = select(
    TradeEventModel.id,
    TradeEventModel.sequence,
    TradeEventModel.kind,
    TradeEventModel.revision,
    TradeEventModel.actor_id,
    TradeEventModel.reason,
    TradeEventModel.at,
    TradeEventModel.previous_hash,
    TradeEventModel.hash,
    TradeEventWordsModel.salt,
    TradeEventWordsModel.text,
).outerjoin(TradeEventWordsModel, TradeEventWordsModel.event_id == TradeEventModel.id)
EVENTS = Question(
    EVENT.where(
        TradeEventModel.trade_id == bindparam("id"), TradeEventModel.sequence > bindparam("behind")
    )
    .order_by(TradeEventModel.sequence)
    .limit(bindparam("limit"))
)
EVENTS_TABLE = TradeEventModel.metadata.tables[TradeEventModel.__tablename__]
WORDS_TABLE = TradeEventModel.metadata.tables[TradeEventWordsModel.__tablename__]
SALT_BYTES = 16


class SqlHistory(History):
    """Rows in the transaction of what they tell, whose locks on trades make them follow in line."""

    def __init__(self, current: Current, ids: Ids) -> None:
        self._current = current
        self._ids = ids

    async def append(self, news: Sequence[tuple[str, TradeEvent]]) -> None:
        """Look up where each trade's history ends, for all of them at once, and go on there."""
        heads = await self._heads({event.trade for _, event in news})
        for kind, event in news:
            head, words = heads.get(event.trade, Head()), None
            if event.words is not None:
                words = Words(salt=secrets.token_hex(SALT_BYTES), text=event.words)
            happening = Happening(
                previous_hash=head.hash,
                trade_id=event.trade,
                sequence=head.sequence + 1,
                id=self._ids.next(),
                kind=kind,
                revision=event.revision,
                actor_id=event.actor,
                reason=words.commitment if words else event.reason,
                at=event.at,
            )
            heads[event.trade] = Head(happening.sequence, happening.hash)
            self._current.session.add(TradeEventModel.of(happening))
            if words:
                kept = TradeEventWordsModel(event_id=happening.id, **asdict(words))
                self._current.session.add(kept)

    async def _heads(self, trades: set[TradeId]) -> dict[TradeId, Head]:
        last = (
            select(TradeEventModel.trade_id, func.max(TradeEventModel.sequence).label("sequence"))
            .where(TradeEventModel.trade_id.in_(trades))
            .group_by(TradeEventModel.trade_id)
            .subquery()
        )
        rows = await self._current.session.execute(
            select(TradeEventModel.trade_id, TradeEventModel.sequence, TradeEventModel.hash).where(
                TradeEventModel.trade_id == last.c.trade_id,
                TradeEventModel.sequence == last.c.sequence,
            )
        )
        return {row.trade_id: Head(row.sequence, row.hash) for row in rows}


class SqlListEvents(ListEvents):
    """A range of one trade's events."""

    def __init__(self, reads: Reads, trades: TradeReads) -> None:
        self._reads = reads
        self._trades = trades

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[EventView]:
        """Hide them from strangers."""
        await self._trades.ensure_party(id, to)
        behind = int(after) if after else 0
        rows = await self._reads(EVENTS, id=id, behind=behind, limit=limit + 1)
        views = [view_of(**row._asdict()) for row in rows]
        return Page.cut(views, limit=limit, key=lambda event: event.sequence)


class SqlHistoryCheck(HistoryCheck):
    """Digests every event again, in one SELECT that is read bit by bit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __call__(self) -> int:
        """Go through all trades, one after the other."""
        ordered = (
            select(EVENTS_TABLE, WORDS_TABLE.c.salt, WORDS_TABLE.c.text)
            .outerjoin(WORDS_TABLE, WORDS_TABLE.c.event_id == EVENTS_TABLE.c.id)
            .order_by(EVENTS_TABLE.c.trade_id, EVENTS_TABLE.c.sequence)
        )
        broken, trade, head = 0, None, Head()
        async with self._engine.connect() as connection, connection.stream(ordered) as rows:
            async for row in rows:
                told = row._asdict()
                kept, words = told.pop("hash"), Words(salt=told.pop("salt"), text=told.pop("text"))
                happening = Happening(**told)
                follows = happening.follows(head if row.trade_id == trade else Head(), kept)
                said = row.text is None or words.commitment == happening.reason
                broken += not (follows and said)
                trade, head = row.trade_id, Head(row.sequence, kept)
        return broken


def view_of(*, reason: str | None, salt: str | None, text: str | None, **told: Any) -> EventView:
    """Show a member's words in place of the commitment to them, as long as they are kept."""
    committed = reason is not None and reason.startswith(COMMITMENT)
    return EventView(
        **told,
        reason=text if committed else reason,
        reason_salt=salt,
        reason_digest=reason if committed else None,
    )
