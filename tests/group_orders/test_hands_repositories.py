"""What the repositories of milestones, handovers and ratings promise, in memory and in SQL."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.group_orders.domain.handover import Handover, HandoverId, Outcome
from apps.group_orders.domain.milestone import (
    SILENT_FOR,
    Milestone,
    MilestoneExists,
    MilestoneId,
    MilestoneNotFound,
    Move,
)
from apps.group_orders.domain.milestone_steps import MilestoneKind
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_rating import OrderRating
from apps.group_orders.domain.order_steps import OrderState
from apps.trading.contract import AlreadyRated, Opinion, RatingId, RatingNotFound, RatingTag
from apps.trading.domain.rating import Removal, Reply
from tests.group_orders.shelves import AN_ORDER, ANOTHER_ORDER, Shelves, a_live_order
from tests.support.accounts import TICK
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, a_uuid
from tests.support.stores import facts, kept

DAY = date(2026, 5, 24)
PAST = NOON - SILENT_FOR


def a_milestone(number: int = 1, **given: Any) -> Milestone:
    """One that was reached, with all that a milestone can have."""
    told: dict[str, Any] = {
        "order": AN_ORDER,
        "kind": MilestoneKind.ORDERED,
        "planned_on": DAY,
        "due_at": NOON,
        "done_at": NOON + HOUR,
        "done_by": BEA,
        "note": "A day late.",
        "proof_url": "https://shots.example/1",
        "overdue_at": NOON,
        "skipped_at": None,
        "created_at": NOON - TICK,
    }
    return Milestone(id=MilestoneId(a_uuid(number, of=33)), **(told | given))


def ahead(number: int = 1, **given: Any) -> Milestone:
    """One that is not reached, and whose day has passed long ago."""
    nothing = dict.fromkeys(("done_at", "done_by", "note", "proof_url", "overdue_at"))
    return a_milestone(number, **({"due_at": PAST} | nothing | given))


def a_handover(number: int = 1, **given: Any) -> Handover:
    """One that is done."""
    told: dict[str, Any] = {
        "order": AN_ORDER,
        "giver": ANN,
        "receiver": BEA,
        "asked_by": ANN,
        "reason": "Moving away.",
        "asked_at": NOON,
        "accepted_at": NOON + TICK,
        "approved_by": EVE,
        "approved_at": NOON + TICK,
        "ended_at": NOON + HOUR,
        "outcome": Outcome.DONE,
    }
    return Handover(id=HandoverId(a_uuid(number, of=34)), **(told | given))


def a_rating(number: int = 1, **given: Any) -> OrderRating:
    """One with all that a rating can have."""
    told: dict[str, Any] = {
        "order": AN_ORDER,
        "rater_id": BEA,
        "ratee_id": ANN,
        "opinion": Opinion.of(4, [RatingTag.PACKING], "Well sorted."),
        "rated_at": NOON,
        "edited_at": NOON + TICK,
        "closes_at": NOON + HOUR,
        "revealed_at": NOON + TICK,
        "reply": Reply("Thanks!", NOON + HOUR),
        "removal": Removal(EVE, NOON + HOUR, "insults"),
    }
    return OrderRating(id=RatingId(a_uuid(number, of=35)), **(told | given))


@pytest.fixture
async def orders(shelves: Shelves) -> Shelves:
    """With two orders that are under way, and not stalled."""
    for id in (AN_ORDER, ANOTHER_ORDER):
        async with shelves.work:
            await shelves.orders.add(a_live_order(id, stalled_at=None))
    return shelves


async def put(shelves: Shelves, *milestones: Milestone) -> None:
    for milestone in milestones:
        async with shelves.work:
            await shelves.milestones.add(milestone)


async def test_milestones_come_back_in_their_order(orders: Shelves) -> None:
    first, later = a_milestone(2), ahead(1, kind=MilestoneKind.ARRIVED)
    await put(orders, later, first, a_milestone(3, order=ANOTHER_ORDER))
    async with orders.work:
        theirs = await orders.milestones.of(AN_ORDER)
        assert [facts(each) for each in theirs] == [facts(first), facts(later)]
        assert await orders.milestones.order_of(later.id) == AN_ORDER
    with pytest.raises(MilestoneNotFound):
        async with orders.work:
            await orders.milestones.order_of(MilestoneId(a_uuid(9)))


async def test_one_milestone_of_a_kind_is_kept_and_changes(orders: Shelves) -> None:
    await put(orders, ahead())
    with pytest.raises(MilestoneExists):
        await put(orders, a_milestone(2))
    async with orders.work:
        (milestone,) = await orders.milestones.of(AN_ORDER)
        milestone.overdue_at = NOON
        await orders.milestones.save(milestone)
    async with orders.work:
        (milestone,) = await orders.milestones.of(AN_ORDER)
    assert milestone.overdue_at == NOON


async def test_the_last_word_is_a_move_or_what_was_reached(orders: Shelves) -> None:
    await put(orders, ahead(1), ahead(2, order=ANOTHER_ORDER))
    heard: list[Any] = []
    async with orders.work:
        heard.append(await orders.milestones.heard_at(AN_ORDER))
        for at in (NOON, NOON - TICK):
            await orders.milestones.note(
                Move(milestone=ahead(1).id, was_on=DAY, planned_on=DAY, reason="x", by=ANN, at=at)
            )
        heard.append(await orders.milestones.heard_at(AN_ORDER))
    await put(orders, a_milestone(3, kind=MilestoneKind.ARRIVED))
    async with orders.work:
        heard += [await orders.milestones.heard_at(id) for id in (AN_ORDER, ANOTHER_ORDER)]
    assert heard == [None, NOON, NOON + HOUR, None]


async def missed(shelves: Shelves, at: Any = NOON) -> list[GroupOrderId]:
    async with shelves.work:
        return [*await shelves.milestones.missed(at=at, limit=5)]


async def test_orders_are_found_that_have_missed_a_day(orders: Shelves) -> None:
    await put(
        orders,
        ahead(1, due_at=NOON),
        ahead(2, due_at=NOON, kind=MilestoneKind.ARRIVED),
        ahead(3, order=ANOTHER_ORDER, overdue_at=NOON),
        a_milestone(4, order=ANOTHER_ORDER, kind=MilestoneKind.SORTED, overdue_at=None),
        ahead(5, order=ANOTHER_ORDER, kind=MilestoneKind.ARRIVED, skipped_at=NOON),
    )
    assert await missed(orders, NOON - TICK) == []
    assert await missed(orders) == [AN_ORDER]
    async with orders.work:
        assert await orders.milestones.missed(at=NOON, limit=0) == []
        order = await orders.orders.lock(AN_ORDER)
        order.state, order.ended_at = OrderState.CLOSED, NOON
        await orders.orders.save(order)
    assert await missed(orders) == []


async def silent(shelves: Shelves, at: Any = NOON) -> list[GroupOrderId]:
    async with shelves.work:
        return [*await shelves.milestones.silent(at=at, limit=5)]


async def test_orders_are_found_that_are_silent(orders: Shelves) -> None:
    await put(orders, ahead(1), ahead(2, order=ANOTHER_ORDER))
    assert await silent(orders) == []
    await put(orders, ahead(3, kind=MilestoneKind.ARRIVED))
    assert await silent(orders, NOON - TICK) == []
    assert await silent(orders) == [AN_ORDER]
    async with orders.work:
        move = Move(
            milestone=ahead(1).id, was_on=DAY, planned_on=DAY, reason="x", by=ANN, at=NOON - TICK
        )
        await orders.milestones.note(move)
    assert await silent(orders) == []
    assert await silent(orders, NOON + SILENT_FOR) == [AN_ORDER]
    await put(orders, a_milestone(4, kind=MilestoneKind.SORTED, done_at=NOON + SILENT_FOR))
    assert await silent(orders, NOON + SILENT_FOR + timedelta(days=1)) == []
    async with orders.work:
        order = await orders.orders.lock(AN_ORDER)
        order.stalled_at = NOON
        await orders.orders.save(order)
    assert await silent(orders, NOON + 3 * SILENT_FOR) == []


async def test_one_handover_of_an_order_is_pending(orders: Shelves) -> None:
    pending = a_handover(2, ended_at=None, outcome=None)
    async with orders.work:
        await orders.handovers.add(a_handover())
        assert await orders.handovers.pending(of=AN_ORDER) is None
        await orders.handovers.add(pending)
    async with orders.work:
        found = await orders.handovers.pending(of=AN_ORDER)
        assert found is not None
        assert facts(found) == facts(pending)
        assert await orders.handovers.pending(of=ANOTHER_ORDER) is None
        found.ended_at, found.outcome = NOON, Outcome.VOID
        await orders.handovers.save(found)
        assert await orders.handovers.pending(of=AN_ORDER) is None


async def test_who_agrees_agrees_once(orders: Shelves) -> None:
    one, other = a_handover(1), a_handover(2)
    async with orders.work:
        await orders.handovers.add(one)
        await orders.handovers.add(other)
        for member in (BEA, EVE, BEA):
            await orders.handovers.agree(one.id, member, at=NOON)
    async with orders.work:
        assert await orders.handovers.agreed(one.id) == {BEA, EVE}
        assert await orders.handovers.agreed(other.id) == frozenset()


async def test_a_rating_of_an_order_comes_back_and_is_given_once(orders: Shelves) -> None:
    async with orders.work:
        await orders.ratings.add(a_rating())
    assert await kept(orders.ratings, a_rating().id, by=orders.work) == facts(a_rating())
    with pytest.raises(AlreadyRated):
        async with orders.work:
            await orders.ratings.add(a_rating(2))
    async with orders.work:
        rating = await orders.ratings.lock(a_rating().id)
        rating.revealed_at = NOON + HOUR
        await orders.ratings.save(rating)
    expected = facts(a_rating(revealed_at=NOON + HOUR))
    assert await kept(orders.ratings, a_rating().id, by=orders.work) == expected
    with pytest.raises(RatingNotFound):
        async with orders.work:
            await orders.ratings.lock(RatingId(a_uuid(9)))


async def test_what_two_say_of_each_other_is_found(orders: Shelves) -> None:
    back = a_rating(2, rater_id=ANN, ratee_id=BEA)
    async with orders.work:
        for rating in (
            back,
            a_rating(1),
            a_rating(3, order=ANOTHER_ORDER),
            a_rating(4, rater_id=EVE),
        ):
            await orders.ratings.add(rating)
    async with orders.work:
        found = await orders.ratings.between(ANN, BEA, on=AN_ORDER)
        assert [each.id for each in found] == [a_rating(1).id, back.id]
