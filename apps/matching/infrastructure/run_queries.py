"""Questions about runs: what they were solved from, and what has come of their rings."""

import json
import zlib
from asyncio import to_thread
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from apps.identity.contract import ModeratorsOnly, Ranks
from apps.matching.application.show_rounds import (
    ListRuns,
    ResultView,
    RingView,
    RunView,
    ShowResult,
)
from apps.matching.domain.round import NotPublished, RoundId
from apps.matching.infrastructure.round_models import (
    MatchingRingMemberModel,
    MatchingRingModel,
    MatchingRunModel,
)
from apps.matching.infrastructure.round_queries import RoundReads
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

RUN, RING, MEMBER = MatchingRunModel, MatchingRingModel, MatchingRingMemberModel
TOLD = select(*(column for column in RUN.__table__.columns if column.key != "input"))
OF_ROUND = Question(
    TOLD.where(RUN.round_id == bindparam("round"))
    .order_by(RUN.generation.desc())
    .limit(bindparam("limit"))
)
NEWEST_FIRST = Question(TOLD.order_by(RUN.id.desc()).limit(bindparam("limit")))
INPUTS = Question(select(RUN.id, RUN.input).where(RUN.id.in_(bindparam("runs", expanding=True))))
COUNTS = Question(
    select(
        RING.run_id,
        RING.length,
        RING.state,
        func.count().label("rings"),
        func.sum(RING.cards).label("cards"),
    )
    .where(RING.run_id.in_(bindparam("runs", expanding=True)))
    .group_by(RING.run_id, RING.length, RING.state)
)
FOUND = (
    select(
        RING.id,
        RUN.generation,
        RING.legs,
        RING.cards,
        RING.state,
        RING.reason,
        RING.trade_id,
    )
    .join(RUN, RUN.id == RING.run_id)
    .where(RUN.round_id == bindparam("round"))
    .order_by(RUN.generation, RING.position)
)
ALL_RINGS = Question(FOUND)
MY_RINGS = Question(
    FOUND.join(MEMBER, MEMBER.ring_id == RING.id).where(MEMBER.member_id == bindparam("member"))
)
MOST_GENERATIONS = 100


class RunReads:
    """What questions about runs share."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def views(self, rows: Sequence[Any], *, with_input: bool) -> list[RunView]:
        """Add the counts of all runs at once, and what they were solved from."""
        ids = [row.id for row in rows]
        counts: dict[Any, list[Any]] = defaultdict(list)
        for each in await self._reads(COUNTS, runs=ids) if ids else ():
            counts[each.run_id].append(each)
        inputs: dict[Any, Any] = {}
        for each in await self._reads(INPUTS, runs=ids) if ids and with_input else ():
            inputs[each.id] = await to_thread(inflated, each.input)
        return [run_view(row, counts[row.id], inputs.get(row.id)) for row in rows]


class SqlListRuns(ListRuns):
    """The end of an index."""

    def __init__(self, reads: Reads, runs: RunReads) -> None:
        self._reads = reads
        self._runs = runs

    async def __call__(self, *, round: RoundId | None, limit: int) -> Sequence[RunView]:
        """Read it."""
        if round is None:
            rows = await self._reads(NEWEST_FIRST, limit=limit)
        else:
            rows = await self._reads(OF_ROUND, round=round, limit=limit)
        return await self._runs.views(rows, with_input=False)


class SqlShowResult(ShowResult):
    """The runs of a round, and the rings that the reader may see."""

    def __init__(self, reads: Reads, rounds: RoundReads, runs: RunReads, ranks: Ranks) -> None:
        self._reads = reads
        self._rounds = rounds
        self._runs = runs
        self._ranks = ranks

    async def __call__(self, id: RoundId, *, to: MemberId, with_input: bool) -> ResultView:
        """Show members their own rings only: who gives what to whom is between its parties."""
        round = await self._rounds.one(id)
        staff = (await self._ranks.of(to)).role.is_staff
        if with_input and not staff:
            raise ModeratorsOnly
        runs = await self._reads(OF_ROUND, round=id, limit=MOST_GENERATIONS)
        if not any(run.solved_at for run in runs):
            raise NotPublished
        rings = await (
            self._reads(ALL_RINGS, round=id)
            if staff
            else self._reads(MY_RINGS, round=id, member=to)
        )
        return ResultView(
            round_id=id,
            state=round.state,
            runs=await self._runs.views(runs, with_input=with_input),
            rings=[ring_view(ring) for ring in rings],
        )


def inflated(input: bytes) -> Any:
    """Return what the canonical text says."""
    return json.loads(zlib.decompress(input))


def run_view(row: Any, counts: Sequence[Any], input: Any | None) -> RunView:
    """Put a run and the counts of its rings together."""
    lengths, cards = defaultdict[int, int](int), defaultdict[int, int](int)
    states = defaultdict[Any, int](int)
    for each in counts:
        lengths[each.length] += each.rings
        states[each.state] += each.rings
        cards[each.length] += int(each.cards)
    acceptance = None if row.solved_at is None else row.acceptance_permille / 1000
    return RunView(
        **{name: getattr(row, name) for name in SAME},
        version=row.strategy_version,
        watermark=f"{row.watermark_tx}-{row.watermark_position}",
        cards=sum(cards.values()),
        expected_cards=None if acceptance is None else expected(cards, acceptance),
        acceptance=acceptance,
        rings_by_length={str(length): lengths[length] for length in sorted(lengths)},
        rings_by_state=dict(sorted(states.items())),
        seconds=None if row.milliseconds is None else row.milliseconds / 1000,
        input=input,
    )


SAME = (
    *("id", "round_id", "generation", "strategy", "max_length", "seed", "input_digest"),
    *("result_digest", "members", "offers", "wishes", "bound", "frozen_at", "solved_at"),
)
"""What a view and its row call alike."""


def expected(cards: Mapping[int, int], acceptance: float) -> float:
    """Return, to a tenth of a card, what `expected_cards` adds up where all are as likely."""
    return round(sum(count * acceptance**length for length, count in cards.items()), 1)


def ring_view(row: Any) -> RingView:
    """Show a ring by who gives in it, in the order of giving."""
    return RingView(
        id=row.id,
        generation=row.generation,
        members=[MemberId(UUID(leg[0][2])) for leg in row.legs],
        cards=row.cards,
        state=row.state,
        reason=row.reason,
        trade_id=row.trade_id,
    )
