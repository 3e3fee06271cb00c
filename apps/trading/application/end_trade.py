"""Ending an accepted trade before its end, and doing what time has made due."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.lock_trade import LockTrade
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trades import TradeRepository

BATCH = 100


@dataclass(frozen=True, slots=True)
class CancelTrade:
    """Call an accepted trade off; alone it is your fault after an hour, together it is nobody's."""

    work: UnitOfWork
    trades: TradeRepository
    settle: SettleTrade
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
            await self.settle(trade)


@dataclass(frozen=True, slots=True)
class ExpireTrades:
    """Do what is due: end what waited too long, remind, close legs, ask moderators.

    Unanswered proposals (T8), swaps that nobody made (T13), silent sides (T15, T20), and legs that
    were not sent or did not arrive (T21).
    """

    work: UnitOfWork
    trades: TradeRepository
    lock: LockTrade
    settle: SettleTrade
    clock: Clock

    async def __call__(self) -> int:
        """Return for how many something was done, each in a unit of work of its own.

        One that cannot be dealt with does not hold up those behind it; it is told when they are
        done.
        """
        done, faults = 0, []
        for trade_id in await self._overdue():
            try:
                done += await self._strike(trade_id)
            except Busy:
                raise
            except Exception as fault:  # noqa: BLE001 - raised below
                faults.append(fault)
        if faults:
            raise ExceptionGroup("Some trades could not be dealt with", faults)
        return done

    async def _overdue(self) -> Sequence[TradeId]:
        async with self.work:
            return await self.trades.overdue(at=self.clock.now(), limit=BATCH)

    async def _strike(self, trade_id: TradeId) -> bool:
        async with self.work:
            trade = await self.lock(trade_id)
            done = trade.time_out(at=self.clock.now())
            if done:
                await self.trades.save(trade)
                await self.settle(trade)
        return done
