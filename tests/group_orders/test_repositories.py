"""What the repositories of orders and rounds promise, in memory and in both databases alike."""

import pytest

from apps.group_orders.domain.order import GroupOrderNotFound
from apps.group_orders.domain.order_round import OrderRoundNotFound
from apps.group_orders.domain.order_steps import OrderState
from apps.group_orders.domain.round_steps import OrderRoundState
from tests.group_orders.shelves import (
    A_ROUND,
    A_THIRD_ROUND,
    AN_ORDER,
    ANOTHER_ORDER,
    ANOTHER_ROUND,
    Shelves,
    a_live_order,
    a_round,
    an_open_round,
    an_order,
)
from tests.support.accounts import TICK
from tests.support.builders import ANN, BEA, HOUR, NOON
from tests.support.stores import facts, kept


async def test_an_order_comes_back_as_it_was_kept(shelves: Shelves) -> None:
    for order in (an_order(), a_live_order(ANOTHER_ORDER, release_id=None, co_organiser=None)):
        async with shelves.work:
            await shelves.orders.add(order)
        assert await kept(shelves.orders, order.id, by=shelves.work) == facts(order)


async def test_what_changed_of_an_order_is_kept(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.orders.add(a_live_order(rules=an_order().rules[:1]))
    async with shelves.work:
        locked = await shelves.orders.lock(AN_ORDER)
        assert facts(locked) == facts(a_live_order(rules=an_order().rules[:1]))
        await shelves.orders.save(an_order())
    assert await kept(shelves.orders, AN_ORDER, by=shelves.work) == facts(an_order())


async def test_orders_that_are_not_there_are_missed(shelves: Shelves) -> None:
    for find in (shelves.orders.get, shelves.orders.lock):
        with pytest.raises(GroupOrderNotFound):
            async with shelves.work:
                await find(AN_ORDER)


async def test_the_orders_of_an_organiser_are_counted(shelves: Shelves) -> None:
    draft = a_live_order(ANOTHER_ORDER, state=OrderState.DRAFT, opened_at=None)
    async with shelves.work:
        await shelves.orders.add(a_live_order())
        await shelves.orders.add(draft)
        assert await shelves.orders.count_live(of=ANN) == 1
        assert await shelves.orders.count_drafts(of=ANN) == 1
        assert await shelves.orders.count_live(of=BEA) == 0
        assert await shelves.orders.count_drafts(of=BEA) == 0


@pytest.fixture
async def desk(shelves: Shelves) -> Shelves:
    """With an order."""
    async with shelves.work:
        await shelves.orders.add(a_live_order())
    return shelves


async def test_a_round_comes_back_as_it_was_kept(desk: Shelves) -> None:
    for round in (a_round(), an_open_round(ANOTHER_ROUND)):
        async with desk.work:
            await desk.rounds.add(round)
        assert await kept(desk.rounds, round.id, by=desk.work) == facts(round)


async def test_what_changed_of_a_round_is_kept(desk: Shelves) -> None:
    async with desk.work:
        await desk.rounds.add(an_open_round())
    async with desk.work:
        assert facts(await desk.rounds.lock(A_ROUND)) == facts(an_open_round())
        await desk.rounds.save(a_round())
    assert await kept(desk.rounds, A_ROUND, by=desk.work) == facts(a_round())


async def test_rounds_that_are_not_there_are_missed(desk: Shelves) -> None:
    for find in (desk.rounds.get, desk.rounds.lock):
        with pytest.raises(OrderRoundNotFound):
            async with desk.work:
                await find(A_ROUND)


async def test_the_rounds_of_an_order_are_found(desk: Shelves) -> None:
    over = a_round(ANOTHER_ROUND, state=OrderRoundState.SETTLED)
    async with desk.work:
        assert not await desk.rounds.has_open(AN_ORDER)
        await desk.rounds.add(an_open_round(A_THIRD_ROUND))
        await desk.rounds.add(over)
        await desk.rounds.add(a_round())
    async with desk.work:
        assert await desk.rounds.count(of=AN_ORDER) == 3
        assert await desk.rounds.count(of=ANOTHER_ORDER) == 0
        assert await desk.rounds.has_open(AN_ORDER)
        assert not await desk.rounds.has_open(ANOTHER_ORDER)
        found = await desk.rounds.unfinished(of=AN_ORDER)
        assert [facts(each) for each in found] == [
            facts(a_round()),
            facts(an_open_round(A_THIRD_ROUND)),
        ]
        assert await desk.rounds.unfinished(of=ANOTHER_ORDER) == []


async def test_open_rounds_whose_time_has_come_are_found_the_oldest_first(desk: Shelves) -> None:
    async with desk.work:
        await desk.rounds.add(an_open_round(closes_at=NOON))
        await desk.rounds.add(an_open_round(ANOTHER_ROUND, closes_at=NOON - HOUR))
        await desk.rounds.add(a_round(A_THIRD_ROUND, closes_at=NOON - HOUR))
        found = desk.rounds.overdue
        assert await found(at=NOON - 2 * HOUR, limit=9) == []
        assert await found(at=NOON - TICK, limit=9) == [ANOTHER_ROUND]
        assert await found(at=NOON, limit=9) == [ANOTHER_ROUND, A_ROUND]
        assert await found(at=NOON, limit=1) == [ANOTHER_ROUND]
