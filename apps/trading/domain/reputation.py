"""What ratings and trades make of a member's name (R5, R6)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from apps.shared.domain.ids import MemberId

FEWEST_SHOWN = 3
"""Completed trades below which a member is new, and no figure is shown."""
WEIGHT_OF_PRIOR = 5
"""As how many ratings the mean of the platform counts beside somebody's own."""
MOST_OF_A_PAIR, PAIR_WINDOW = 3, timedelta(days=180)
"""How many ratings of one member by another count, and within which time."""


@dataclass(frozen=True, slots=True)
class Given:
    """A score that counts unless its rater has given too many."""

    rater: MemberId
    score: int
    at: datetime


def counted(ratings: Iterable[Given]) -> list[int]:
    """Return the scores that count towards the mean of one ratee, the oldest first (R6)."""
    scores: list[int] = []
    taken: dict[MemberId, list[datetime]] = defaultdict(list)
    for rating in sorted(ratings, key=lambda each: each.at):
        earlier = [at for at in taken[rating.rater] if rating.at - at < PAIR_WINDOW]
        if len(earlier) < MOST_OF_A_PAIR:
            taken[rating.rater] = [*earlier, rating.at]
            scores.append(rating.score)
    return scores


def bayesian_mean(scores: Sequence[int], *, prior: float) -> float:
    """Return the mean of these scores and of five more that are all as the platform's mean (R5)."""
    return (WEIGHT_OF_PRIOR * prior + sum(scores)) / (WEIGHT_OF_PRIOR + len(scores))


def median_seconds(times: Sequence[timedelta]) -> int | None:
    """Return how long half of the answers took at most, in whole seconds."""
    return round(median(time.total_seconds() for time in times)) if times else None
