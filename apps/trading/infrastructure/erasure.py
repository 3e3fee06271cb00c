"""What somebody who is erased has written into trades, and where their cards were sent."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.sql.dml import Delete, Update

from apps.identity.contract import MemberErased, OpenTrades
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.trading.application.erase_trader import EraseTrader
from apps.trading.domain.moves import LIVE
from apps.trading.domain.verdicts import CaseState
from apps.trading.infrastructure.addresses import AddressModel, TradeAddressModel
from apps.trading.infrastructure.cases import CaseStatementModel, DisputeCaseModel
from apps.trading.infrastructure.event_words import TradeEventWordsModel
from apps.trading.infrastructure.handshakes import HandshakeModel
from apps.trading.infrastructure.models import (
    TradeEventModel,
    TradeLegModel,
    TradeModel,
    TradePartyModel,
)
from apps.trading.infrastructure.notes import TradeNoteModel
from apps.trading.infrastructure.ratings import RatingModel

ERASED = "erased"
"""Stands for what may not be missing: that a parcel was tracked counts for whom it reached, too."""
UNSEEN = {"synchronize_session": False}

UNSETTLED = (
    select(TradeModel.id)
    .join(TradePartyModel, TradePartyModel.trade_id == TradeModel.id)
    .outerjoin(DisputeCaseModel, DisputeCaseModel.trade_id == TradeModel.id)
    .where(
        TradePartyModel.member_id == bindparam("member"),
        or_(
            TradeModel.state.in_(LIVE),
            DisputeCaseModel.state.in_([CaseState.OPEN, CaseState.APPEALED]),
        ),
    )
    .distinct()
)


def erasing(member: MemberId) -> Iterator[Delete | Update]:
    """Yield a statement for each table that has words or whereabouts of a member."""
    mine, words = TradeEventModel.actor_id == member, TradeEventWordsModel
    begun = select(TradePartyModel.trade_id).where(
        TradePartyModel.member_id == member, TradePartyModel.position == 0
    )
    trades, legs, cases, ratings = TradeModel, TradeLegModel, DisputeCaseModel, RatingModel
    yield (
        update(trades)
        .where(trades.id.in_(begun), trades.place.is_not(None))
        .values(place=None, version=trades.version + 1)
    )
    for text in (legs.carrier, legs.tracking_number):
        yield update(legs).where(legs.giver_id == member, text.is_not(None)).values({text: ERASED})
    yield (
        update(cases)
        .where(cases.appealed_by == member)
        .values(appeal="", version=cases.version + 1)
    )
    statements = CaseStatementModel
    yield update(statements).where(statements.author_id == member).values(text="", evidence=[])
    yield update(ratings).where(ratings.rater_id == member).values(comment=None)
    yield update(ratings).where(ratings.ratee_id == member).values(reply=None, replied_at=None)
    yield delete(words).where(words.event_id.in_(select(TradeEventModel.id).where(mine)))
    yield delete(TradeNoteModel).where(TradeNoteModel.author_id == member)
    yield delete(TradeAddressModel).where(TradeAddressModel.member_id == member)
    yield delete(AddressModel).where(AddressModel.member_id == member)
    yield delete(HandshakeModel).where(HandshakeModel.member_id == member)


class SqlEraseTrader(EraseTrader):
    """A statement for each table, trades first."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def __call__(self, event: MemberErased) -> None:
        """Look first whether anything is still under way."""
        session, given = self._current.session, {"member": event.member}
        unsettled: list[Any] = list((await session.scalars(UNSETTLED, given)).all())
        if unsettled:
            raise OpenTrades(trade_ids=sorted(unsettled))
        for change in erasing(event.member):
            await session.execute(change, execution_options=UNSEEN)
