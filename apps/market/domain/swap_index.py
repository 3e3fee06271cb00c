"""The swap index: how many of one card are given for another, and how sure that is (K5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log, sqrt
from statistics import fmean, stdev

from apps.market.domain.suppression import FEWEST
from apps.shared.domain.ids import MemberId

SAME_PAIR = timedelta(days=30)
"""Within which a pair of members counts once, or two friends could make a price."""
SCALE = 1_000
"""The index is told in thousandths: 2000 stands for two of the other card for one of this."""
QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""Of Student's distribution at 97.5 %, for 1 to 30 degrees of freedom."""
BEYOND, NEARING = 1.96, 2.4
"""Of the normal distribution, and how far above it Student's is, times the degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Observation:
    """That two members have swapped `given` of this card for `taken` of the other."""

    members: frozenset[MemberId]
    given: int
    taken: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapIndex:
    """In thousandths, with the interval that the true one is in with 95 % confidence.

    `sample` counts swaps, `members` those who made them.
    """

    ratio: int
    low: int
    high: int
    sample: int
    members: int
    newest_at: datetime


def once_a_pair(observed: Iterable[Observation]) -> list[Observation]:
    """Leave out what a pair has swapped within thirty days of what counts of theirs."""
    last: dict[frozenset[MemberId], datetime] = {}
    counted = []
    for each in sorted(observed, key=lambda observation: observation.at):
        before = last.get(each.members)
        if before is None or each.at - before >= SAME_PAIR:
            last[each.members] = each.at
            counted.append(each)
    return counted


def index_of(observed: Iterable[Observation]) -> SwapIndex | None:
    """Return the geometric mean of what was taken for one given; None where data is too little."""
    counted = once_a_pair(observed)
    members = {member for each in counted for member in each.members}
    if len(members) < FEWEST:
        return None
    logs = [log(each.taken / each.given) for each in counted]
    middle, around = fmean(logs), margin(logs)
    return SwapIndex(
        ratio=round(SCALE * exp(middle)),
        low=round(SCALE * exp(middle - around)),
        high=round(SCALE * exp(middle + around)),
        sample=len(counted),
        members=len(members),
        newest_at=counted[-1].at,
    )


def margin(logs: Sequence[float]) -> float:
    """Return how far the mean of these may be off, either way."""
    freedom = len(logs) - 1
    few = freedom <= len(QUANTILES)
    quantile = QUANTILES[freedom - 1] if few else BEYOND + NEARING / freedom
    return quantile * stdev(logs) / sqrt(len(logs))
