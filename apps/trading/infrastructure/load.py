"""How much members are asked for."""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, func, or_, select

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.contract import Load
from apps.trading.domain.moves import State
from apps.trading.infrastructure.models import TradeModel, TradePartyModel

CONSENTED = TradePartyModel.consented_revision.is_not_distinct_from(TradeModel.revision)
UNANSWERED = Question(
    select(TradePartyModel.member_id, func.count().label("proposals"))
    .join(TradeModel, TradeModel.id == TradePartyModel.trade_id)
    .where(
        TradePartyModel.member_id.in_(bindparam("members", expanding=True)),
        TradeModel.state == State.PROPOSED,
        or_(
            TradeModel.turn == TradePartyModel.member_id,
            TradeModel.author_id.is_(None) & ~CONSENTED,
        ),
    )
    .group_by(TradePartyModel.member_id)
)


class SqlLoad(Load):
    """Counted by the members' index of trades."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def unanswered(self, members: Collection[MemberId]) -> Mapping[MemberId, int]:
        """Count what waits for an answer of theirs, of two or in a ring."""
        rows = await self._reads(UNANSWERED, members=sorted(members)) if members else []
        return {row.member_id: row.proposals for row in rows}
