"""How the cards of a group are asked for and given: how easily, and more than before or less."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from apps.market.domain.suppression import FEWEST

PERMILLE = 1_000
HOT, COLD = 1_250, 800
"""From how much more, or less, of its usual pressure a market is hot, or cold."""
BEFORE = tuple(timedelta(weeks=number) for number in (1, 2, 3, 4))
"""The days whose pressure is the usual one: the same days of the week, of four weeks."""
ANNOUNCED, FRESH = timedelta(days=7), timedelta(days=28)
"""How long before a release comes out, and after it, there is a comeback."""


class Regime(StrEnum):
    """`hot` wants more for what is free than it is used to, `cold` less."""

    HOT = "hot"
    BALANCED = "balanced"
    COLD = "cold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What a group's cards were at the end of a day; members are those of one card at least."""

    free: int = 0
    free_holders: int = 0
    wanted: int = 0
    wanters: int = 0

    def with_card(self, other: "Stock") -> "Stock":
        """Return it with another card."""
        return Stock(
            free=self.free + other.free,
            free_holders=max(self.free_holders, other.free_holders),
            wanted=self.wanted + other.wanted,
            wanters=max(self.wanters, other.wanters),
        )

    @property
    def pressure(self) -> int | None:
        """Cards wanted for a thousand that are free; None where too few members are behind it."""
        if min(self.free_holders, self.wanters) < FEWEST:
            return None
        return round(PERMILLE * self.wanted / self.free)


def liquidity(stock: Stock, *, completions: int, completers: int) -> int | None:
    """Return how many change hands in a week for a thousand that are free, where it can be told."""
    if min(stock.free_holders, completers) < FEWEST:
        return None
    return round(PERMILLE * completions / stock.free)


def regime(now: int | None, before: Sequence[int | None]) -> Regime | None:
    """Hold the pressure against what it was; None where either is not known."""
    known = [each for each in before if each]
    if now is None or not known:
        return None
    relative = PERMILLE * now * len(known) / sum(known)
    if relative >= HOT:
        return Regime.HOT
    return Regime.COLD if relative <= COLD else Regime.BALANCED


def is_comeback(day: date, released_on: date) -> bool:
    """Tell whether a release makes this a day of a comeback."""
    # The distance: there is no day before the first one, which may stand for "nobody knows".
    return -ANNOUNCED <= day - released_on <= FRESH
