"""A member's own figures, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.market.test_index import everything, index, two
from tests.support.counting import CountingSite, a_counting_site
from tests.support.site import Member, Site
from tests.support.suggested import want

NOTHING = dict.fromkeys(
    (
        *("copies", "cards", "listed", "free", "promised", "wanted", "slots"),
        *("proposed", "received", "swaps", "given", "taken", "partners"),
    ),
    0,
)


async def figures(member: Member) -> dict[str, Any]:
    answer = await member.get("/me/statistics")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_who_has_nothing_has_zeros(site: Site) -> None:
    assert await figures(await site.join("ann")) == NOTHING | {"read_at": None}


async def test_what_one_has_and_wants_and_has_swapped_is_counted(site: Site) -> None:
    ann, bea = await everything(site)
    first, second, third = await site.some_cards(3)
    mine, theirs = await ann.hold(first), await bea.hold(third)
    _ = await bea.propose(ann, give=[theirs], take=[mine])
    _ = await want(ann, first, second, count=3)
    _ = await ann.hold(second, for_trade=False)
    await index(site)
    hers, his = await figures(ann), await figures(bea)
    assert hers.pop("read_at") == his.pop("read_at") > "2026"
    done = {"proposed": 1, "received": 1, "swaps": 1, "given": 1, "taken": 1, "partners": 1}
    stock = {"copies": 4, "cards": 3, "listed": 2, "free": 2, "promised": 0}
    assert hers == stock | {"wanted": 2, "slots": 3} | done
    stock = {"copies": 2, "cards": 2, "listed": 1, "free": 0, "promised": 1}
    assert his == stock | {"wanted": 2, "slots": 1} | done


@pytest.fixture
async def counting(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def test_it_takes_as_much_for_many_as_for_few(counting: CountingSite) -> None:
    ann, bea = await two(counting)
    for more in (1, 5):
        for card in await counting.some_cards(more):
            _ = await ann.propose(bea, give=[await ann.hold(card)], take=[await bea.hold(card)])
            break
        for card in await counting.some_cards(more):
            _ = await ann.hold(card)
            _ = await want(bea, card)
        await index(counting)
        for member in (ann, bea):
            assert await counting.cost(member.get("/me/statistics")) == 2
