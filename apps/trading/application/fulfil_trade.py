"""Handing over what was agreed."""

from dataclasses import dataclass
from datetime import datetime

from apps.collection.contract import AgreementId, Holdings, Wants
from apps.identity.contract import Standings
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.domain.handshake import HandshakeCodeWrong, HandshakeId, HandshakeRepository
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class ConfirmReceipt:
    """Say that you have the other's cards; when both have said so, the copies change hands.

    In person, the code that the other party shows you proves that you have met.
    """

    work: UnitOfWork
    trades: TradeRepository
    handshakes: HandshakeRepository
    holdings: Holdings
    wants: Wants
    standings: Standings
    clock: Clock

    async def __call__(
        self,
        trade_id: TradeId,
        *,
        by: MemberId,
        revision: int | None,
        code: str | None = None,
        entered_at: datetime | None = None,
    ) -> None:
        async with self.work:
            seen = await self.trades.get(trade_id)
            seen.ensure_party(by)
            _ = await self.holdings.lock(seen.copies)
            trade = await self.trades.lock(trade_id)
            now = self.clock.now()
            trade.confirm(by=by, revision=revision, at=now)
            recognised = code is None or await self._recognises(
                trade.other_than(by), trade_id, code, entered_at=entered_at or now, at=now
            )
            if recognised:
                await self._keep(trade)
        if not recognised:  # out here, for the attempt has to count
            raise HandshakeCodeWrong

    async def _recognises(
        self, shower: MemberId, trade: TradeId, code: str, *, entered_at: datetime, at: datetime
    ) -> bool:
        """Compare the code; the lock on the trade lets one guess after another in."""
        handshake = await self.handshakes.get(HandshakeId(trade, shower))
        recognised = handshake.recognises(code, entered_at=entered_at, at=at)
        await self.handshakes.save(handshake)
        return recognised

    async def _keep(self, trade: Trade) -> None:
        await self.trades.save(trade)
        if trade.state is State.COMPLETED:
            await self._complete(trade)

    async def _complete(self, trade: Trade) -> None:
        await self.holdings.hand_over(trade.moves, under=AgreementId(trade.id))
        await self.wants.settle(trade.moves)
        members = [party.member for party in trade.parties]
        await self.standings.count_completed(members, at=trade.updated_at)
