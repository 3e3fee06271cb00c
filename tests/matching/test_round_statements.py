"""How many statements rounds cost: as many with many members as with few."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.matching.fans import a_circle, a_round, fan, join, opener, opening, published, result
from tests.support.authenticators import employ
from tests.support.counting import CountingSite, a_counting_site
from tests.support.site import Member
from tests.support.solvers import NearSolver, rounds_only, solving_with

CIRCLES = (1, 4)


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def joined_by(site: CountingSite, olga: Member, circles: int) -> str:
    round = await a_round(olga)
    for number in range(circles):
        circle = await a_circle(site, start=3 * number, mark=f"{circles}{number}")
        await join(round, *circle.members)
    return round


async def test_what_each_request_asks_of_the_database(site: CountingSite) -> None:
    olga, ann = await opener(site), await fan(site, "ann")
    costs = {
        "open": await site.cost(olga.post("/rounds", await opening(site)), status=201),
    }
    round = await a_round(olga)
    copy = str(await ann.hold())
    costs["join"] = await site.cost(ann.post(f"/rounds/{round}/join", {"copy_ids": [copy]}))
    costs["show"] = await site.cost(ann.get(f"/rounds/{round}"))
    costs["list"] = await site.cost(ann.get("/rounds"))
    costs["leave"] = await site.cost(ann.post(f"/rounds/{round}/leave"))
    assert costs == {"open": 11, "join": 12, "show": 6, "list": 6, "leave": 11}


async def test_closing_costs_as_much_for_many_members_as_for_few(site: CountingSite) -> None:
    olga, costs = await opener(site), set()
    for circles in CIRCLES:
        round = await joined_by(site, olga, circles)
        costs.add(await site.cost(olga.post(f"/rounds/{round}/close"), status=202))
    assert costs == {20}


async def test_a_result_costs_as_much_with_many_rings_as_with_one(url: str, keys: Path) -> None:
    costs = set()
    async with CountingSite(url, keys, solving_with(NearSolver()), rounds_only()) as site:
        await site.watch()
        olga, staff = await opener(site), await fan(site, "max")
        await employ(staff, "moderator")
        for number in CIRCLES:
            circles = [
                await a_circle(site, start=3 * place, mark=f"{number}{place}")
                for place in range(number)
            ]
            round = await published(site, olga, *circles)
            assert len((await result(round, staff))["rings"]) == number
            costs.add(await site.cost(staff.get(f"/rounds/{round}/result")))
    assert costs == {6}
