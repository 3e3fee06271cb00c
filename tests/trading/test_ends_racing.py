"""Two steps that exclude each other, at the same moment: one of them is taken (T3-T13)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context, ContextVar
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from httpx import Response

from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.clock import SystemClock
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.domain.moves import State
from tests.identity.stage import serving
from tests.support.deals import Deal, a_deal, ensure_sound
from tests.support.site import Site
from tests.support.weakening import an_unguarded_site

ROUNDS = 50
LATER: ContextVar[timedelta] = ContextVar("later", default=timedelta(0))


class OwnTime(Clock):
    """Tells each task how late it is for that one."""

    def now(self) -> datetime:
        return SystemClock().now() + LATER.get()


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Clock, OwnTime())) as site:
        yield site


@pytest.fixture
async def unguarded(postgresql: str, keys: Path) -> AsyncIterator[Site]:
    async with an_unguarded_site(postgresql, keys, serving(Clock, OwnTime())) as site:
        yield site


async def accept(deal: Deal) -> bool:
    return succeeded(await deal.accept())


async def counter(deal: Deal) -> bool:
    """Give one of the two copies that were asked for."""
    terms = {"revision": 1, "give": [str(deal.take[0])], "take": [str(deal.give[0])]}
    return succeeded(await deal.other.post(f"{deal.path}/counter", terms))


async def cancel(deal: Deal) -> bool:
    return succeeded(await deal.author.post(f"{deal.path}/cancel"))


async def confirm(deal: Deal) -> bool:
    return succeeded(await deal.confirm(deal.other))


async def expire(deal: Deal) -> bool:
    """As it will be after the time for an answer."""
    later = Context()
    later.run(LATER.set, timedelta(days=4))
    ending = (await deal.author.site.port(ExpireTrades))()
    return await asyncio.create_task(ending, context=later) == 1


def succeeded(answer: Response) -> bool:
    assert answer.status_code in {200, 409}, answer.text
    return answer.is_success


Step = Callable[[Deal], Awaitable[bool]]
RACES: dict[str, tuple[Step, State, Step, State]] = {
    "counter or accept": (counter, State.PROPOSED, accept, State.ACCEPTED),
    "cancel or confirm": (cancel, State.CANCELLED, confirm, State.FULFILLING),
    "expire or accept": (expire, State.EXPIRED, accept, State.ACCEPTED),
}
"""Two steps, and the state that each of them leads to."""


async def raced(site: Site, race: str, number: int) -> tuple[Deal, bool, bool]:
    """Take both steps at once, in turn the one or the other first."""
    first, _, second, _ = RACES[race]
    ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
    deal = await a_deal(site, author=ann, other=bea, take=[await bea.hold() for _ in range(2)])
    if first is cancel:
        await deal.accept()
    steps = [first(deal), second(deal)]
    if number % 2:
        two, one = await asyncio.gather(*reversed(steps))
    else:
        one, two = await asyncio.gather(*steps)
    return deal, one, two


@pytest.mark.parametrize("race", RACES)
async def test_one_of_two_steps_is_taken(site: Site, race: str) -> None:
    _, if_first, _, if_second = RACES[race]
    for number in range(ROUNDS):
        deal, first, second = await raced(site, race, number)
        assert first != second, "one, and not both"
        assert await deal.state() is (if_first if first else if_second)
        await leave_nothing_overdue(deal)
    await ensure_sound(site)


async def leave_nothing_overdue(deal: Deal) -> None:
    """Let the next round's clock end only what belongs to it."""
    if await deal.state() in {State.PROPOSED, State.ACCEPTED}:
        await deal.author.site.run("UPDATE trades SET due_at = NULL")


@pytest.mark.parametrize("race", RACES)
async def test_without_locks_both_would_be(unguarded: Site, race: str) -> None:
    for number in range(ROUNDS):
        deal, first, second = await raced(unguarded, race, number)
        if first and second:
            return
        await leave_nothing_overdue(deal)
    pytest.fail("one of two in every round")
