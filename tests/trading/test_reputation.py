"""Which ratings count, and what their mean can be (R5, R6)."""

import random
from datetime import timedelta

import pytest

from apps.shared.domain.ids import MemberId
from apps.trading.domain.reputation import (
    MOST_OF_A_PAIR,
    PAIR_WINDOW,
    Given,
    bayesian_mean,
    counted,
    median_seconds,
)
from tests.support.builders import ANN, BEA, EVE, NOON

DAY = timedelta(days=1)


def given(day: float, score: int = 5, rater: MemberId = ANN) -> Given:
    return Given(rater, score, NOON + day * DAY)


@pytest.mark.parametrize(
    ("days", "count"),
    [
        ([], []),
        ([0, 1, 2], [0, 1, 2]),
        ([0, 1, 2, 3], [0, 1, 2]),
        ([0, 1, 2, 179.9], [0, 1, 2]),
        ([0, 1, 2, 180], [0, 1, 2, 180]),
        ([0, 1, 2, 180, 180.5], [0, 1, 2, 180]),
        ([0, 1, 2, 180, 181, 182, 183], [0, 1, 2, 180, 181, 182]),
        ([0, 90, 100, 110, 185, 190], [0, 90, 100, 185]),
    ],
)
def test_three_of_a_pair_count_within_half_a_year(days: list[float], count: list[float]) -> None:
    ratings = [given(day, score=number) for number, day in enumerate(days)]
    random.Random(6).shuffle(ratings)
    assert [days[number] for number in counted(ratings)] == count


def test_each_rater_is_counted_for_themselves() -> None:
    ratings = [given(day, rater=rater) for day in range(5) for rater in (ANN, BEA, EVE)]
    assert len(counted(ratings)) == 3 * MOST_OF_A_PAIR


def test_in_no_window_do_more_of_a_pair_count_and_no_rating_is_left_out_without_need() -> None:
    chance = random.Random(9)
    for _ in range(300):
        days = sorted(
            chance.randrange(900) + number / 100 for number in range(chance.randrange(40))
        )
        kept = [days[number] for number in counted([given(d, n) for n, d in enumerate(days)])]
        for day in days:
            within = [each for each in kept if day - PAIR_WINDOW / DAY < each <= day]
            assert len(within) <= MOST_OF_A_PAIR
            assert day in kept or len(within) == MOST_OF_A_PAIR


def test_a_mean_lies_between_the_platforms_and_ones_own() -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        scores = [chance.randint(1, 5) for _ in range(chance.randrange(60))]
        prior = chance.uniform(1, 5)
        mean = bayesian_mean(scores, prior=prior)
        own = sum(scores) / len(scores) if scores else prior
        assert min(prior, own) - 1e-9 <= mean <= max(prior, own) + 1e-9
        assert 1 <= mean <= 5
        better = bayesian_mean([*scores, 5], prior=prior)
        assert mean - 1e-9 <= better <= 5, "a five never harms"
        assert 1 <= bayesian_mean([*scores, 1], prior=prior) <= mean + 1e-9, "a one never helps"
        assert bayesian_mean(scores[::-1], prior=prior) == mean, "in whatever order"
        assert bayesian_mean(scores, prior=5) >= mean
    assert bayesian_mean([], prior=3.5) == 3.5
    assert bayesian_mean([5] * 5, prior=3) == 4, "as many as the prior weighs: halfway"


def test_half_of_the_answers_took_at_most_the_median() -> None:
    assert median_seconds([]) is None
    assert median_seconds([DAY]) == 86_400
    assert median_seconds([3 * DAY, timedelta(seconds=1), DAY]) == 86_400
    assert median_seconds([timedelta(seconds=1), timedelta(seconds=4)]) == 2
