"""Reminders as rows, which are claimed before anything is sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Integer, Select, Uuid, case, exists, literal, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.replies import INSERT
from apps.trading.application.remind_to_rate import Reminder, Reminders
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeLegModel, TradeModel, TradePartyModel
from apps.trading.infrastructure.ratings import ENDED, RatingModel


class RatingReminderModel(Model):
    """That a party was reminded on this day after the end of a trade."""

    __tablename__ = "rating_reminders"

    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_rating_reminders_member_id"), primary_key=True
    )
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class SqlReminders(Reminders):
    """The primary key lets each reminder be claimed once, whoever else is at it."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def claim(self, day: int, *, until: int, at: datetime, limit: int) -> Sequence[Reminder]:
        """Insert what falls due, and read whom those who were inserted have still to rate."""
        session = self._current.session
        row = RatingReminderModel
        due = _due(day, until, at).limit(limit)
        inserted = await session.execute(
            INSERT[session.get_bind().dialect.name](row)
            .from_select(["trade_id", "member_id", "day"], due)
            .on_conflict_do_nothing()
            .returning(row.trade_id, row.member_id)
        )
        claimed = inserted.all()
        unrated = await session.execute(
            select(TradePartyModel.trade_id, TradePartyModel.member_id, PARTNER)
            .join(TradeLegModel, TradeLegModel.trade_id == TradePartyModel.trade_id)
            .where(UNRATED, TradePartyModel.trade_id.in_([each.trade_id for each in claimed]))
            .order_by(TradeLegModel.position.desc())
        )
        partners = {(trade, member): partner for trade, member, partner in unrated}
        return [
            Reminder(trade=trade, member=member, about=partners[trade, member])
            for trade, member in claimed
        ]


PARTNER = case(
    (TradeLegModel.giver_id == TradePartyModel.member_id, TradeLegModel.receiver_id),
    else_=TradeLegModel.giver_id,
)
UNRATED = (
    (TradeLegModel.giver_id == TradePartyModel.member_id)
    | (TradeLegModel.receiver_id == TradePartyModel.member_id)
) & (
    ~exists()
    .where(
        RatingModel.trade_id == TradePartyModel.trade_id,
        RatingModel.rater_id == TradePartyModel.member_id,
        RatingModel.ratee_id == PARTNER,
    )
    .correlate(TradePartyModel, TradeLegModel)
)
"""The leg has the party at one end, and at the other a partner whom it has not rated."""


def _due(day: int, until: int, at: datetime) -> Select[TradeId, MemberId, int]:
    """Return who may rate a trade that ended so many days ago, and has not done so or been told."""
    party, row, guilty = TradePartyModel, RatingReminderModel, aliased(TradePartyModel)
    faulted = exists().where(guilty.trade_id == TradeModel.id, guilty.at_fault)
    return (
        select(party.trade_id, party.member_id, literal(day, Integer))
        .join(TradeModel, TradeModel.id == party.trade_id)
        .where(
            ENDED,
            TradeModel.updated_at <= at - timedelta(days=day),
            TradeModel.updated_at > at - timedelta(days=until),
            (TradeModel.state == State.COMPLETED) | (faulted & ~party.at_fault),
            takes_part(party.member_id),
            exists()
            .where(TradeLegModel.trade_id == party.trade_id, UNRATED)
            .correlate(TradeModel, party),
            ~exists().where(
                row.trade_id == party.trade_id, row.member_id == party.member_id, row.day == day
            ),
        )
        .order_by(TradeModel.updated_at, party.trade_id, party.member_id)
    )
