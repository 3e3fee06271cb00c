"""Runs: what was solved, from what, and the rings that were found."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.matching.domain.planned_ring import Dissolution, RingId, RingState, RunId
from apps.matching.domain.ring import Ring
from apps.matching.domain.round import RoundId
from apps.matching.domain.snapshot import Snapshot
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.trading.contract import TradeId

FEWEST_ANSWERS = 20
"""Answers from which on it counts what was observed, and no longer what is likely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenRun:
    """A run before it is solved: its input is kept as `text`, for which `digest` stands."""

    id: RunId
    round: RoundId
    generation: int
    snapshot: Snapshot
    text: str
    digest: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What solving has come to; by which version of which strategy, and in how many ms."""

    strategy: str
    version: int
    rings: Sequence[Ring]
    bound: int
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRing:
    """A ring of a run, at its place."""

    id: RingId
    ring: Ring


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedRing:
    """A ring whose trade has moved."""

    id: RingId
    round: RoundId
    trade: TradeId
    state: RingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """What the answers of a round say about who is to be matched again.

    `apart` pairs who has refused a ring with the others in it; `silent` let the time pass.
    """

    apart: frozenset[frozenset[MemberId]]
    silent: frozenset[MemberId]


class RunNotFound(NotFound):
    """There is no such run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """What is kept of a run that was solved, to be compared."""

    text: str
    input_digest: str
    result_digest: str
    strategy: str
    version: int
    rings: Sequence[Ring]


class Runs(Protocol):
    """Used inside a unit of work."""

    async def freeze(self, run: FrozenRun) -> None:
        """Keep the input of a run; there is one for each generation of a round."""
        ...

    async def input(self, round: RoundId, generation: int) -> tuple[RunId, str]:
        """Return a run and the text it is solved from."""
        ...

    async def kept(self, run: RunId) -> KeptRun:
        """Return what there is to compare; raise RunNotFound, also where it is not solved yet."""
        ...

    async def is_solved(self, run: RunId) -> bool:
        """Tell whether its rings are kept."""
        ...

    async def keep(
        self,
        run: RunId,
        found: Found,
        rings: Sequence[PlannedRing],
        *,
        digest: str,
        acceptance: float,
        at: datetime,
    ) -> None:
        """Keep what was found, unless another worker has; the digest is that of the rings."""
        ...

    async def acceptance(self) -> float:
        """Return how probable it is, as far as was observed, that a member consents."""
        ...


class Rings(Protocol):
    """Used inside a unit of work; each change is guarded by the state that it starts from."""

    async def planned(self, run: RunId) -> Sequence[PlannedRing]:
        """Return those that were not put to their members yet, in order."""
        ...

    async def propose(self, ring: RingId, trade: TradeId, *, at: datetime) -> bool:
        """Note the trade that a planned ring has become; False where somebody else did."""
        ...

    async def dissolve(self, ring: RingId, reason: Dissolution, *, at: datetime) -> None:
        """Note that nothing can come of a planned ring."""
        ...

    async def of_trades(self, trades: Sequence[TradeId]) -> Sequence[FollowedRing]:
        """Return those that have become these trades."""
        ...

    async def move(
        self,
        ring: RingId,
        state: RingState,
        *,
        reason: Dissolution | None,
        refused_by: MemberId | None,
        at: datetime,
    ) -> None:
        """Note what has become of its trade, and who refused it."""
        ...

    async def consent(self, ring: RingId, member: MemberId | None, *, alone: bool) -> None:
        """Note that a member, or everybody, consents; `alone` where the others have to anew."""
        ...

    async def states(self, round: RoundId) -> AbstractSet[RingState]:
        """Return all states in which there are rings of this round."""
        ...

    async def dissolved_lately(self, round: RoundId) -> bool:
        """Tell whether a ring was dissolved since the members were last matched."""
        ...

    async def refusals(self, round: RoundId) -> Refusals:
        """Return who has refused whom, and who was silent."""
        ...
