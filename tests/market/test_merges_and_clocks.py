"""Cards that were merged again count for the last one; clocks that differ make no time run back."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from apps.catalogue.infrastructure.models import CardModel, ReleaseModel
from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.market.days import AFTER, FIRST, SNAPSHOT, collect, plan
from tests.market.test_conditions import conditions
from tests.market.test_index import rows
from tests.support.builders import FixedClock
from tests.support.site import Site
from tests.support.told import Telling, fans, tell

COMPLETIONS, COMPLETERS = 4, 5
"""Where they stand among the figures of a condition."""
PAIRS = 3


def at_the_end() -> Any:
    return serving(Clock, FixedClock(AFTER))


def swapped(telling: Telling, *cards: UUID) -> None:
    """Have some pairs of members swap two cards."""
    for _ in range(PAIRS):
        ann, bea = fans(2)
        hers, theirs = telling.copy(cards[0], ann), telling.copy(cards[1], bea)
        telling.swap((ann, hers), (bea, theirs))


def merged(telling: Telling, card: UUID, into: UUID) -> None:
    telling.tell("card_merged", "card", card, card=str(card), into=str(into))


async def group_of(site: Site, card: UUID) -> Any:
    release = select(CardModel.release_id).where(CardModel.id == card).scalar_subquery()
    (group,) = await site.ask(select(ReleaseModel.group_id).where(ReleaseModel.id == release))
    return group


@pytest.mark.parametrize("again", [True, False])
async def test_who_swapped_a_card_counts_for_the_one_it_stands_for_in_the_end(
    url: str, keys: Path, *, again: bool
) -> None:
    """Beside the control: of a card that was merged once."""
    async with Site(url, keys, at_the_end()) as site:
        first, second = await site.some_cards(2)
        *_, other = await site.some_cards(3)  # which is of another group
        telling = Telling(FIRST)
        swapped(telling, first, second)
        merged(telling, first, second)
        if again:
            merged(telling, second, other)
        await tell(site, telling)
        await plan(site)
        await collect(site)
        told = [
            (await conditions(site, await group_of(site, each)))[FIRST] for each in (first, other)
        ]
        figures = [(each[COMPLETIONS], each[COMPLETERS]) for each in told]
        everything = (2 * PAIRS, 2 * PAIRS)
        assert figures == ([(0, 0), everything] if again else [everything, (0, 0)])


@pytest.mark.parametrize(("days", "hours"), [(1, 24), (0, 0), (-1, 0)])
async def test_nobody_has_waited_for_less_than_no_time(
    url: str, keys: Path, days: int, hours: int
) -> None:
    """Whoever wants a card at one server, and gets it at another whose clock is behind."""
    async with Site(url, keys, at_the_end()) as site:
        first, second = await site.some_cards(2)
        telling = Telling(FIRST + timedelta(days=1))
        ann, bea = fans(2)
        hers, theirs = telling.copy(first, ann), telling.copy(second, bea)
        telling.want(bea, first)
        telling.day += timedelta(days=days)
        telling.swap((ann, hers), (bea, theirs))
        await tell(site, telling)
        await plan(site)
        await collect(site)
        told = select(SNAPSHOT.median_wait_h, SNAPSHOT.waiters).where(SNAPSHOT.waiters > 0)
        assert await rows(site, told) == [(hours, 1)]
