"""What a member has agreed on, said and sent, for that member's eyes.

Of others it has what they did, and not a word of what they wrote.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, SQLColumnExpression, bindparam, case, or_, select
from sqlalchemy.orm import aliased

from apps.identity.contract import Disclosure
from apps.shared.infrastructure.chapters import Chapter, SqlChapters
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.sealing import Sealer
from apps.trading.infrastructure.addresses import AddressModel, TradeAddressModel
from apps.trading.infrastructure.cases import CaseStatementModel, DisputeCaseModel
from apps.trading.infrastructure.event_words import TradeEventWordsModel
from apps.trading.infrastructure.models import (
    LegCopyModel,
    TradeEventModel,
    TradeLegModel,
    TradeModel,
    TradePartyModel,
)
from apps.trading.infrastructure.notes import TradeNoteModel
from apps.trading.infrastructure.postal import BOOK, POSTAL, TOLD, opened, place_of
from apps.trading.infrastructure.ratings import RatingModel

MEMBER = bindparam("member", type_=TradePartyModel.member_id.type)
TRADE, LEG, EVENT, RATING, CASE = (
    TradeModel,
    TradeLegModel,
    TradeEventModel,
    RatingModel,
    DisputeCaseModel,
)
ME, OTHER = aliased(TradePartyModel), aliased(TradePartyModel)
WORDS, STATEMENT, NOTE = TradeEventWordsModel, CaseStatementModel, TradeNoteModel
SEALED = {"addresses": (BOOK, "id", "member_id"), "addresses_told": (TOLD, "trade_id", "member_id")}
"""Chapters whose rows are sealed, and the table and ids that tell their places."""


def where(holds: ColumnElement[bool], told: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """Tell it where this holds."""
    return case((holds, told))


MINE = select(TradePartyModel.trade_id).where(TradePartyModel.member_id == MEMBER)

CHAPTERS = {
    "trades": Chapter(
        Question(
            select(
                TRADE.id,
                TRADE.state,
                TRADE.revision,
                TRADE.method,
                where(ME.position == 0, TRADE.place).label("place"),
                TRADE.planned_at,
                OTHER.member_id.label("with_member"),
                ME.at_fault,
                TRADE.accepted_at,
                TRADE.created_at,
                TRADE.updated_at,
            )
            .join(ME, (ME.trade_id == TRADE.id) & (ME.member_id == MEMBER))
            .join(OTHER, (OTHER.trade_id == TRADE.id) & (OTHER.member_id != MEMBER))
            .order_by(TRADE.id, OTHER.position)
        ),
        members=("with_member",),
    ),
    "legs": Chapter(
        Question(
            select(
                LEG.id,
                LEG.trade_id,
                LEG.giver_id,
                LEG.receiver_id,
                LegCopyModel.copy_id,
                LEG.state,
                where(LEG.giver_id == MEMBER, LEG.carrier).label("carrier"),
                where(LEG.giver_id == MEMBER, LEG.tracking_number).label("tracking_number"),
                LEG.shipped_at,
                LEG.received_at,
            )
            .outerjoin(LegCopyModel, LegCopyModel.leg_id == LEG.id)
            .where(or_(LEG.giver_id == MEMBER, LEG.receiver_id == MEMBER))
            .order_by(LEG.trade_id, LEG.position, LegCopyModel.copy_id)
        ),
        members=("giver_id", "receiver_id"),
    ),
    "trade_events": Chapter(
        Question(
            select(
                EVENT.id,
                EVENT.trade_id,
                EVENT.sequence,
                EVENT.kind,
                EVENT.revision,
                EVENT.actor_id,
                where(EVENT.actor_id == MEMBER, WORDS.text).label("words"),
                EVENT.at,
                EVENT.hash,
            )
            .outerjoin(WORDS, WORDS.event_id == EVENT.id)
            .where(EVENT.trade_id.in_(MINE))
            .order_by(EVENT.trade_id, EVENT.sequence)
        ),
        members=("actor_id",),
    ),
    "notes": Chapter(
        Question(
            select(NOTE.id, NOTE.trade_id, NOTE.text, NOTE.created_at)
            .where(NOTE.author_id == MEMBER)
            .order_by(NOTE.id)
        )
    ),
    "ratings_given": Chapter(
        Question(
            select(
                RATING.id,
                RATING.trade_id,
                RATING.ratee_id,
                RATING.score,
                RATING.tags,
                RATING.comment,
                RATING.rated_at,
                RATING.edited_at,
            )
            .where(RATING.rater_id == MEMBER)
            .order_by(RATING.id)
        ),
        members=("ratee_id",),
    ),
    "ratings_received": Chapter(
        Question(
            select(
                RATING.id,
                RATING.trade_id,
                RATING.rater_id,
                RATING.score,
                RATING.tags,
                RATING.revealed_at,
                RATING.reply,
                RATING.replied_at,
            )
            .where(RATING.ratee_id == MEMBER, RATING.revealed_at.is_not(None))
            .order_by(RATING.id)
        ),
        members=("rater_id",),
    ),
    "addresses": Chapter(
        Question(
            select(
                AddressModel.id,
                AddressModel.member_id,
                AddressModel.sealed,
                AddressModel.label,
                *(getattr(AddressModel, name) for name in POSTAL),
                AddressModel.created_at,
                AddressModel.updated_at,
            ).where(AddressModel.member_id == MEMBER)
        )
    ),
    "addresses_told": Chapter(
        Question(
            select(
                TradeAddressModel.trade_id,
                TradeAddressModel.member_id,
                TradeAddressModel.sealed,
                *(getattr(TradeAddressModel, name) for name in POSTAL),
                TradeAddressModel.taken_at,
            ).where(TradeAddressModel.member_id == MEMBER)
        )
    ),
    "statements": Chapter(
        Question(
            select(CASE.trade_id, STATEMENT.text, STATEMENT.evidence, STATEMENT.made_at)
            .join(CASE, CASE.id == STATEMENT.case_id)
            .where(STATEMENT.author_id == MEMBER)
        )
    ),
    "appeals": Chapter(
        Question(
            select(CASE.trade_id, CASE.appeal, CASE.appealed_at).where(CASE.appealed_by == MEMBER)
        )
    ),
}


class DiscloseTrades(SqlChapters, Disclosure):
    """Trades with their legs, events and notes, ratings, addresses, and words in disputes."""

    chapters: ClassVar[Mapping[str, Chapter]] = CHAPTERS

    def __init__(self, reads: Reads, sealer: Sealer) -> None:
        super().__init__(reads)
        self._sealer = sealer

    def _members(self, title: str, row: Any) -> dict[str, Any]:
        if title not in SEALED:
            return super()._members(title, row)
        told, ids = row._asdict(), SEALED[title]
        place = place_of(ids[0], *(told[name] for name in ids[1:]))
        plain = [name for name in told if name in {"label", *POSTAL}]
        told |= opened(self._sealer, row, place, *plain)
        return {name: each for name, each in told.items() if name not in {"member_id", "sealed"}}
