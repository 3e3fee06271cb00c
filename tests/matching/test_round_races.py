"""Joining, leaving and closing at once: the input is that of who has joined, and frozen once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import func, select

from apps.matching.application.close_round import SOLVE
from apps.matching.application.entries import Entry
from apps.matching.domain.round import RoundId
from apps.matching.infrastructure.round_models import MatchingEntryModel, MatchingRunModel
from apps.matching.infrastructure.rounds import SqlEntries, SqlRoundRepository
from apps.shared.infrastructure.jobs import JobModel
from apps.shared.infrastructure.long_work import OperationModel
from apps.shared.infrastructure.outbox import OutboxModel
from tests.matching.fans import a_round, fan, join, opener, want
from tests.support.deals import told
from tests.support.site import Member, Site, elsewhere
from tests.support.weakening import an_unguarded_site

LATE = 0.5
"""Seconds for which the input is being frozen while somebody joins, or closes too."""
CLOSING = 4


async def stuffed(site: Site, count: int) -> list[Member]:
    """Members with something to swap."""
    first, second = await site.some_cards(2)
    guests = [await fan(site, f"guest{number}") for number in range(count)]
    for guest in guests:
        await guest.hold(first)
        await want(guest, second)
    return guests


async def frozen(site: Site) -> tuple[int, int, int]:
    """How many runs there are, how many members are in them, and how many have joined."""
    runs, members = await site.ask(select(func.count()).select_from(MatchingRunModel)), 0
    for each in await site.ask(select(MatchingRunModel.members)):
        members += each
    joined = await site.ask(select(func.count()).select_from(MatchingEntryModel))
    return runs[0], members, joined[0]


async def test_who_is_told_that_they_have_joined_is_in_the_input(hall: Site) -> None:
    olga, guests = await opener(hall), await stuffed(hall, 8)
    round = await a_round(olga)
    await join(round, guests[0])
    racing = [elsewhere(guest.post(f"/rounds/{round}/join")) for guest in guests[1:]]
    racing.insert(3, elsewhere(olga.post(f"/rounds/{round}/close")))
    answers = Counter([told(each) for each in await asyncio.gather(*racing)])
    assert answers.keys() <= {(200, None), (202, None), (409, "invalid-transition")}
    assert answers[202, None] == 1
    runs, members, joined = await frozen(hall)
    assert (runs, members) == (1, joined)
    assert joined == 1 + answers[200, None]


async def closed_at_once(site: Site) -> Counter[tuple[int, str | None]]:
    """What those are told who close a round while another of them is freezing its input."""
    olga, guests = await opener(site), await stuffed(site, 2)
    round = await a_round(olga)
    await join(round, *guests)
    of = SqlEntries.of

    async def slowly(entries: SqlEntries, round: RoundId) -> Sequence[Entry]:
        await asyncio.sleep(LATE)
        return await of(entries, round)

    with patch.object(SqlEntries, "of", slowly):
        racing = [elsewhere(olga.post(f"/rounds/{round}/close")) for _ in range(CLOSING)]
        return Counter([told(each) for each in await asyncio.gather(*racing)])


async def follow_ups(site: Site) -> tuple[int, int, int]:
    """How many operations there are, jobs, and times that it was told that a round is closed."""
    operations = await site.ask(select(func.count()).select_from(OperationModel))
    jobs = await site.ask(select(func.count()).where(JobModel.kind == SOLVE))
    news = await site.ask(select(func.count()).where(OutboxModel.kind == "round_closed"))
    return operations[0], jobs[0], news[0]


async def test_of_some_who_close_at_once_one_freezes_the_input(hall: Site) -> None:
    answers = await closed_at_once(hall)
    assert answers == {(202, None): 1, (409, "invalid-transition"): CLOSING - 1}
    assert await frozen(hall) == (1, 2, 2)
    assert await follow_ups(hall) == (1, 1, 1)


async def test_control_without_a_lock_all_freeze_it_and_an_index_keeps_one(
    postgresql: str, keys: Path
) -> None:
    """SQLite has one writer, and so no such moment."""
    async with Site(postgresql, keys) as site:
        with patch.object(SqlRoundRepository, "lock", SqlRoundRepository.get):
            answers = await closed_at_once(site)
        assert answers == {(202, None): 1, (409, "changed-meanwhile"): CLOSING - 1}
        assert await frozen(site) == (1, 2, 2)


async def test_control_without_a_lock_and_an_index_it_is_frozen_more_than_once(
    postgresql: str, keys: Path
) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for index in ("uq_matching_runs_generation", "uq_operations_unfinished"):
            await site.run(f"DROP INDEX {index}")
        answers = await closed_at_once(site)
        assert answers == {(202, None): CLOSING}
        runs, _, joined = await frozen(site)
        assert (runs, joined) == (CLOSING, 2)
        assert await follow_ups(site) == (CLOSING, 1, CLOSING)


async def joined_while_frozen(site: Site) -> tuple[int, int, int]:
    """The status of who joins between the reading of who takes part and its commit.

    With how many are in the input, and how many have joined.
    """
    olga, (first, late) = await opener(site), await stuffed(site, 2)
    round = await a_round(olga)
    await join(round, first)
    read, of = asyncio.Event(), SqlEntries.of

    async def slowly(entries: SqlEntries, round: RoundId) -> Sequence[Entry]:
        found = await of(entries, round)
        read.set()
        await asyncio.sleep(LATE)
        return found

    with patch.object(SqlEntries, "of", slowly):
        closing = elsewhere(olga.post(f"/rounds/{round}/close"))
        await read.wait()
        answer = await late.post(f"/rounds/{round}/join")
        assert (await closing).status_code == 202
    _, members, joined = await frozen(site)
    return answer.status_code, members, joined


async def test_who_comes_while_the_input_is_frozen_waits_and_is_late(hall: Site) -> None:
    assert await joined_while_frozen(hall) == (409, 1, 1)


async def test_control_without_a_lock_somebody_joins_who_is_not_in_the_input(
    postgresql: str, keys: Path
) -> None:
    """SQLite has one writer, and so no such moment."""
    async with Site(postgresql, keys) as site:
        with patch.object(SqlRoundRepository, "lock", SqlRoundRepository.get):
            assert await joined_while_frozen(site) == (200, 1, 2)
