"""Runs and their rings, kept in SQL."""

import zlib
from asyncio import to_thread
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, insert, or_, select, update

from apps.matching.application.runs import (
    FEWEST_ANSWERS,
    FollowedRing,
    Found,
    FrozenRun,
    KeptRun,
    PlannedRing,
    Refusals,
    Rings,
    RunNotFound,
    Runs,
)
from apps.matching.domain.expectation import LIKELY
from apps.matching.domain.planned_ring import Dissolution, RingId, RingState, RunId
from apps.matching.domain.round import RoundId
from apps.matching.domain.snapshot import read_ring, told_ring
from apps.matching.infrastructure.round_models import (
    MatchingRingMemberModel,
    MatchingRingModel,
    MatchingRunModel,
)
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.trading.contract import TradeId

RUN, RING, MEMBER = MatchingRunModel, MatchingRingModel, MatchingRingMemberModel
UNSEEN = {"synchronize_session": False}
AGREED = RING.state.in_([RingState.ACCEPTED, RingState.COMPLETED, RingState.BROKEN])
REFUSED = RING.reason.in_([Dissolution.REJECTED, Dissolution.WITHDRAWN])
SILENT = (RING.reason == Dissolution.EXPIRED) & ~MEMBER.consented


class SqlRuns(Runs):
    """Inputs are deflated, away from the event loop."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def freeze(self, run: FrozenRun) -> None:
        """Insert it; an index lets one of each generation in."""
        told, market = run.snapshot, run.snapshot.market
        members, packed = await to_thread(lambda: (len(market.members), packed_text(run.text)))
        await self._current.session.execute(
            insert(RUN).values(
                id=run.id,
                round_id=run.round,
                generation=run.generation,
                strategy=told.strategy,
                strategy_version=told.version,
                max_length=told.max_length,
                seed=told.seed,
                watermark_tx=told.watermark[0],
                watermark_position=told.watermark[1],
                input=packed,
                input_digest=run.digest,
                members=members,
                offers=len(market.offers),
                wishes=len(market.wishes),
                frozen_at=run.frozen_at,
            )
        )

    async def input(self, round: RoundId, generation: int) -> tuple[RunId, str]:
        """Inflate it."""
        found = await self._current.session.execute(
            select(RUN.id, RUN.input).where(RUN.round_id == round, RUN.generation == generation)
        )
        run = found.one()
        return run.id, (await to_thread(zlib.decompress, run.input)).decode()

    async def kept(self, run: RunId) -> KeptRun:
        """Read the run, and its rings in their order."""
        session = self._current.session
        asked = select(RUN).where(RUN.id == run, RUN.solved_at.is_not(None))
        row = await session.scalar(asked)
        if row is None or row.result_digest is None:
            raise RunNotFound
        legs = await session.scalars(
            select(RING.legs).where(RING.run_id == run).order_by(RING.position)
        )
        return KeptRun(
            text=(await to_thread(zlib.decompress, row.input)).decode(),
            input_digest=row.input_digest,
            result_digest=row.result_digest,
            strategy=row.strategy,
            version=row.strategy_version,
            rings=[read_ring(each) for each in legs],
        )

    async def is_solved(self, run: RunId) -> bool:
        """Look for when."""
        at = await self._current.session.scalar(select(RUN.solved_at).where(RUN.id == run))
        return at is not None

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
        """Write into the run, and only then insert, or another worker's rings would come twice."""
        session = self._current.session
        kept = await session.scalar(
            update(RUN)
            .where(RUN.id == run, RUN.solved_at.is_(None))
            .values(
                strategy=found.strategy,
                strategy_version=found.version,
                result_digest=digest,
                bound=found.bound,
                milliseconds=found.milliseconds,
                acceptance_permille=round(acceptance * 1000),
                solved_at=at,
            )
            .returning(RUN.id)
            .execution_options(**UNSEEN)
        )
        if kept is None or not rings:
            return
        await session.execute(insert(RING), [ring_row(run, *each, at) for each in enumerate(rings)])
        await session.execute(
            insert(MEMBER),
            [
                {"ring_id": each.id, "member_id": member, "consented": False}
                for each in rings
                for member in each.ring.members
            ],
        )

    async def acceptance(self) -> float:
        """Count who has consented, who has refused, and who was silent."""
        answers = await self._current.session.execute(
            select(
                func.count(case((MEMBER.consented, 1))).label("yes"),
                func.count(
                    case((or_(SILENT, REFUSED & (RING.refused_by == MEMBER.member_id)), 1))
                ).label("no"),
            )
            .select_from(MEMBER)
            .join(RING, RING.id == MEMBER.ring_id)
            .where(or_(AGREED, REFUSED, RING.reason == Dissolution.EXPIRED))
        )
        row = answers.one()
        if row.yes + row.no < FEWEST_ANSWERS:
            return LIKELY
        return float(row.yes / (row.yes + row.no))


class SqlRings(Rings):
    """One statement each, for one ring or for all of a run."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def planned(self, run: RunId) -> Sequence[PlannedRing]:
        """Read them in their order."""
        rows = await self._current.session.execute(
            select(RING.id, RING.legs)
            .where(RING.run_id == run, RING.state == RingState.PLANNED)
            .order_by(RING.position)
        )
        return [PlannedRing(id=row.id, ring=read_ring(row.legs)) for row in rows]

    async def propose(self, ring: RingId, trade: TradeId, *, at: datetime) -> bool:
        """Change a row that is still planned."""
        return await self._change(
            ring, RingState.PLANNED, state=RingState.PROPOSED, trade_id=trade, updated_at=at
        )

    async def dissolve(self, ring: RingId, reason: Dissolution, *, at: datetime) -> None:
        """Change a row that is still planned."""
        state = RingState.DISSOLVED
        _ = await self._change(ring, RingState.PLANNED, state=state, reason=reason, updated_at=at)

    async def of_trades(self, trades: Sequence[TradeId]) -> Sequence[FollowedRing]:
        """Look them up by the trades they have become."""
        rows = await self._current.session.execute(
            select(RING.id, RUN.round_id.label("round"), RING.trade_id.label("trade"), RING.state)
            .join(RUN, RUN.id == RING.run_id)
            .where(RING.trade_id.in_(trades))
        )
        return [FollowedRing(**row._asdict()) for row in rows]

    async def move(
        self,
        ring: RingId,
        state: RingState,
        *,
        reason: Dissolution | None,
        refused_by: MemberId | None,
        at: datetime,
    ) -> None:
        """Change its row; nobody else reads the same events at the same time."""
        await self._current.session.execute(
            update(RING)
            .where(RING.id == ring)
            .values(state=state, reason=reason, refused_by=refused_by, updated_at=at),
            execution_options=UNSEEN,
        )

    async def consent(self, ring: RingId, member: MemberId | None, *, alone: bool) -> None:
        """Change the row of a member, or those of all."""
        which, theirs = MEMBER.ring_id == ring, MEMBER.member_id == member
        consents: Any = theirs if alone else True
        narrowed = [which] if alone or member is None else [which, theirs]
        await self._current.session.execute(
            update(MEMBER).where(*narrowed).values(consented=consents), execution_options=UNSEEN
        )

    async def states(self, round: RoundId) -> AbstractSet[RingState]:
        """Read what there is."""
        found = await self._current.session.scalars(
            select(RING.state)
            .distinct()
            .join(RUN, RUN.id == RING.run_id)
            .where(RUN.round_id == round)
        )
        return set(found.all())

    async def dissolved_lately(self, round: RoundId) -> bool:
        """Compare moments with that of the last input."""
        last = select(func.max(RUN.frozen_at)).where(RUN.round_id == round).scalar_subquery()
        lately = (
            select(RING.id)
            .join(RUN, RUN.id == RING.run_id)
            .where(
                RUN.round_id == round,
                RING.state == RingState.DISSOLVED,
                RING.updated_at >= last,
            )
            .limit(1)
        )
        return await self._current.session.scalar(lately) is not None

    async def refusals(self, round: RoundId) -> Refusals:
        """Read the members of rings that were refused, or that nobody answered in time."""
        rows = await self._current.session.execute(
            select(MEMBER.member_id, RING.refused_by, RING.reason, MEMBER.consented)
            .select_from(MEMBER)
            .join(RING, RING.id == MEMBER.ring_id)
            .join(RUN, RUN.id == RING.run_id)
            .where(RUN.round_id == round, or_(REFUSED, RING.reason == Dissolution.EXPIRED))
        )
        apart, silent = set[frozenset[MemberId]](), set[MemberId]()
        for row in rows:
            if row.reason is Dissolution.EXPIRED:
                silent |= {row.member_id} - ({row.member_id} if row.consented else set())
            elif row.refused_by not in {None, row.member_id}:
                apart.add(frozenset({row.member_id, row.refused_by}))
        return Refusals(apart=frozenset(apart), silent=frozenset(silent))

    async def _change(self, ring: RingId, before: RingState, **values: Any) -> bool:
        changed = await self._current.session.scalar(
            update(RING)
            .where(RING.id == ring, RING.state == before)
            .values(values)
            .returning(RING.id)
            .execution_options(**UNSEEN)
        )
        return changed is not None


def packed_text(text: str) -> bytes:
    """Deflate it as fast as can be: ids hardly get shorter by more effort."""
    return zlib.compress(text.encode(), level=zlib.Z_BEST_SPEED)


def ring_row(run: RunId, position: int, planned: PlannedRing, at: datetime) -> dict[str, Any]:
    """Return a ring of a run as its row, before anybody is asked."""
    return {
        "id": planned.id,
        "run_id": run,
        "position": position,
        "length": len(planned.ring.legs),
        "cards": len(planned.ring.gifts),
        "legs": told_ring(planned.ring),
        "state": RingState.PLANNED,
        "updated_at": at,
    }
