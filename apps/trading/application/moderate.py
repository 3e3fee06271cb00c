"""What moderators do about disputed trades that they have no part in (T22)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from apps.collection.contract import Holdings
from apps.identity.contract import Ranks
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.moderator import ensure_moderator
from apps.trading.domain.trade import Resolution
from apps.trading.domain.trades import TradeRepository
from apps.trading.domain.verdicts import CaseId, Outcome


@dataclass(frozen=True, slots=True)
class AssignCase:
    """Take an open case over; a decision of somebody else that nobody confirmed is dropped."""

    work: UnitOfWork
    trades: TradeRepository
    cases: DisputeCaseRepository
    ranks: Ranks

    async def __call__(self, id: CaseId, *, by: MemberId) -> None:
        async with self.work:
            ensure_moderator(await self.ranks.of(by))
            case = await self.cases.lock(id)
            case.assign(by, parties=(await self.trades.get(case.trade_id)).members)
            await self.cases.save(case)


@dataclass(frozen=True, slots=True)
class DecideCase:
    """Decide about a disputed trade once its parties were heard; its copies move or are released.

    A decision that finds fault has to be sent by a second moderator, too; until then it is
    `awaiting_confirmation`. `complete_legs` names all legs that stand.
    """

    work: UnitOfWork
    trades: TradeRepository
    cases: DisputeCaseRepository
    holdings: Holdings
    ranks: Ranks
    settle: SettleTrade
    clock: Clock

    async def __call__(
        self, id: CaseId, *, by: MemberId, resolution: Resolution, reason: str
    ) -> None:
        async with self.work:
            ensure_moderator(await self.ranks.of(by))
            trade_id = (await self.cases.get(id)).trade_id
            _ = await self.holdings.lock((await self.trades.get(trade_id)).copies)
            trade = await self.trades.lock(trade_id)
            case, at = await self.cases.lock(id), self.clock.now()
            stands = case.decide(resolution, reason=reason, by=by, trade=trade, at=at)
            await self.cases.save(case)
            if stands:
                trade.resolve(resolution, at=at)
                await self.trades.save(trade)
                await self.settle(trade, decided=resolution)


@dataclass(frozen=True, slots=True)
class DecideAppeal:
    """Look again at whose fault it was, if you took no part in the decision; no copy is moved."""

    work: UnitOfWork
    trades: TradeRepository
    cases: DisputeCaseRepository
    ranks: Ranks
    clock: Clock

    async def __call__(
        self,
        id: CaseId,
        *,
        by: MemberId,
        outcome: Outcome,
        at_fault: AbstractSet[MemberId],
        reason: str,
    ) -> None:
        async with self.work:
            ensure_moderator(await self.ranks.of(by))
            trade = await self.trades.lock((await self.cases.get(id)).trade_id)
            case, at = await self.cases.lock(id), self.clock.now()
            case.review(outcome, at_fault=at_fault, reason=reason, by=by, trade=trade, at=at)
            await self.cases.save(case)
            if outcome is Outcome.CHANGED:
                trade.change_fault(at_fault, at=at)
                await self.trades.save(trade)
