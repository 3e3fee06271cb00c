"""What parties have to say in a dispute, before and after its decision."""

from dataclasses import dataclass

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.terms import Account, TradeId
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class StateAccount:
    """Answer in a dispute of yours, with evidence; up to ten times, and ten more on appeal.

    Moderators and all parties read it. Evidence is text and https links so far.
    """

    work: UnitOfWork
    trades: TradeRepository
    cases: DisputeCaseRepository
    clock: Clock

    async def __call__(self, trade_id: TradeId, *, by: MemberId, account: Account) -> None:
        async with self.work:
            (await self.trades.get(trade_id)).ensure_party(by)
            case = await self.cases.lock_latest(trade_id)
            case.state_account(account, by=by, at=self.clock.now())
            await self.cases.save(case)


@dataclass(frozen=True, slots=True)
class AppealDecision:
    """Ask another moderator to look again at whose fault it was, once and within two weeks.

    Only who was found at fault may; where nobody was, any party may. Copies are not moved again:
    they may have gone on by then.
    """

    work: UnitOfWork
    trades: TradeRepository
    cases: DisputeCaseRepository
    clock: Clock

    async def __call__(self, trade_id: TradeId, *, by: MemberId, text: str) -> None:
        async with self.work:
            trade = await self.trades.get(trade_id)
            trade.ensure_party(by)
            case = await self.cases.lock_latest(trade_id)
            case.object_to(text, by=by, trade=trade, at=self.clock.now())
            await self.cases.save(case)
