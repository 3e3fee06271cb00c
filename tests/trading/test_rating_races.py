"""Both sides rate at the same moment: each is shown once, and as it was read it stays (R3)."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from apps.shared.application.work import UnitOfWork
from apps.trading.application.rate_trade import RateTrade
from apps.trading.domain.rating import Opinion
from tests.support.deals import Deal, told
from tests.support.rated import a_swap, rate, rated, seen
from tests.support.site import Member, Site, elsewhere
from tests.support.stores import LOCKED, UNLOCKED
from tests.support.weakening import an_unguarded_site

ROUNDS, CONTROL_ROUNDS = 6, 40


async def a_pair(site: Site, number: int) -> tuple[Member, Member, Deal]:
    ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
    return ann, bea, await a_swap(site, ann, bea)


async def left_hidden(site: Site, number: int) -> bool:
    """Both rate at once; whether one of the two is still hidden after that."""
    ann, bea, deal = await a_pair(site, number)
    answers = await asyncio.gather(rate(ann, deal, 1), rate(bea, deal, 5))
    assert [answer.status_code for answer in answers] == [201, 201]
    return min([len(await seen(member, deal)) for member in (ann, bea)]) < 2


async def read_while_it_changes(site: Site, *, patience: float) -> tuple[int, int]:
    """Ann is just about to change her score when Bea rates; what Bea reads, and what it is then.

    `patience` is for how many seconds Bea may take until Ann goes on.
    """
    ann, bea, deal = await a_pair(site, 0)
    await rated(ann, deal, 1)

    async def rate_and_read() -> int:
        await rated(bea, deal, 5)
        score: int = (await seen(bea, deal))[str(ann.id)]["score"]
        return score

    change = await site.port(RateTrade)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await change(deal.id, by=ann.id, to=None, opinion=Opinion.of(4))
        reading = elsewhere(rate_and_read())
        await asyncio.wait([reading], timeout=patience)
    return await reading, (await seen(bea, deal))[str(ann.id)]["score"]


async def test_when_both_rate_at_once_both_are_shown(site: Site) -> None:
    assert not any([await left_hidden(site, number) for number in range(ROUNDS)])


async def test_what_was_read_stays(site: Site) -> None:
    assert await read_while_it_changes(site, patience=LOCKED) == (4, 4)


async def test_of_a_change_and_the_other_side_at_once_one_comes_first(site: Site) -> None:
    for number in range(ROUNDS):
        ann, bea, deal = await a_pair(site, number)
        await rated(ann, deal, 1)
        again, back = await asyncio.gather(rate(ann, deal, 4), rate(bea, deal, 5))
        assert back.status_code == 201
        assert told(again) in {(201, None), (409, "rating-shown")}
        score = (await seen(bea, deal))[str(ann.id)]["score"]
        assert score == (4 if again.is_success else 1)


async def test_who_rates_many_times_at_once_has_rated_once(site: Site) -> None:
    """R1."""
    ann, _, deal = await a_pair(site, 0)
    answers = await asyncio.gather(*(rate(ann, deal, score) for score in (1, 2, 3, 4, 5)))
    assert Counter(told(answer) for answer in answers) == {(201, None): 5}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_without_locks_both_would_stay_hidden(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(CONTROL_ROUNDS):
            if await left_hidden(site, number):
                return
    pytest.fail("shown in every round")


async def test_without_locks_it_would_change_after_it_was_read(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        assert await read_while_it_changes(site, patience=UNLOCKED) == (1, 4)
