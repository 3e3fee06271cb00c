"""Closing a matching round: nobody joins any more, and its input is frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.matching.application.freeze_market import FreezeMarket
from apps.matching.application.join_round import Welcome
from apps.matching.domain.round import MatchingRound, RoundId, RoundRepository
from apps.matching.domain.round_steps import RoundState
from apps.shared.application.jobs import Jobs
from apps.shared.application.long_work import Operations
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import Clock, MemberId

SOLVE = "rounds.solve"
BATCH = 20
"""Rounds that are closed in one call."""


class Seeds(Protocol):
    """Numbers that nobody can foresee."""

    def draw(self) -> int:
        """Return one of 31 bits."""
        ...


@dataclass(frozen=True, slots=True)
class ShutRound:
    """Freeze the input of a locked round, and leave it to a worker to solve it."""

    rounds: RoundRepository
    freeze: FreezeMarket
    operations: Operations
    jobs: Jobs
    seeds: Seeds
    clock: Clock

    async def __call__(self, round: MatchingRound, *, by: MemberId) -> UUID:
        """Return the operation, which is of whoever has closed it."""
        now, seed = self.clock.now(), self.seeds.draw()
        run = await self.freeze.first(round, seed=seed, at=now)
        operation = await self.operations.begin(f"round:{round.id.hex}", of=by, at=now)
        round.close(by=by, seed=seed, operation=operation, digest=run.digest, at=now)
        await self.rounds.save(round)
        await self.jobs.enqueue(SOLVE, {"round": str(round.id)}, key=str(round.id))
        return operation


@dataclass(frozen=True, slots=True)
class CloseRound:
    """Close a round that you have opened, before its time; moderators close any.

    Its input is frozen with that. The operation tells how solving goes, and when the rings that
    were found have been put to their members.
    """

    work: UnitOfWork
    rounds: RoundRepository
    welcome: Welcome
    shut: ShutRound
    clock: Clock

    async def __call__(self, round_id: RoundId, *, by: MemberId) -> UUID:
        async with self.work:
            round = await self.rounds.lock(round_id)
            round.ensure_may_close(await self.welcome(round, by), at=self.clock.now())
            return await self.shut(round, by=by)


@dataclass(frozen=True, slots=True)
class CloseDueRounds:
    """Close the rounds whose time has come; who has opened one has its operation."""

    work: UnitOfWork
    rounds: RoundRepository
    shut: ShutRound
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were closed, each in a unit of work of its own.

        One that cannot be closed does not hold up those behind it; it is told when they are done.
        """
        closed, faults = 0, []
        for round_id in await self._overdue():
            try:
                closed += await self._close(round_id)
            except Busy:
                raise
            except Exception as fault:  # noqa: BLE001 - raised below
                faults.append(fault)
        if faults:
            raise ExceptionGroup("Some rounds could not be closed", faults)
        return closed

    async def _overdue(self) -> Sequence[RoundId]:
        async with self.work:
            return await self.rounds.overdue(at=self.clock.now(), limit=BATCH)

    async def _close(self, round_id: RoundId) -> bool:
        async with self.work:
            round = await self.rounds.lock(round_id)
            if round.state is not RoundState.OPEN:
                return False
            _ = await self.shut(round, by=round.opener)
        return True
