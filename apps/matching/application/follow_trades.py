"""What becomes of the trades of a round, and what follows from it for the round."""

from asyncio import to_thread
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from apps.matching.application.close_round import SOLVE
from apps.matching.application.freeze_market import FreezeMarket
from apps.matching.application.runs import FollowedRing, Rings, Runs
from apps.matching.application.solve_round import TEND
from apps.matching.domain.planned_ring import LIVE, NEXT, WAITING, Dissolution, RingState, follow
from apps.matching.domain.round import MOST_GENERATIONS, MatchingRound, RoundId, RoundRepository
from apps.matching.domain.round_steps import RoundState
from apps.matching.domain.snapshot import Snapshot
from apps.shared.application.jobs import Job, Jobs
from apps.shared.application.outbox import Consumer, PublicEvent
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.contract import TradeId

CONSENTED = "party_consented"
REFUSALS = {Dissolution.REJECTED, Dissolution.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class FollowTrades(Consumer):
    """Note in each ring what becomes of its trade, and have its round looked at."""

    rings: Rings
    jobs: Jobs
    clock: Clock
    name: str = field(default="matching.rounds", init=False)
    kinds: Collection[str] = field(default=(CONSENTED, *NEXT), init=False)

    async def __call__(self, events: Sequence[PublicEvent]) -> None:
        trades = {TradeId(event.aggregate_id) for event in events}
        rings = {ring.trade: ring for ring in await self.rings.of_trades(sorted(trades))}
        moved: dict[RoundId, None] = {}
        for event in events:
            ring = rings.get(TradeId(event.aggregate_id))
            if ring and ring.state in LIVE:
                rings[ring.trade] = await self._note(ring, event)
                moved[ring.round] = None
        for round in moved:
            await self.jobs.enqueue(TEND, {"round": str(round)})

    async def _note(self, ring: FollowedRing, event: PublicEvent) -> FollowedRing:
        """Change the ring, and return it as it is then."""
        actor = event.payload.get("actor")
        by = MemberId(UUID(actor)) if actor else None
        if event.kind == CONSENTED:
            await self.rings.consent(ring.id, by, alone=False)
        become = follow(ring.state, event.kind, event.payload)
        if become is None:
            return ring
        state, reason = become
        refused_by = by if reason in REFUSALS else None
        now = self.clock.now()
        await self.rings.move(ring.id, state, reason=reason, refused_by=refused_by, at=now)
        if state is RingState.ACCEPTED:
            await self.rings.consent(ring.id, None, alone=False)
        elif state is RingState.PROPOSED:
            await self.rings.consent(ring.id, by, alone=True)
        return replace(ring, state=state)


@dataclass(frozen=True, slots=True)
class TendRound:
    """See what there is to do for a published round once nobody is to be waited for.

    Whose rings were dissolved are matched again, with all who are left; where nothing more can be
    found and all trades are over, the round is settled.
    """

    work: UnitOfWork
    rounds: RoundRepository
    runs: Runs
    rings: Rings
    freeze: FreezeMarket
    jobs: Jobs
    clock: Clock

    async def __call__(self, job: Job) -> None:
        async with self.work:
            round = await self.rounds.lock(RoundId(UUID(job.payload["round"])))
            if round.state is RoundState.PUBLISHED:
                await self._tend(round)
            await self.jobs.complete(job)

    async def _tend(self, round: MatchingRound) -> None:
        states = await self.rings.states(round.id)
        if states & WAITING:
            return
        now = self.clock.now()
        if round.generation < MOST_GENERATIONS and await self.rings.dissolved_lately(round.id):
            _, text = await self.runs.input(round.id, 1)
            first = await to_thread(Snapshot.read, text)
            await self.freeze.again(round, first, at=now)
            round.match_again(at=now)
            await self.jobs.enqueue(SOLVE, {"round": str(round.id)}, key=str(round.id))
        elif RingState.ACCEPTED not in states:
            round.settle(at=now)
        await self.rounds.save(round)
