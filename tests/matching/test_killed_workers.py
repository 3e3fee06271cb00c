"""A worker that is killed in the middle of a round leaves it to the next one, which ends the same.

Killed while the rings are looked for, and once more while they are put to their members.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import func, select

from apps.matching.application.runs import Runs
from apps.matching.domain.round import RoundId
from apps.matching.domain.round_steps import RoundState
from apps.matching.domain.snapshot import Snapshot, digest_of, rings_text
from apps.matching.infrastructure.round_models import (
    MatchingRingModel,
    MatchingRoundModel,
    MatchingRunModel,
)
from apps.shared.application.work import UnitOfWork
from apps.trading.infrastructure.models import TradeModel
from tests.matching.fans import a_circle, a_round, close, join, opener
from tests.matching.killed import CarelessPublishing, SlowPublishing, a_worker
from tests.support.crashes import kill
from tests.support.labour import until
from tests.support.site import Site
from tests.support.solvers import NearSolver

RINGS = 4
LONG = 60


async def a_closed_round(site: Site) -> str:
    """With some rings to be found in it."""
    olga = await opener(site)
    round = await a_round(olga)
    for number in range(RINGS):
        circle = await a_circle(site, start=3 * number, mark=str(number))
        await join(round, *circle.members)
    _ = await close(round, olga)
    return round


async def is_in(site: Site, state: RoundState) -> bool:
    return await site.ask(select(MatchingRoundModel.state)) == [state]


async def trades(site: Site) -> int:
    (count,) = await site.ask(select(func.count()).select_from(TradeModel))
    return int(count)


async def kill_at(site: Site, moment: Callable[[], Awaitable[bool]], **worker: object) -> None:
    """Let a worker work until then, and not any longer."""
    process = a_worker(site, **worker)  # type: ignore[arg-type]
    try:
        await until(moment)
    finally:
        kill(process)


async def end(site: Site) -> None:
    """Let another worker do the rest."""
    await kill_at(site, lambda: is_in(site, RoundState.PUBLISHED))


async def undisturbed(site: Site, round: str) -> str:
    """What the rings would be that nobody was killed over."""
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        runs = await site.port(Runs)  # type: ignore[type-abstract]
        _, text = await runs.input(RoundId(UUID(round)), 1)
    told = Snapshot.read(text)
    solution = await NearSolver()(
        told.market, max_length=told.max_length, seed=told.seed, tell=lambda _: None
    )
    return digest_of(rings_text(solution.rings))


async def test_a_killed_worker_leaves_a_round_that_ends_the_same(site: Site) -> None:
    round = await a_closed_round(site)
    before = await site.ask(select(MatchingRunModel.input_digest))

    async def solving() -> bool:
        return await is_in(site, RoundState.SOLVING)

    async def some_proposed() -> bool:
        return await trades(site) > 0

    await kill_at(site, solving, nap=LONG)
    assert await site.ask(select(MatchingRunModel.solved_at)) == [None]
    await kill_at(site, some_proposed, publishing=SlowPublishing)
    assert 0 < await trades(site) < RINGS
    await end(site)
    assert await site.ask(select(MatchingRunModel.input_digest)) == before
    assert await site.ask(select(MatchingRunModel.result_digest)) == [
        await undisturbed(site, round)
    ]
    proposed = await site.ask(select(MatchingRingModel.trade_id))
    assert len(set(proposed)) == await trades(site) == RINGS


async def test_control_trades_kept_before_what_they_are_for_come_twice(site: Site) -> None:
    _ = await a_closed_round(site)

    async def one_proposed() -> bool:
        return await trades(site) > 0

    await kill_at(site, one_proposed, publishing=CarelessPublishing)
    await end(site)
    assert await trades(site) > RINGS
