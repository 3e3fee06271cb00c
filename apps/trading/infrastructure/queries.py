"""Questions about trades: all of a page in one SELECT for terms, and one for parties."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
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
    DisputeView,
    LegCopyView,
    LegView,
    ListTrades,
    PartyView,
    ShowTrade,
    TradeView,
)
from apps.trading.domain.legs import LegState
from apps.trading.domain.moves import Situation, State, resuming
from apps.trading.domain.steps import allowed_actions
from apps.trading.domain.terms import AGREE_TO_CANCEL_WITHIN, Method, TradeId
from apps.trading.domain.trade import TradeNotFound
from apps.trading.infrastructure.models import (
    LegCopyModel,
    TradeLegModel,
    TradeModel,
    TradePartyModel,
)

TRADES = Question(
    select(
        *TradeModel.__table__.columns,
        *(column.label(f"leg_{column.key}") for column in TradeLegModel.__table__.columns),
        LegCopyModel.copy_id,
    )
    .select_from(TradeModel)
    .join(TradeLegModel, TradeLegModel.trade_id == TradeModel.id)
    .outerjoin(LegCopyModel, LegCopyModel.leg_id == TradeLegModel.id)
    .where(TradeModel.id.in_(bindparam("ids", expanding=True)))
    .order_by(TradeModel.id, TradeLegModel.position, LegCopyModel.copy_id)
)
PARTIES = Question(
    select(*TradePartyModel.__table__.columns)
    .where(TradePartyModel.trade_id.in_(bindparam("ids", expanding=True)))
    .order_by(TradePartyModel.trade_id, TradePartyModel.position)
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

    async def views(
        self, ids: Sequence[TradeId], *, to: MemberId, party_or_not: bool = False
    ) -> list[TradeView]:
        """Return those of these trades that the member is a party to, in this order.

        Moderators are shown others, too.
        """
        parties = defaultdict(list)
        for party in await self._reads(PARTIES, ids=ids) if ids else ():
            parties[party.trade_id].append(party)
        mine = [
            id for id in ids if party_or_not or to in {party.member_id for party in parties[id]}
        ]
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
    trade = rows[0]
    legs = [list(each) for _, each in groupby(rows, lambda row: row.leg_id)]
    return TradeView(
        **{name: getattr(trade, name) for name in SAME_OF_TRADE},
        parties=[party_view(party, trade, known) for party in parties],
        legs=[leg_view(leg, cards) for leg in legs],
        allowed_actions=allowed_actions(situation(legs, parties, at=at), to),
        act_due_at=trade.due_at if trade.state is State.ACCEPTED else None,
        cancellation_asked_by=next(
            (party.member_id for party in parties if has_asked(party, trade, at=at)), None
        ),
        presence_verified=all(leg[0].leg_verified for leg in legs),
        dispute=DisputeView(
            kind=trade.dispute_kind, opener=trade.dispute_opener, opened_at=trade.disputed_at
        )
        if trade.disputed_at
        else None,
    )


SAME_OF_TRADE = tuple(
    field.name for field in fields(TradeView) if field.name in TradeModel.__table__.columns
)
SAME_OF_LEG = tuple(
    field.name for field in fields(LegView) if field.name in TradeLegModel.__table__.columns
)


def situation(legs: Sequence[Sequence[Any]], parties: Sequence[Any], *, at: datetime) -> Situation:
    """Say how the trade stands, as `Trade` itself would."""
    trade = legs[0][0]
    free = [leg[0] for leg in legs if not leg[0].leg_disputed_at]
    on_its_way = LegState.DUE if trade.method is Method.IN_PERSON else LegState.SHIPPED
    return Situation(
        parties={party.member_id for party in parties},
        ring=trade.author_id is None,
        state=trade.state,
        method=trade.method,
        revision=trade.revision,
        turn=trade.turn,
        consented={p.member_id for p in parties if p.consented_revision == trade.revision},
        senders={leg.leg_giver_id for leg in free if leg.leg_state is LegState.DUE},
        awaiting={leg.leg_receiver_id for leg in free if leg.leg_state is on_its_way},
        resuming=resuming(
            trade.dispute_opener,
            {party.member_id for party in parties},
            withdrawn={party.member_id for party in parties if party.dispute_withdrawn},
        ),
        open_ask=not all(leg[0].copy_id for leg in legs),
        overdue=at >= trade.answer_due_at,
    )


def has_asked(party: Any, trade: Any, *, at: datetime) -> bool:
    """Tell whether this party waits for the others to call an accepted trade off (T9)."""
    asked_at = party.cancel_asked_at
    if trade.state is not State.ACCEPTED or asked_at is None:
        return False
    return bool(at - asked_at <= AGREE_TO_CANCEL_WITHIN)


def party_view(party: Any, trade: Any, known: Mapping[MemberId, MemberCard]) -> PartyView:
    """Show a party; who is hidden or gone has no name."""
    member = known.get(party.member_id)
    return PartyView(
        member_id=party.member_id,
        nickname=member.nickname if member else None,
        consented=party.consented_revision == trade.revision,
        at_fault=party.at_fault,
    )


def leg_view(leg: Sequence[Any], cards: Mapping[CopyId, CardView]) -> LegView:
    """Show a leg; one without copies has a single row without one."""
    return LegView(
        **{name: getattr(leg[0], f"leg_{name}") for name in SAME_OF_LEG},
        giver=leg[0].leg_giver_id,
        receiver=leg[0].leg_receiver_id,
        disputed=leg[0].leg_disputed_at is not None,
        copies=[LegCopyView(id=row.copy_id, card=cards[row.copy_id]) for row in leg if row.copy_id],
    )
