"""What the repository of ratings promises, in memory and in both databases alike."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.shared.domain.ids import MemberId
from apps.trading.domain.moves import State
from apps.trading.domain.rating import (
    AlreadyRated,
    Opinion,
    Rating,
    RatingId,
    RatingNotFound,
    Tag,
)
from tests.support.accounts import TICK
from tests.support.builders import ANN, BEA, EVE, NOON, a_uuid
from tests.support.stores import facts, kept
from tests.trading.shelves import A1, B1, E1, Shelves, swap, trade_id

DAY = timedelta(days=1)
FULL = Opinion.of(2, [Tag.TALK, Tag.PACKING], "구겨진 모서리\nBent.")


def rating_id(number: int) -> RatingId:
    return RatingId(a_uuid(number, of=11))


def a_rating(number: int = 1, *, of: int = 1, by: MemberId = ANN, **more: Any) -> Rating:
    told: dict[str, Any] = {
        "opinion": FULL,
        "ratee_id": BEA if by == ANN else ANN,
        "rated_at": NOON,
        "edited_at": NOON + TICK,
        "closes_at": NOON + 14 * DAY,
        "revealed_at": None,
        "reply": None,
        "removal": None,
    }
    return Rating(id=rating_id(number), trade_id=trade_id(of), rater_id=by, **(told | more))


@pytest.fixture
async def shelves(shelves: Shelves) -> Shelves:
    """With two completed trades."""
    await shelves.agree(swap(1, State.COMPLETED), swap(2, State.COMPLETED, give=[A1], take=[B1]))
    return shelves


async def test_a_rating_comes_back_as_it_was_added_and_as_it_was_saved(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.ratings.add(a_rating())
        assert facts(await shelves.ratings.lock(rating_id(1))) == facts(a_rating())
    steps: tuple[Callable[[Rating], None], ...] = (
        lambda rating: rating.edit(Opinion.of(5), at=NOON + DAY),
        lambda rating: rating.reveal(at=NOON + 2 * DAY),
        lambda rating: rating.answer("Sorry", by=BEA, at=NOON + 3 * DAY),
        lambda rating: rating.hide(by=EVE, reason="spam", at=NOON + 4 * DAY),
    )
    for step in steps:
        async with shelves.work:
            rating = await shelves.ratings.lock(rating_id(1))
            step(rating)
            await shelves.ratings.save(rating)
            assert facts(await shelves.ratings.lock(rating_id(1))) == facts(rating)
        assert await kept(shelves.ratings, rating_id(1), by=shelves.work) == facts(rating)
    assert all(facts(rating).values())


async def test_there_is_one_of_a_rater_a_ratee_and_a_trade(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.ratings.add(a_rating(1))
    with pytest.raises(AlreadyRated):
        async with shelves.work:
            await shelves.ratings.add(a_rating(2, opinion=Opinion.of(5)))
    async with shelves.work:
        await shelves.ratings.add(a_rating(2, of=2))
        await shelves.ratings.add(a_rating(3, by=BEA))
        await shelves.ratings.add(a_rating(4, ratee_id=EVE))
    assert await kept(shelves.ratings, rating_id(1), by=shelves.work) == facts(a_rating(1))


async def test_those_of_a_trade_come_in_the_order_of_ids(shelves: Shelves) -> None:
    async with shelves.work:
        for rating in (a_rating(3, by=BEA), a_rating(2, of=2), a_rating(1)):
            await shelves.ratings.add(rating)
    async with shelves.work:
        found = await shelves.ratings.on(trade_id(1))
        assert [facts(each) for each in found] == [facts(a_rating(1)), facts(a_rating(3, by=BEA))]
        assert await shelves.ratings.on(trade_id(9)) == []


async def test_there_is_no_rating_that_was_never_given(shelves: Shelves) -> None:
    with pytest.raises(RatingNotFound):
        async with shelves.work:
            await shelves.ratings.lock(rating_id(7))


async def test_agreed_trades_of_a_member_are_counted(shelves: Shelves) -> None:
    async with shelves.work:
        for number, state in enumerate(State, start=3):
            await shelves.trades.add(swap(number, state))
        await shelves.trades.add(swap(30, State.ACCEPTED, by=BEA, to=EVE, give=[B1], take=[E1]))
        counts = [await shelves.trades.count_agreed(of=each) for each in (ANN, BEA, EVE)]
    assert counts == [3, 4, 1]
