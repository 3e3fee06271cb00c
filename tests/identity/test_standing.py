"""Trust levels follow from counts, an account and the calendar, and from nothing else (R8)."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from apps.identity.domain.standing import Footing, Standing, TradeRecord
from tests.support.builders import ANN, NOON

DAY = timedelta(days=1)
NONE, FIRST = TradeRecord(), TradeRecord(completed_trades=1, credited_trades=1, partners=1)
REGULAR = TradeRecord(completed_trades=5, credited_trades=5, partners=3)
TRUSTED = TradeRecord(completed_trades=25, credited_trades=25, partners=10, proven_trades=5)


def level(
    trades: TradeRecord = TRUSTED,
    *,
    days: float = 180,
    confirmed: bool = True,
    fraud_days_ago: float | None = None,
) -> int:
    """The level of a member of so many days with these trades."""
    standing = Standing.begin(ANN, at=NOON - days * DAY)
    fraud_at = None if fraud_days_ago is None else NOON - fraud_days_ago * DAY
    standing.trades = replace(trades, last_fraud_at=fraud_at)
    footing = Footing(email_confirmed=confirmed, member_since=NOON - days * DAY)
    assert standing.review(footing, at=NOON) == standing.trust_level
    assert standing.review(footing, at=NOON) == 0, "a second look changes nothing"
    return standing.trust_level


def lost(trades: TradeRecord, count: int, *, days_ago: float) -> TradeRecord:
    return replace(trades, disputes_lost=count, last_lost_at=NOON - days_ago * DAY)


@pytest.mark.parametrize(
    ("trades", "given", "expected"),
    [
        (NONE, {}, 0),
        (FIRST, {}, 1),
        (FIRST, {"days": 0}, 1),
        (FIRST, {"confirmed": False}, 0),
        (TRUSTED, {"confirmed": False}, 0),
        (replace(FIRST, credited_trades=0), {}, 0),
        (REGULAR, {"days": 30}, 2),
        (REGULAR, {"days": 29.99}, 1),
        (replace(REGULAR, credited_trades=4), {}, 1),
        (replace(REGULAR, partners=2), {}, 1),
        (TRUSTED, {}, 3),
        (TRUSTED, {"days": 179.99}, 2),
        (replace(TRUSTED, credited_trades=24), {}, 2),
        (replace(TRUSTED, partners=9), {}, 2),
        (replace(TRUSTED, proven_trades=4), {}, 2),
        (lost(REGULAR, 1, days_ago=89.99), {}, 1),
        (lost(REGULAR, 1, days_ago=90), {}, 2),
        (lost(TRUSTED, 1, days_ago=89.99), {}, 1),
        (lost(TRUSTED, 1, days_ago=90), {}, 2),
        (lost(replace(TRUSTED, credited_trades=49), 1, days_ago=90), {}, 2),
        (lost(replace(TRUSTED, credited_trades=50), 1, days_ago=90), {}, 3),
        (lost(replace(TRUSTED, credited_trades=99), 2, days_ago=400), {}, 2),
        (lost(TRUSTED, 1, days_ago=1), {"fraud_days_ago": 1}, 0),
        (lost(TRUSTED, 1, days_ago=89.99), {"fraud_days_ago": 89.99}, 0),
        (lost(TRUSTED, 1, days_ago=90), {"fraud_days_ago": 90}, 2),
    ],
)
def test_each_condition_is_needed(trades: TradeRecord, given: Any, expected: int) -> None:
    assert level(trades, **given) == expected


def some_trades(chance: random.Random) -> TradeRecord:
    credited = chance.choice([0, 1, 4, 5, 24, 25, 49, 50, 200])
    disputes = chance.choice([0, 0, 1, 2])
    return TradeRecord(
        completed_trades=credited + chance.randrange(3),
        credited_trades=credited,
        proven_trades=chance.choice([0, 4, 5, 6]),
        partners=chance.choice([0, 1, 2, 3, 9, 10, 11]),
        disputes_lost=disputes,
        last_lost_at=NOON - chance.choice([0, 1, 89, 90, 91]) * DAY if disputes else None,
    )


def test_more_of_what_is_good_never_lowers_a_level_and_more_of_the_bad_never_raises_it() -> None:
    chance = random.Random(8)
    seen = set()
    for _ in range(3_000):
        trades, days = some_trades(chance), chance.choice([0, 29, 30, 179, 180, 999])
        before = level(trades, days=days)
        seen.add(before)
        for name in ("credited_trades", "proven_trades", "partners"):
            more = replace(trades, **{name: getattr(trades, name) + chance.randrange(1, 30)})
            assert level(more, days=days) >= before, (trades, name)
        assert level(trades, days=days + chance.randrange(400)) >= before
        assert level(trades, days=days, confirmed=False) == 0
        worse = lost(trades, trades.disputes_lost + 1, days_ago=0)
        assert level(worse, days=days) <= min(before, 1), "at once"
        assert level(worse, days=days, fraud_days_ago=0) == 0, "at once"
    assert seen == {0, 1, 2, 3}


def test_a_fraud_that_is_no_longer_counted_costs_no_level() -> None:
    standing = Standing.begin(ANN, at=NOON)
    footing = Footing(email_confirmed=True, member_since=NOON)
    for days, fraud_at, risen in ((1, None, 1), (2, NOON + 2 * DAY, -1), (3, None, 1)):
        standing.recount(replace(REGULAR, last_fraud_at=fraud_at), at=NOON + days * DAY)
        assert standing.review(footing, at=NOON + days * DAY) == risen
    assert (standing.trades, standing.updated_at) == (REGULAR, NOON + 3 * DAY)
