"""What moderators do about disputed trades that they have no part in (T22)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from apps.identity.contract import Ranks
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.lock_trade import LockTrade
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.moderator import ModeratorsOnly, ensure_moderator, moderators_among
from apps.trading.domain.trade import Resolution, Trade
from apps.trading.domain.trades import TradeRepository
from apps.trading.domain.verdicts import CaseId, Outcome


@dataclass(frozen=True, slots=True)
class LockCase:
    """Lock a case behind its trade, for somebody who is a moderator then, not only before.

    What somebody found who is none any more is dropped. Used inside a unit of work.
    """

    trades: TradeRepository
    lock_trade: LockTrade
    cases: DisputeCaseRepository
    ranks: Ranks

    async def __call__(
        self, id: CaseId, *, by: MemberId, moving: bool = False
    ) -> tuple[Trade, DisputeCase]:
        """Lock its copies, too, where any may be `moving`."""
        ensure_moderator(await self.ranks.of(by))
        lock = self.lock_trade if moving else self.trades.lock
        trade = await lock((await self.cases.get(id)).trade_id)
        case = await self.cases.lock(id)
        concerned = {by, case.pending.decided_by} if case.pending else {by}
        moderators = moderators_among((await self.ranks.among(concerned)).values())
        if by not in moderators:
            raise ModeratorsOnly
        case.keep_only_of(moderators)
        return trade, case


@dataclass(frozen=True, slots=True)
class AssignCase:
    """Take a case over, open or appealed; what somebody else found and nobody confirmed is dropped.

    Whoever decided it at first leaves an appeal to others.
    """

    work: UnitOfWork
    cases: DisputeCaseRepository
    lock_case: LockCase
    audit: AuditLog

    async def __call__(self, id: CaseId, *, by: MemberId) -> None:
        async with self.work:
            trade, case = await self.lock_case(id, by=by)
            case.assign(by, parties=trade.members)
            await self.cases.save(case)
            await self.audit.write("case.assign", actor=by, target=id)


@dataclass(frozen=True, slots=True)
class DecideCase:
    """Decide about a disputed trade once its parties were heard; its copies move or are released.

    A decision that finds fault has to be sent by a second moderator, too; until then it is
    `awaiting_confirmation`. `complete_legs` names all legs that stand.
    """

    work: UnitOfWork
    trades: TradeRepository
    cases: DisputeCaseRepository
    lock_case: LockCase
    settle: SettleTrade
    audit: AuditLog
    clock: Clock

    async def __call__(
        self, id: CaseId, *, by: MemberId, resolution: Resolution, reason: str
    ) -> None:
        async with self.work:
            trade, case = await self.lock_case(id, by=by, moving=True)
            at = self.clock.now()
            stands = case.decide(resolution, reason=reason, by=by, trade=trade, at=at)
            await self.cases.save(case)
            await self.audit.write("case.decide", actor=by, target=id, stands=stands)
            if stands:
                trade.resolve(resolution, at=at)
                await self.trades.save(trade)
                await self.settle(trade, decided=resolution)


@dataclass(frozen=True, slots=True)
class DecideAppeal:
    """Look again at whose fault it was, if you took no part in the decision; no copy is moved.

    Who is found at fault only now has to be found so by a second moderator, too; until then the
    case is `awaiting_confirmation`. One upholds a decision, or clears somebody.
    """

    work: UnitOfWork
    trades: TradeRepository
    cases: DisputeCaseRepository
    lock_case: LockCase
    audit: AuditLog
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
            trade, case = await self.lock_case(id, by=by)
            at = self.clock.now()
            stands = case.review(
                outcome, at_fault=at_fault, reason=reason, by=by, trade=trade, at=at
            )
            await self.cases.save(case)
            await self.audit.write("case.review", actor=by, target=id, stands=stands)
            if stands and outcome is Outcome.CHANGED:
                trade.change_fault(at_fault, at=at)
                await self.trades.save(trade)
