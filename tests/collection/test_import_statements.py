"""How much an import asks of the database: nothing per line, one or two searches per text."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.catalogue.demo import fill
from tests.support.counting import CountingSite, a_counting_site
from tests.support.lists import a_list, exported, send
from tests.support.site import Member

FEW, MANY = 1, 300
DRY, CREATING, HELD, KNOWN = 6, 12, 6, 6
"""Statements per import: in a dry run, of new copies, of recognised ones, of ones named by id."""


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        await fill(site)
        yield site


async def costs(site: CountingSite, member: Member, lines: int) -> list[int]:
    text = a_list(*["omg-hanni,mint,true,", "omg-both,light,false,bent"] * lines)
    told = [
        await site.cost(send(member, text)),
        await site.cost(send(member, text, dry_run="false")),
        await site.cost(send(member, text, dry_run="false")),
    ]
    own = await exported(member)
    return [*told, await site.cost(send(member, own, dry_run="false"))]


async def test_many_lines_cost_as_much_as_few(site: CountingSite) -> None:
    found = [await costs(site, await site.join(f"ann-{lines}"), lines) for lines in (FEW, MANY)]
    assert found == [[DRY, CREATING, HELD, KNOWN]] * 2


async def test_a_text_costs_a_search_however_many_lines_say_it(site: CountingSite) -> None:
    ann = await site.join("ann")

    async def cost(*texts: str, lines: int = 1) -> int:
        rows = [f"{text},mint" for text in texts] * lines
        return await site.cost(send(ann, a_list(*rows, columns="card,condition")))

    one = await cost("hanni omg")
    assert await cost("hanni omg", lines=100) == one
    assert await cost("Hanni  OMG", "hanni omg", lines=50) == one
    assert await cost("hanni omg", "minji omg", "omg minji") == one + 2
    assert await cost("hanni omg", "hanni") == one + 2, "a word alone may have to be split"
