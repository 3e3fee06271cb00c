"""What members have under way with each other: one SELECT."""

from collections.abc import Collection, Sequence
from itertools import groupby

from sqlalchemy import bindparam, select

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.limits import TradingLimits
from apps.trading.contract import Engagement, Engagements
from apps.trading.domain.moves import LIVE, State
from apps.trading.infrastructure.models import TradeModel, TradePartyModel

UNDER_WAY = Question(
    select(
        TradeModel.id,
        TradeModel.state,
        TradeModel.revision,
        TradePartyModel.member_id,
        TradePartyModel.consented_revision,
    )
    .join(TradePartyModel, TradePartyModel.trade_id == TradeModel.id)
    .where(
        TradePartyModel.member_id.in_(bindparam("members", expanding=True)),
        TradeModel.state.in_(bindparam("live", expanding=True)),
    )
    .order_by(TradeModel.id)
)


class SqlEngagements(Engagements):
    """The members' index of trades, as far as those are live."""

    def __init__(self, reads: Reads, limits: TradingLimits) -> None:
        self._reads = reads
        self.most_per_pair = limits.live_trades_per_pair

    async def of(self, members: Collection[MemberId]) -> Sequence[Engagement]:
        """Read a row for each party; who has not consented to what is proposed owes an answer."""
        rows = await self._reads(UNDER_WAY, members=sorted(set(members)), live=sorted(LIVE))
        return [
            Engagement(
                id=id,
                parties=frozenset(row.member_id for row in parties),
                owing=frozenset(
                    row.member_id
                    for row in parties
                    if row.state is State.PROPOSED and row.consented_revision != row.revision
                ),
            )
            for id, of_one in groupby(rows, lambda row: row.id)
            for parties in [list(of_one)]
        ]
