"""Bills are shared out to the last unit, by largest remainder (G7)."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.group_orders.domain.bill import (
    NoLateFee,
    NothingToShare,
    Original,
    RateMismatch,
    late_fee,
    shares,
)
from apps.group_orders.domain.currency import LARGEST_AMOUNT, Currency
from apps.group_orders.domain.round_events import AllocationId

IDS = [AllocationId(UUID(int=number)) for number in range(1, 60)]
WEIGHTS = st.lists(st.sampled_from([0, 0, 1, 1, 2, 3, 7, 999, 10**12]), min_size=1, max_size=50)


@given(total=st.integers(1, LARGEST_AMOUNT), told=WEIGHTS)
def test_shares_add_up_to_the_bill(total: int, told: list[int]) -> None:
    weights = dict(zip(IDS, told, strict=False))
    if not any(told):
        with pytest.raises(NothingToShare):
            _ = shares(total, weights)
        return
    found, whole = shares(total, weights), sum(told)
    assert sum(found.values()) == total
    assert found.keys() == weights.keys()
    for id, share in found.items():
        assert 0 <= share * whole - total * weights[id] + whole <= 2 * whole, "within one unit"
        assert weights[id] or not share, "who weighs nothing pays nothing"
    for one, other in pairwise(IDS):
        if one in found and other in found and weights[one] == weights[other]:
            assert found[one] in {found[other], found[other] + 1}, "ties go to the smaller id"


def test_the_largest_remainders_get_what_is_left() -> None:
    a, b, c, d = IDS[:4]
    assert shares(100, {c: 1, b: 1, a: 1}) == {a: 34, b: 33, c: 33}
    assert shares(10, {a: 1, b: 2, c: 4, d: 0}) == {a: 1, b: 3, c: 6, d: 0}
    assert shares(2, {a: 1, b: 1, c: 1}) == {a: 1, b: 1, c: 0}


def test_a_conversion_is_off_by_less_than_a_unit() -> None:
    won = Original(
        currency=Currency.KRW, amount=50_000, rate=Decimal("0.000685"), rated_on=date(2026, 5, 24)
    )
    for total in (3425,):
        won.ensure_comes_to(total, Currency.EUR)
    for total in (3424, 3426):
        with pytest.raises(RateMismatch):
            won.ensure_comes_to(total, Currency.EUR)


def test_a_late_fee_is_a_tenth_of_the_due_at_most() -> None:
    assert late_fee(300, of=10_000) == 300
    assert late_fee(300, of=2_000) == 200
    for agreed, due in ((None, 10_000), (300, 9)):
        with pytest.raises(NoLateFee):
            _ = late_fee(agreed, of=due)
