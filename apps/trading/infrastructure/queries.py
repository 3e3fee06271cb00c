"""Questions about trades: all of a page in one SELECT for terms, and one for parties."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from apps.collection.contract import CardView, CopyId, Holdings
from apps.identity.contract import Directory, MemberCard
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.show_trade import (
    LegCopyView,
    LegView,
    ListNotes,
    ListTrades,
    NoteView,
    PartyView,
    ShowTrade,
    TradeView,
)
from apps.trading.domain.moves import Situation, State
from apps.trading.domain.note import NoteId
from apps.trading.domain.terms import AGREE_TO_CANCEL_WITHIN, LegState, TradeId
from apps.trading.domain.trade import TradeNotFound
from apps.trading.infrastructure.models import (
    LegCopyModel,
    TradeLegModel,
    TradeModel,
    TradeNoteModel,
    TradePartyModel,
)

TRADES = Question(
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
        TradeModel.accepted_at,
        TradeModel.due_at,
        TradeModel.cancellation_asked_by,
        TradeModel.cancellation_asked_at,
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
    .where(TradeModel.id.in_(bindparam("ids", expanding=True)))
    .order_by(TradeModel.id, TradeLegModel.position, LegCopyModel.copy_id)
)
PARTIES = Question(
    select(TradePartyModel.trade_id, TradePartyModel.member_id, TradePartyModel.consented_revision)
    .where(TradePartyModel.trade_id.in_(bindparam("ids", expanding=True)))
    .order_by(TradePartyModel.trade_id, TradePartyModel.position)
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


@cache
def trades_of(*, by_state: bool, my_turn: bool) -> Question:
    """Build the question for these filters, once for each combination."""
    narrowing: list[ColumnElement[bool]] = []
    if by_state:
        narrowing.append(TradeModel.state.in_(bindparam("states", expanding=True)))
    if my_turn:
        narrowing.append(TradeModel.turn == bindparam("member"))
    return Question(
        select(TradeModel.id)
        .join(TradePartyModel, TradePartyModel.trade_id == TradeModel.id)
        .where(
            TradePartyModel.member_id == bindparam("member"),
            TradePartyModel.trade_id < bindparam("before"),
            *narrowing,
        )
        .order_by(TradePartyModel.trade_id.desc())
        .limit(bindparam("limit"))
    )


class TradeReads:
    """Trades as their parties see them."""

    def __init__(
        self, reads: Reads, directory: Directory, holdings: Holdings, clock: Clock
    ) -> None:
        self._reads = reads
        self._directory = directory
        self._holdings = holdings
        self._clock = clock

    async def ensure_party(self, id: TradeId, member: MemberId) -> None:
        """Hide the trade from strangers: raise TradeNotFound."""
        if member not in {party.member_id for party in await self._reads(PARTIES, ids=[id])}:
            raise TradeNotFound

    async def views(self, ids: Sequence[TradeId], *, to: MemberId) -> list[TradeView]:
        """Return those of these trades that the member is a party to, in this order."""
        parties = defaultdict(list)
        for party in await self._reads(PARTIES, ids=ids) if ids else ():
            parties[party.trade_id].append(party)
        mine = [id for id in ids if to in {party.member_id for party in parties[id]}]
        rows = await self._reads(TRADES, ids=mine) if mine else []
        cards = await self._holdings.cards({row.copy_id for row in rows if row.copy_id})
        members = {party.member_id for id in mine for party in parties[id]}
        known = await self._directory.members(members, to=to)
        shown = {
            id: trade_view(list(each), parties[id], cards, known, to=to, at=self._clock.now())
            for id, each in groupby(rows, lambda row: row.id)
        }
        return [shown[id] for id in mine]


class SqlShowTrade(ShowTrade):
    """A list of one."""

    def __init__(self, trades: TradeReads) -> None:
        self._trades = trades

    async def __call__(self, id: TradeId, *, to: MemberId) -> TradeView:
        """Hide it from strangers."""
        for trade in await self._trades.views([id], to=to):
            return trade
        raise TradeNotFound


class SqlListTrades(ListTrades):
    """A range of the member's index of trades."""

    def __init__(self, reads: Reads, trades: TradeReads) -> None:
        self._reads = reads
        self._trades = trades

    async def __call__(
        self,
        me: MemberId,
        *,
        states: Sequence[State],
        my_turn: bool,
        after: str | None,
        limit: int,
    ) -> Page[TradeView]:
        """Read ids, then all that belongs to them."""
        given = {"states": states} if states else {}
        page = await self._reads.newest_first(
            trades_of(by_state=bool(states), my_turn=my_turn),
            after=after,
            limit=limit,
            member=me,
            **given,
        )
        ids = [row.id for row in page.items]
        return Page(await self._trades.views(ids, to=me), page.next)


class SqlListNotes(ListNotes):
    """A range of one trade's notes."""

    def __init__(self, reads: Reads, trades: TradeReads) -> None:
        self._reads = reads
        self._trades = trades

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[NoteView]:
        """Hide them from strangers."""
        await self._trades.ensure_party(id, to)
        page = await self._reads.oldest_first(NOTES, after=after, limit=limit, id=id)
        return Page([NoteView(**row._asdict()) for row in page.items], page.next)

    async def one(self, id: NoteId) -> NoteView:
        """Read it by its id."""
        return NoteView(**(await self._reads(ONE_NOTE, id=id))[0]._asdict())


def trade_view(
    rows: Sequence[Any],
    parties: Sequence[Any],
    cards: Mapping[CopyId, CardView],
    known: Mapping[MemberId, MemberCard],
    *,
    to: MemberId,
    at: datetime,
) -> TradeView:
    """Put the rows of one trade together, and say what this party can do with it."""
    trade, legs = rows[0], legs_of(rows, cards)
    situation = Situation(
        parties={party.member_id for party in parties},
        state=trade.state,
        revision=trade.revision,
        author=trade.author_id,
        turn=trade.turn,
        awaiting={leg.receiver for leg in legs if leg.state is LegState.DUE},
        open_ask=not all(leg.copies for leg in legs),
        overdue=at >= trade.answer_due_at,
    )
    asked = (
        trade.state is State.ACCEPTED
        and trade.cancellation_asked_at is not None
        and at - trade.cancellation_asked_at <= AGREE_TO_CANCEL_WITHIN
    )
    return TradeView(
        id=trade.id,
        state=trade.state,
        revision=trade.revision,
        turn=trade.turn,
        method=trade.method,
        place=trade.place,
        planned_at=trade.planned_at,
        parties=[
            PartyView(
                member_id=party.member_id,
                nickname=known[party.member_id].nickname if party.member_id in known else None,
                consented=party.consented_revision == trade.revision,
            )
            for party in parties
        ],
        legs=legs,
        allowed_actions=situation.allowed_actions(to),
        answer_due_at=trade.answer_due_at,
        act_due_at=trade.due_at if trade.state is State.ACCEPTED else None,
        cancellation_asked_by=trade.cancellation_asked_by if asked else None,
        created_at=trade.created_at,
        updated_at=trade.updated_at,
    )


def legs_of(rows: Sequence[Any], cards: Mapping[CopyId, CardView]) -> list[LegView]:
    """Gather the rows of each leg; one without copies has a single row without one."""
    return [
        LegView(
            id=leg_id,
            giver=leg[0].giver_id,
            receiver=leg[0].receiver_id,
            state=leg[0].leg_state,
            copies=[
                LegCopyView(id=row.copy_id, card=cards[row.copy_id]) for row in leg if row.copy_id
            ],
        )
        for leg_id, leg in ((id, list(each)) for id, each in groupby(rows, lambda row: row.leg_id))
    ]
