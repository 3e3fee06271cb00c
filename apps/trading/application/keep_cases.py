"""A case is open as long as its trade is disputed, in one and the same transaction."""

from dataclasses import dataclass

from apps.shared.domain.ids import Ids
from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.history import DisputeWidened, TradeDisputed, TradeResumed
from apps.trading.domain.verdicts import CaseId


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open a case for a trade that is disputed, whoever disputes it (T14, T15, T17, T21)."""

    cases: DisputeCaseRepository
    ids: Ids

    async def __call__(self, event: TradeDisputed) -> None:
        await self.cases.add(DisputeCase.open(CaseId(self.ids.next()), event))


@dataclass(frozen=True, slots=True)
class WidenCase:
    """Let an open case be about further legs of its ring, too (T17, T21)."""

    cases: DisputeCaseRepository

    async def __call__(self, event: DisputeWidened) -> None:
        case = await self.cases.lock_latest(event.trade)
        case.widen(event.at)
        await self.cases.save(case)


@dataclass(frozen=True, slots=True)
class WithdrawCase:
    """Leave a case undecided, for its trade goes on (T18)."""

    cases: DisputeCaseRepository

    async def __call__(self, event: TradeResumed) -> None:
        case = await self.cases.lock_latest(event.trade)
        case.withdraw()
        await self.cases.save(case)
