"""What is suggested is what all rules allow, and all of it: held against one that tries all."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.application.find_matches import Breadth, FindMatches, Found
from apps.matching.domain.company import Company
from tests.support.memory_market import MemoryEngagements, MemoryExchange, MemoryPartners
from tests.support.small_markets import (
    SmallMarket,
    Wanted,
    circles_of,
    drawn,
    ensure_sound,
    naive,
)

SEEDS = st.integers(0, 2**32)
MANY = 300


def finder(market: SmallMarket, *, exchange: MemoryExchange | None = None) -> FindMatches:
    partners: Any = MemoryPartners(market)
    return FindMatches(
        directory=partners,
        partners=partners,
        exchange=exchange or MemoryExchange(market),
        engagements=MemoryEngagements(market),
        breadth=Breadth(),
    )


def searched(find: FindMatches, market: SmallMarket) -> Found:
    return asyncio.run(find(market.me))


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_in_memory_all_that_the_rules_allow_is_found_and_nothing_else(seed: int) -> None:
    market = drawn(seed)
    found = searched(finder(market), market)
    assert circles_of(found) == naive(market)
    ensure_sound(found, market)
    assert [match.order for match in found.matches] == sorted(m.order for m in found.matches)
    assert searched(finder(market), market) == found, "the same input, the same output"


def test_the_drawn_markets_have_something_to_find() -> None:
    lengths = Counter(len(circle) for seed in range(MANY) for circle in naive(drawn(seed)))
    assert min(lengths[length] for length in (2, 3, 4)) > 10, lengths


class Promised(MemoryExchange):
    def offered(self) -> Any:
        return (item for item in self.market.items if item.listed)


class Closed(MemoryExchange):
    def slots(self, want: Wanted) -> int:
        return max(want.slots, 1)


Weakening = Callable[[SmallMarket, pytest.MonkeyPatch], FindMatches]


def with_promised(market: SmallMarket, _: pytest.MonkeyPatch) -> FindMatches:
    return finder(market, exchange=Promised(market))


def with_closed(market: SmallMarket, _: pytest.MonkeyPatch) -> FindMatches:
    return finder(market, exchange=Closed(market))


def with_suspended(market: SmallMarket, _: pytest.MonkeyPatch) -> FindMatches:
    return finder(replace(market, suspended=set()))


def with_blocked(market: SmallMarket, _: pytest.MonkeyPatch) -> FindMatches:
    return finder(replace(market, blocks=set()))


def with_blocked_elsewhere(_: SmallMarket, patch: pytest.MonkeyPatch) -> FindMatches:
    patch.setattr(Company, "are_apart", lambda *_: False)
    return finder(_)


def with_silent(market: SmallMarket, patch: pytest.MonkeyPatch) -> FindMatches:
    patch.setattr(Company, "reserve", lambda *_: None)
    return finder(market)


def with_busy(market: SmallMarket, patch: pytest.MonkeyPatch) -> FindMatches:
    patch.setattr(Company, "obstacle", lambda *_: None)
    return finder(market)


def with_newcomers_in_rings(market: SmallMarket, patch: pytest.MonkeyPatch) -> FindMatches:
    patch.setattr(Company, "is_in_rings", lambda *_: True)
    return finder(market)


@pytest.mark.parametrize(
    "weakened",
    [
        with_promised,
        with_closed,
        with_suspended,
        with_blocked,
        with_blocked_elsewhere,
        with_silent,
        with_busy,
        with_newcomers_in_rings,
    ],
)
def test_without_a_protection_something_else_is_found(
    weakened: Weakening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The controls: each shows that the test above can fail."""
    for seed in range(MANY):
        market = drawn(seed)
        if circles_of(searched(weakened(market, monkeypatch), market)) - naive(market):
            return
    raise AssertionError("This protects nothing.")
