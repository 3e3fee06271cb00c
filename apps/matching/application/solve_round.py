"""Solving a matching round, and putting what was found to its members."""

from asyncio import Future, ensure_future, gather, to_thread, wait
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from apps.matching.application.publish_ring import PublishRing
from apps.matching.application.runs import Found, PlannedRing, Rings, Runs
from apps.matching.domain.planned_ring import RingId, RunId
from apps.matching.domain.round import MatchingRound, RoundId, RoundRepository
from apps.matching.domain.round_steps import UNSOLVED
from apps.matching.domain.snapshot import Snapshot, digest_of, rings_text
from apps.matching.domain.solving import AsideSolver, Solution
from apps.shared.application.jobs import Job, Jobs, LeaseLost
from apps.shared.application.long_work import Operations
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids

TEND = "rounds.tend"
LOOK = 1.0
"""Seconds between two looks at how far the solver is."""
SOLVED = 80
"""Percent of the work that solving is; the rest is publishing."""
DONE = 100


@dataclass(frozen=True, slots=True)
class SolveRound:
    """Find the rings of a frozen round, keep them, and put each to its members.

    Each of these steps is kept before the next one. So whoever takes it over from a worker that
    was lost goes on where that one was; and where it had not found the rings yet, it finds the
    same ones, for the input is kept.
    """

    work: UnitOfWork
    rounds: RoundRepository
    runs: Runs
    rings: Rings
    operations: Operations
    solver: AsideSolver
    publish: PublishRing
    jobs: Jobs
    ids: Ids
    clock: Clock

    async def __call__(self, job: Job) -> None:
        round_id = RoundId(UUID(job.payload["round"]))
        async with self.work:
            round = await self.rounds.lock(round_id)
            if round.state not in UNSOLVED:
                return  # it was given up, and this job tried anew by an operator
            round.begin_solving(at=self.clock.now())
            await self.rounds.save(round)
            run, text = await self.runs.input(round_id, round.generation)
            solved = await self.runs.is_solved(run)
        if not solved:
            await self._solve(round, run, text)
        await self._publish(round, run)
        async with self.work:
            round = await self._still_unsolved(round_id)
            await self.jobs.complete(job)
            await self._end(round)

    async def _solve(self, round: MatchingRound, run: RunId, text: str) -> None:
        snapshot = await to_thread(Snapshot.read, text)
        begun = monotonic()
        solution = await self._find(snapshot, round)
        found = Found(
            strategy=self.solver.strategy,
            version=self.solver.version,
            rings=solution.rings,
            bound=solution.bound,
            milliseconds=round_to_ms(monotonic() - begun),
        )
        planned = [PlannedRing(id=RingId(self.ids.next()), ring=ring) for ring in found.rings]
        digest = digest_of(await to_thread(rings_text, found.rings))
        async with self.work:
            _ = await self._still_unsolved(round.id)
            acceptance = await self.runs.acceptance()
            now = self.clock.now()
            await self.runs.keep(run, found, planned, digest=digest, acceptance=acceptance, at=now)

    async def _find(self, snapshot: Snapshot, round: MatchingRound) -> Solution:
        """Let the solver work aside, and tell meanwhile how far it is; end it with ourselves."""
        said = [0.0]
        solving: Future[Solution] = ensure_future(
            self.solver(
                snapshot.market,
                max_length=snapshot.max_length,
                seed=snapshot.seed,
                tell=said.append,
            )
        )
        try:
            while not (await wait({solving}, timeout=LOOK))[0]:
                await self._tell(round, percent_of(said[-1]))
        except BaseException:
            solving.cancel()
            await gather(solving, return_exceptions=True)
            raise
        return solving.result()

    async def _publish(self, round: MatchingRound, run: RunId) -> None:
        async with self.work:
            planned = await self.rings.planned(run)
        told_at = monotonic()
        for count, ring in enumerate(planned):
            await self.publish(ring)
            if monotonic() - told_at >= LOOK:
                await self._tell(round, SOLVED + (DONE - SOLVED) * count // len(planned))
                told_at = monotonic()

    async def _still_unsolved(self, round_id: RoundId) -> MatchingRound:
        """Lock it; raise LeaseLost where it was given up, or ended by somebody else, meanwhile."""
        round = await self.rounds.lock(round_id)
        if round.state not in UNSOLVED:
            raise LeaseLost
        return round

    async def _tell(self, round: MatchingRound, percent: int) -> None:
        """Say so where somebody waits for it, as who closed the round does; not again later."""
        if round.operation is not None:
            async with self.work:
                await self.operations.advance(round.operation, percent, at=self.clock.now())

    async def _end(self, round: MatchingRound) -> None:
        """Publish a locked round; somebody looks then whether it is over already."""
        now = self.clock.now()
        round.publish(at=now)
        await self.rounds.save(round)
        if round.operation is not None:
            result = {"href": f"/api/v1/rounds/{round.id}/result"}
            await self.operations.succeed(round.operation, result, file=None, at=now)
        await self.jobs.enqueue(TEND, {"round": str(round.id)})


def percent_of(done: float) -> int:
    """Return how far the whole operation is once this part is solved."""
    return min(int(SOLVED * done), SOLVED)


def round_to_ms(seconds: float) -> int:
    """Return whole milliseconds."""
    return round(seconds * 1000)
