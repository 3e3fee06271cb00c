"""Two moderators who decide at the same moment: one of them does (T22)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from apps.operations.infrastructure.invariants import broken
from apps.trading.domain.moves import State
from tests.support.disputes import Quarrel, a_moderator, a_quarrel, ensure_well
from tests.support.site import Member, Site
from tests.support.weakening import an_unguarded_site

ROUNDS = 12
MORE_ROUNDS = 40


@pytest.fixture
async def unguarded(postgresql: str, keys: Path) -> AsyncIterator[Site]:
    async with an_unguarded_site(postgresql, keys) as site:
        yield site


async def a_bench(site: Site) -> list[Member]:
    return [await a_moderator(site, name) for name in ("mia", "max")]


async def raced(site: Site, bench: list[Member], number: int) -> tuple[Quarrel, list[Response]]:
    """One finds that nothing happened, and the other that all was handed over."""
    quarrel = await a_quarrel(site, heard=True, number=number)
    answers = await asyncio.gather(
        quarrel.decide(bench[number % 2], "void"),
        quarrel.decide(bench[1 - number % 2], "complete_all"),
    )
    return quarrel, list(answers)


async def test_of_two_decisions_one_stands(site: Site) -> None:
    bench = await a_bench(site)
    for number in range(ROUNDS):
        quarrel, answers = await raced(site, bench, number)
        assert Counter(each.status_code for each in answers) == {200: 1, 409: 1}
        (winner,) = (each.json() for each in answers if each.is_success)
        case = await quarrel.case()
        assert (case.state, case.verdict) == ("decided", winner["decision"]["verdict"])
        assert (await quarrel.deal.history()).count("trade_resolved") == 1
    found = await broken(await site.engine())
    del found["a card shows at least one idol and can be found"]  # the small catalogue has no names
    assert found == dict.fromkeys(found, 0)


async def test_without_locks_both_would(unguarded: Site) -> None:
    """The control."""
    bench = await a_bench(unguarded)
    for number in range(MORE_ROUNDS):
        quarrel, answers = await raced(unguarded, bench, number)
        if all(each.is_success for each in answers):
            assert (await quarrel.deal.history()).count("trade_resolved") == 2
            return
    pytest.fail("one of two in every round")


async def test_of_two_who_find_the_same_fault_one_confirms_the_other(site: Site) -> None:
    bench = await a_bench(site)
    for number in range(ROUNDS):
        quarrel = await a_quarrel(site, heard=True, number=number)
        fault: dict[str, Any] = {"at_fault": [str(quarrel.deal.author.id)]}
        ensure_well(await asyncio.gather(*(quarrel.decide(each, **fault) for each in bench)))
        case = await quarrel.case()
        assert {case.decided_by, case.confirmed_by} == {each.id for each in bench}
        assert await quarrel.deal.state() is State.RESOLVED


async def test_of_two_appeals_one_is_heard(site: Site) -> None:
    bench = await a_bench(site)
    for number in range(ROUNDS):
        quarrel = await a_quarrel(site, heard=True, number=number)
        ensure_well([await quarrel.decide(bench[0])])
        answers = await asyncio.gather(
            *(quarrel.appeal(party) for party in (quarrel.deal.author, quarrel.deal.other))
        )
        assert sorted(each.status_code for each in answers) == [200, 409]
        assert (await quarrel.deal.history()).count("decision_appealed") == 1


async def test_a_dispute_is_decided_or_withdrawn(site: Site) -> None:
    (mia, _) = await a_bench(site)
    for number in range(ROUNDS):
        quarrel = await a_quarrel(site, heard=True, number=number)
        steps = [quarrel.decide(mia), quarrel.deal.other.post(f"{quarrel.deal.path}/resume")]
        if number % 2:
            steps.reverse()
        answers = await asyncio.gather(*steps)
        assert sorted(each.status_code for each in answers) == [200, 409]
        state, case = await quarrel.deal.state(), await quarrel.case()
        assert (state, case.state) in {
            (State.RESOLVED, "decided"),
            (State.FULFILLING, "withdrawn"),
        }
