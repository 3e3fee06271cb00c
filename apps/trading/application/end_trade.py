"""Ending an accepted trade before its end, and ending what took too long."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, Holdings
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.domain.moves import LIVE
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trades import TradeRepository

BATCH = 100


@dataclass(frozen=True, slots=True)
class CancelTrade:
    """Call an accepted trade off; alone it is your fault after an hour, together it is nobody's."""

    work: UnitOfWork
    trades: TradeRepository
    holdings: Holdings
    clock: Clock

    async def __call__(
        self,
        trade_id: TradeId,
        *,
        by: MemberId,
        by_agreement: bool,
        revision: int | None,
        reason: str | None,
    ) -> None:
        async with self.work:
            trade = await self.trades.lock(trade_id)
            trade.cancel(
                by=by,
                by_agreement=by_agreement,
                revision=revision,
                reason=reason,
                at=self.clock.now(),
            )
            await self.trades.save(trade)
            if trade.state not in LIVE:
                await self.holdings.release([AgreementId(trade_id)])


@dataclass(frozen=True, slots=True)
class ExpireTrades:
    """End what waited too long: unanswered proposals (T8), and swaps that nobody made (T13)."""

    work: UnitOfWork
    trades: TradeRepository
    holdings: Holdings
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were ended, each in a unit of work of its own.

        One that cannot be ended does not hold up those behind it; it is told when they are done.
        """
        async with self.work:
            overdue = await self.trades.overdue(at=self.clock.now(), limit=BATCH)
        ended, faults = 0, []
        for trade_id in overdue:
            try:
                ended += await self._end(trade_id)
            except Busy:
                raise
            except Exception as fault:  # noqa: BLE001 - raised below
                faults.append(fault)
        if faults:
            raise ExceptionGroup("Some trades could not be ended", faults)
        return ended

    async def _end(self, trade_id: TradeId) -> bool:
        async with self.work:
            trade = await self.trades.lock(trade_id)
            ended = trade.time_out(at=self.clock.now())
            if ended:
                await self.trades.save(trade)
                await self.holdings.release([AgreementId(trade_id)])
        return ended
