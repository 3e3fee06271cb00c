"""Solving a run again from what is kept of it, to see that it was so."""

from asyncio import to_thread
from dataclasses import dataclass

from apps.matching.application.runs import Runs
from apps.matching.domain.planned_ring import RunId
from apps.matching.domain.snapshot import Snapshot, digest_of, rings_text
from apps.matching.domain.solving import AsideSolver, Tell
from apps.shared.application.work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What holds of a run: its input, the rings that are kept, and what comes of the input now.

    `same_strategy` is false where another version solves here by now; then `again` may differ.
    """

    input: bool
    rings: bool
    again: bool
    same_strategy: bool

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return self.input and self.rings and self.again


@dataclass(frozen=True, slots=True)
class VerifyRun:
    """Compare the digests of a run with its kept input, its kept rings, and those found anew."""

    work: UnitOfWork
    runs: Runs
    solver: AsideSolver

    async def __call__(self, run: RunId, *, tell: Tell) -> Verification:
        """Raise RunNotFound."""
        async with self.work:
            kept = await self.runs.kept(run)
        told = await to_thread(Snapshot.read, kept.text)
        solution = await self.solver(
            told.market, max_length=told.max_length, seed=told.seed, tell=tell
        )
        return Verification(
            input=digest_of(kept.text) == kept.input_digest,
            rings=digest_of(rings_text(kept.rings)) == kept.result_digest,
            again=digest_of(await to_thread(rings_text, solution.rings)) == kept.result_digest,
            same_strategy=(kept.strategy, kept.version)
            == (self.solver.strategy, self.solver.version),
        )
