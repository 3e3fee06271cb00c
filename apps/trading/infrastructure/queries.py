"""Questions about trades: the trade with its legs in one SELECT, its parties in another."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, select

from apps.collection.contract import CardView, CopyId, Holdings
from apps.identity.contract import Directory
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.show_trade import (
    LegCopyView,
    LegView,
    ListNotes,
    NoteView,
    PartyView,
    ShowTrade,
    TradeView,
)
from apps.trading.domain.note import NoteId
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import TradeNotFound, allowed_actions
from apps.trading.infrastructure.models import (
    LegCopyModel,
    TradeLegModel,
    TradeModel,
    TradeNoteModel,
    TradePartyModel,
)

TRADE = Question(
    select(
        TradeModel.id,
        TradeModel.state,
        TradeModel.revision,
        TradeModel.author_id,
        TradeModel.turn,
        TradeModel.method,
        TradeModel.place,
        TradeModel.planned_at,
        TradeModel.answer_due_at,
        TradeModel.created_at,
        TradeModel.updated_at,
        TradeLegModel.id.label("leg_id"),
        TradeLegModel.giver_id,
        TradeLegModel.receiver_id,
        TradeLegModel.state.label("leg_state"),
        LegCopyModel.copy_id,
    )
    .join(TradeLegModel, TradeLegModel.trade_id == TradeModel.id)
    .outerjoin(LegCopyModel, LegCopyModel.leg_id == TradeLegModel.id)
    .where(TradeModel.id == bindparam("id"))
    .order_by(TradeLegModel.position, LegCopyModel.copy_id)
)
PARTIES = Question(
    select(TradePartyModel.member_id, TradePartyModel.consented_revision)
    .where(TradePartyModel.trade_id == bindparam("id"))
    .order_by(TradePartyModel.position)
)
NOTE = select(
    TradeNoteModel.id, TradeNoteModel.author_id, TradeNoteModel.text, TradeNoteModel.created_at
)
ONE_NOTE = Question(NOTE.where(TradeNoteModel.id == bindparam("id")))
NOTES = Question(
    NOTE.where(TradeNoteModel.trade_id == bindparam("id"), TradeNoteModel.id > bindparam("behind"))
    .order_by(TradeNoteModel.id)
    .limit(bindparam("limit"))
)


class SqlShowTrade(ShowTrade):
    """Two questions, and those for nicknames and cards."""

    def __init__(
        self, reads: Reads, directory: Directory, holdings: Holdings, clock: Clock
    ) -> None:
        self._reads = reads
        self._directory = directory
        self._holdings = holdings
        self._clock = clock

    async def __call__(self, id: TradeId, *, to: MemberId) -> TradeView:
        """Hide it from strangers before anything else is read."""
        parties = await self._reads(PARTIES, id=id)
        if to not in {party.member_id for party in parties}:
            raise TradeNotFound
        rows = await self._reads(TRADE, id=id)
        cards = await self._holdings.cards({row.copy_id for row in rows if row.copy_id})
        legs = legs_of(rows, cards)
        trade = rows[0]
        return TradeView(
            id=id,
            state=trade.state,
            revision=trade.revision,
            turn=trade.turn,
            method=trade.method,
            place=trade.place,
            planned_at=trade.planned_at,
            parties=await self._parties(parties, trade.revision),
            legs=legs,
            allowed_actions=allowed_actions(
                trade.state,
                member=to,
                author=trade.author_id,
                turn=trade.turn,
                awaiting={leg.receiver for leg in legs if leg.state == "due"},
                overdue=self._clock.now() >= trade.answer_due_at,
            ),
            answer_due_at=trade.answer_due_at,
            created_at=trade.created_at,
            updated_at=trade.updated_at,
        )

    async def _parties(self, parties: Sequence[Any], revision: int) -> list[PartyView]:
        known = await self._directory.members([party.member_id for party in parties])
        return [
            PartyView(
                member_id=party.member_id,
                nickname=known[party.member_id].nickname if party.member_id in known else None,
                consented=party.consented_revision == revision,
            )
            for party in parties
        ]


class SqlListNotes(ListNotes):
    """A range of one trade's notes."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[NoteView]:
        """Hide them from strangers."""
        if to not in {party.member_id for party in await self._reads(PARTIES, id=id)}:
            raise TradeNotFound
        page = await self._reads.oldest_first(NOTES, after=after, limit=limit, id=id)
        return Page([NoteView(**row._asdict()) for row in page.items], page.next)

    async def one(self, id: NoteId) -> NoteView:
        """Read it by its id."""
        return NoteView(**(await self._reads(ONE_NOTE, id=id))[0]._asdict())


def legs_of(rows: Sequence[Any], cards: Any) -> list[LegView]:
    """Gather the rows of each leg."""
    known: dict[CopyId, CardView] = cards
    return [
        LegView(
            id=leg_id,
            giver=leg[0].giver_id,
            receiver=leg[0].receiver_id,
            state=leg[0].leg_state,
            copies=[LegCopyView(id=row.copy_id, card=known[row.copy_id]) for row in leg],
        )
        for leg_id, leg in ((id, list(each)) for id, each in groupby(rows, lambda row: row.leg_id))
    ]
