"""Standings follow what trades show, and the days that pass (R8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from apps.identity.contract import CountTrades, Standings
from apps.identity.domain.standing import StandingRepository, TradeRecord
from apps.identity.domain.vouch import VouchRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId

BATCH = 100


@dataclass(frozen=True, slots=True)
class KeptStandings(Standings):
    """Whose level falls, their vouch cards no longer hold."""

    standings: StandingRepository
    vouches: VouchRepository

    async def recount(
        self,
        members: Collection[MemberId],
        count: CountTrades,
        *,
        at: datetime,
    ) -> None:
        """Lock first: who counted before would not see what somebody else has just added."""
        locked = await self.standings.lock(members)
        records = await count(members)
        for standing, footing in locked:
            standing.recount(records.get(standing.id, TradeRecord()), at=at)
            if standing.review(footing, at=at) < 0:
                await self.vouches.revoke_all(of=standing.id, at=at)
            await self.standings.save(standing)

    async def review(self, members: Collection[MemberId], *, at: datetime) -> int:
        """Look at the calendar and the account again; the trades are as they were."""
        changed = 0
        for standing, footing in await self.standings.lock(members):
            risen = standing.review(footing, at=at)
            if risen < 0:
                await self.vouches.revoke_all(of=standing.id, at=at)
            if risen:
                await self.standings.save(standing)
                changed += 1
        return changed


@dataclass(frozen=True, slots=True)
class ReviewStandings:
    """Let levels rise and fall that depend on how many days have passed."""

    work: UnitOfWork
    standings: StandingRepository
    kept: Standings
    clock: Clock

    async def __call__(self) -> int:
        """Return how many levels changed; some members at a time, each in a unit of its own."""
        changed, last = await self._some(behind=None)
        while last is not None:
            more, last = await self._some(behind=last)
            changed += more
        return changed

    async def _some(self, *, behind: MemberId | None) -> tuple[int, MemberId | None]:
        async with self.work:
            members = await self.standings.traded(after=behind, limit=BATCH)
            changed = await self.kept.review(members, at=self.clock.now()) if members else 0
        return changed, members[-1] if members else None
