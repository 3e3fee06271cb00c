"""A round that no worker will solve any more comes to its end without what was not found."""

from dataclasses import dataclass

from apps.matching.application.close_round import SOLVE
from apps.matching.application.runs import Rings, Runs
from apps.matching.application.solve_round import TEND
from apps.matching.domain.planned_ring import Dissolution
from apps.matching.domain.round import RoundId, RoundRepository
from apps.matching.domain.round_steps import UNSOLVED
from apps.shared.application.jobs import Jobs
from apps.shared.application.long_work import Operations
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

PROBLEM = {"code": "internal-error", "detail": "The round could not be solved."}


@dataclass(frozen=True, slots=True)
class GiveUpRounds:
    """End the rounds whose job was given up, for it failed, or its worker was lost, each time.

    A worker that is lost can say nothing itself. So this looks for what is missing: a round waits
    for a worker, and no job is there for one to take.
    """

    work: UnitOfWork
    rounds: RoundRepository
    runs: Runs
    rings: Rings
    operations: Operations
    jobs: Jobs
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were given up, each in a unit of work of its own."""
        async with self.work:
            unsolved = await self.rounds.unsolved()
            waiting = await self.jobs.unfinished(SOLVE)
        lost = [round_id for round_id in unsolved if str(round_id) not in waiting]
        return sum([await self._give_up(round_id) for round_id in lost])

    async def _give_up(self, round_id: RoundId) -> bool:
        """Look again while nobody else can change it: who closes or ends one changes both."""
        async with self.work:
            round = await self.rounds.lock(round_id)
            if round.state not in UNSOLVED or str(round_id) in await self.jobs.unfinished(SOLVE):
                return False
            now = self.clock.now()
            if round.operation is not None:
                await self.operations.fail(round.operation, PROBLEM, at=now)
            run, _ = await self.runs.input(round_id, round.generation)
            for ring in await self.rings.planned(run):
                await self.rings.dissolve(ring.id, Dissolution.NOT_PROPOSED, at=now)
            round.begin_solving(at=now)
            round.publish(at=now)
            await self.rounds.save(round)
            await self.jobs.enqueue(TEND, {"round": str(round_id)})
        return True
