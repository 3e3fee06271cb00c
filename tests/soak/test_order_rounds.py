"""Ten slots and a hundred who claim them at once: ten are allocated, to those who came first."""

import asyncio
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import func, select

from apps.collection.domain.copy import CopyState
from apps.collection.infrastructure.models import CopyModel
from apps.group_orders.infrastructure.orders import SqlGroupOrderRepository
from apps.group_orders.infrastructure.round_models import OrderAllocationModel, OrderClaimModel
from apps.group_orders.infrastructure.rounds import SqlOrderRoundRepository
from apps.identity.infrastructure.directory import SqlDirectory
from tests.group_orders.orders import an_order, organiser
from tests.group_orders.rounds import an_open_round, asked, claimed, step
from tests.support.budget import Budget
from tests.support.deals import told
from tests.support.site import Member, Site, elsewhere
from tests.support.weakening import an_unguarded_site

SLOTS, CLAIMERS, ROUNDS_OF_AN_ORDER = 10, 100, 20
BUSY, TRIES = 503, 20
LOCKED = (
    (SqlGroupOrderRepository, "lock", SqlGroupOrderRepository.get),
    (SqlOrderRoundRepository, "lock", SqlOrderRoundRepository.get),
)
"""What lets one command at a time change what hangs on an order, and what does not."""


async def crowd(site: Site, count: int) -> list[Member]:
    """Some who may claim."""
    return [await organiser(site, f"fan{number}", level=1) for number in range(count)]


async def until_told(member: Member, round: str) -> Response:
    """Claim, again where the service is busy; nothing was kept of what it would not do."""
    for _ in range(TRIES):
        answer = await asked(member, round)
        if answer.status_code != BUSY:
            return answer
    raise AssertionError(f"The service is busy for {member.nickname} again and again.")


async def all_at_once(members: list[Member], round: str) -> Counter[tuple[int, str | None]]:
    """What those are told who claim one unit each at the same moment."""
    racing = [elsewhere(until_told(each, round)) for each in members]
    return Counter([told(answer) for answer in await asyncio.gather(*racing)])


async def sold(site: Site, round: str) -> tuple[int, int]:
    """How many allocations of a round live, and of how many slots."""
    live = (OrderAllocationModel.round_id == UUID(round), OrderAllocationModel.ended_at.is_(None))
    counts = select(func.count()).where(*live)
    slots = select(func.count(OrderAllocationModel.slot_id.distinct())).where(*live)
    return (await site.ask(counts))[0], (await site.ask(slots))[0]


async def sequences(site: Site, round: str, *, granted: int) -> list[int]:
    """The server's numbers of the claims that have so much."""
    return await site.ask(
        select(OrderClaimModel.sequence)
        .where(OrderClaimModel.round_id == UUID(round), OrderClaimModel.granted == granted)
        .order_by(OrderClaimModel.sequence)
    )


async def expected_copies(site: Site) -> int:
    """How many copies somebody waits for."""
    waiting = select(func.count()).where(CopyModel.state == CopyState.EXPECTED)
    return int((await site.ask(waiting))[0])


async def nothing_is_locked(*_: object) -> None:
    """Let everybody go on."""


async def let_another_one_open(site: Site) -> None:
    """End what is under way."""
    await site.run("UPDATE group_orders SET state = 'cancelled', ended_at = opened_at")


async def test_of_100_who_claim_10_slots_at_once_the_first_10_have_them(
    site: Site, budget: Budget
) -> None:
    olga, members = await organiser(site, level=3), await crowd(site, CLAIMERS)
    order, rounds = "", budget.of(2, 100)
    for number in range(rounds):
        if number % ROUNDS_OF_AN_ORDER == 0:
            await let_another_one_open(site)
            order = await an_order(olga)
        round = await an_open_round(olga, order)
        assert await all_at_once(members, round) == {(201, None): CLAIMERS}
        assert await sold(site, round) == (SLOTS, SLOTS)
        assert await sequences(site, round, granted=1) == [*range(1, SLOTS + 1)]
        assert await sequences(site, round, granted=0) == [*range(SLOTS + 1, CLAIMERS + 1)]
        assert await expected_copies(site) == SLOTS
        await step(olga, round, "cancel")
        assert await expected_copies(site) == 0
    budget.tell(f"{rounds} rounds of {SLOTS} slots, {CLAIMERS} claimers each: {SLOTS} allocated")


async def left_at_once(site: Site) -> list[int]:
    """Whose the slots are, by sequence, when all who had them withdraw while as many wait."""
    olga, members = await organiser(site, level=3), await crowd(site, 2 * SLOTS)
    round = await an_open_round(olga, await an_order(olga))
    held = [await claimed(each, round) for each in members][:SLOTS]
    leaving = [
        elsewhere(each.post(f"/claims/{claim['id']}/withdraw"))
        for each, claim in zip(members, held, strict=False)
    ]
    answers = Counter([told(answer) for answer in await asyncio.gather(*leaving)])
    assert answers.keys() <= {(200, None), (409, "changed-meanwhile")}
    return await site.ask(
        select(OrderClaimModel.sequence)
        .join(OrderAllocationModel, OrderAllocationModel.claim_id == OrderClaimModel.id)
        .where(OrderAllocationModel.ended_at.is_(None))
        .order_by(OrderClaimModel.sequence)
    )


WAITED = [*range(SLOTS + 1, 2 * SLOTS + 1)]


async def test_slots_that_come_free_at_once_go_to_who_waits_each_once(site: Site) -> None:
    assert await left_at_once(site) == WAITED
    assert await expected_copies(site) == SLOTS


async def test_control_without_locks_who_waits_gets_several_or_none(
    postgresql: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer, and so no such moment."""
    for repository, name, weak in LOCKED:
        monkeypatch.setattr(repository, name, weak)
    async with Site(postgresql, keys) as site:
        assert await left_at_once(site) != WAITED


async def test_control_with_no_more_than_a_look_at_what_is_free_they_are_oversold(
    postgresql: str, keys: Path
) -> None:
    """SQLite has one writer, and so no such moment."""
    async with an_unguarded_site(postgresql, keys) as site:
        for index in ("uq_order_allocations_live", "uq_order_claims_sequence"):
            await site.run(f"DROP INDEX {index}")
        members, olga = await crowd(site, CLAIMERS), await organiser(site, level=3)
        round = await an_open_round(olga, await an_order(olga))
        assert await all_at_once(members, round) == {(201, None): CLAIMERS}
        allocated, slots = await sold(site, round)
        assert allocated > SLOTS >= slots


async def test_control_without_locks_the_index_still_lets_nobody_have_a_slot_twice(
    postgresql: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for repository, name, weak in LOCKED:
        monkeypatch.setattr(repository, name, weak)
    monkeypatch.setattr(SqlDirectory, "lock", nothing_is_locked)
    async with Site(postgresql, keys) as site:
        members, olga = await crowd(site, CLAIMERS), await organiser(site, level=3)
        round = await an_open_round(olga, await an_order(olga))
        answers = await all_at_once(members, round)
        assert answers[409, "changed-meanwhile"] > 0
        allocated, slots = await sold(site, round)
        assert allocated == slots <= SLOTS
