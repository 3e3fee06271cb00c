"""What the repository of rounds promises, in memory and in both databases alike."""

import pytest

from apps.matching.domain.round import RoundNotFound
from apps.matching.domain.round_steps import RoundState
from tests.matching.shelves import (
    A_ROUND,
    A_THIRD_ROUND,
    ANOTHER_ROUND,
    Shelves,
    a_round,
    an_open_round,
)
from tests.support.accounts import TICK
from tests.support.builders import ANN, BEA, HOUR, NOON
from tests.support.stores import facts, kept


async def test_a_round_comes_back_as_it_was_kept(shelves: Shelves) -> None:
    for round in (a_round(), an_open_round(ANOTHER_ROUND, region=None)):
        async with shelves.work:
            await shelves.rounds.add(round)
        assert await kept(shelves.rounds, round.id, by=shelves.work) == facts(round)


async def test_what_changed_is_kept(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.rounds.add(an_open_round())
    async with shelves.work:
        assert facts(await shelves.rounds.lock(A_ROUND)) == facts(an_open_round())
        await shelves.rounds.save(a_round())
    assert await kept(shelves.rounds, A_ROUND, by=shelves.work) == facts(a_round())


async def test_what_is_not_there_is_missed(shelves: Shelves) -> None:
    for find in (shelves.rounds.get, shelves.rounds.lock):
        with pytest.raises(RoundNotFound):
            async with shelves.work:
                await find(A_ROUND)


async def test_the_open_rounds_of_an_opener_are_counted(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.rounds.add(an_open_round())
        await shelves.rounds.add(an_open_round(ANOTHER_ROUND, opener=BEA))
        await shelves.rounds.add(a_round(A_THIRD_ROUND))
        assert await shelves.rounds.count_open(by=ANN) == 1
        assert await shelves.rounds.count_open(by=BEA) == 1


async def test_open_rounds_whose_time_has_come_are_found_the_oldest_first(
    shelves: Shelves,
) -> None:
    async with shelves.work:
        await shelves.rounds.add(an_open_round(closes_at=NOON))
        await shelves.rounds.add(an_open_round(ANOTHER_ROUND, closes_at=NOON - HOUR))
        await shelves.rounds.add(a_round(A_THIRD_ROUND, closes_at=NOON - HOUR))
        found = shelves.rounds.overdue
        assert await found(at=NOON - 2 * HOUR, limit=9) == []
        assert await found(at=NOON - TICK, limit=9) == [ANOTHER_ROUND]
        assert await found(at=NOON, limit=9) == [ANOTHER_ROUND, A_ROUND]
        assert await found(at=NOON, limit=1) == [ANOTHER_ROUND]


async def test_rounds_that_wait_for_a_worker_are_found(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.rounds.add(a_round(A_THIRD_ROUND, state=RoundState.SOLVING, settled_at=None))
        await shelves.rounds.add(a_round(A_ROUND, state=RoundState.CLOSED, settled_at=None))
        await shelves.rounds.add(an_open_round(ANOTHER_ROUND))
        assert await shelves.rounds.unsolved() == [A_ROUND, A_THIRD_ROUND]
