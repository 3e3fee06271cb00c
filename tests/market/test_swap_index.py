"""How many of one card are given for another."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, lgamma, pi, sqrt
from statistics import stdev
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.market.domain.swap_index import SCALE, Observation, index_of, margin, once_a_pair
from apps.shared.domain.ids import MemberId

NOON = datetime(2026, 5, 24, 12, tzinfo=UTC)
FANS = [MemberId(UUID(int=number)) for number in range(1, 12)]


def swap(one: int, other: int, *, given: int = 1, taken: int = 1, days: int = 0) -> Observation:
    pair = frozenset({FANS[one], FANS[other]})
    return Observation(pair, given, taken, NOON + timedelta(days=days))


def test_four_members_are_too_few() -> None:
    assert index_of([swap(0, 1), swap(2, 3), swap(0, 2), swap(1, 3)]) is None
    found = index_of([swap(0, 1), swap(2, 3), swap(0, 4)])
    assert found is not None
    assert (found.ratio, found.low, found.high, found.sample, found.members) == (
        SCALE,
        SCALE,
        SCALE,
        3,
        5,
    )


def test_a_pair_counts_once_in_thirty_days() -> None:
    days = [0, 1, 29, 30, 31, 60, 89, 90]
    counted = once_a_pair([swap(0, 1, days=day) for day in reversed(days)])
    assert [(each.at - NOON).days for each in counted] == [0, 30, 60, 90]
    assert len(once_a_pair([swap(0, 1), swap(1, 0), swap(0, 2)])) == 2


def test_two_for_one_is_two_with_what_lies_around_it() -> None:
    found = index_of([swap(0, 1, taken=2), swap(2, 3, taken=2), swap(4, 5, taken=1)])
    assert found is not None
    assert found.ratio == round(SCALE * 4 ** (1 / 3))
    assert found.low < SCALE < found.ratio < 2 * SCALE < found.high


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=len(FANS) - 1, max_size=10)
)
def test_seen_from_the_other_card_it_is_the_inverse(counts: list[tuple[int, int]]) -> None:
    pairs = list(pairwise(range(len(FANS))))
    there = [swap(*pair, given=a, taken=b) for pair, (a, b) in zip(pairs, counts, strict=True)]
    back = [swap(*pair, given=b, taken=a) for pair, (a, b) in zip(pairs, counts, strict=True)]
    one, other = index_of(there), index_of(back)
    assert one is not None
    assert other is not None
    assert one.low <= one.ratio <= one.high
    assert abs(one.ratio * other.ratio / SCALE**2 - 1) < 0.02


def within(quantile: float, freedom: int) -> float:
    """How much of Student's distribution lies this near to zero: its density, added up."""
    steps = 4_000
    wide = 2 * quantile / steps
    places = (-quantile + wide * (number + 0.5) for number in range(steps))
    height = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * pi)
    slices = [height * (1 + at**2 / freedom) ** (-(freedom + 1) / 2) * wide for at in places]
    return float(sum(slices))


@pytest.mark.parametrize("freedom", [*range(1, 31), 31, 40, 60, 120, 1_000])
def test_the_interval_is_that_of_95_percent(freedom: int) -> None:
    logs = [0.0, 1.0] * ((freedom + 1) // 2) + [0.5] * ((freedom + 1) % 2)
    quantile = margin(logs) * sqrt(len(logs)) / stdev(logs)
    assert abs(within(quantile, freedom) - 0.95) < 0.0005
    assert abs(within(quantile * 0.98, freedom) - 0.95) > 0.0005, "the control"
