"""How much disputes ask of the database, whatever was said and however long the queue is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.counting import CountingSite, a_counting_site
from tests.support.disputes import PLEA, Quarrel, a_moderator, a_quarrel, ensure_well
from tests.support.site import Member

SIZES = (1, 8)
"""Statements of each party, or cases."""


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def much_said(site: CountingSite, size: int) -> Quarrel:
    """A dispute in which both have said so much."""
    quarrel = await a_quarrel(site, heard=True, number=size)
    for party in (quarrel.deal.author, quarrel.deal.other):
        path = f"{quarrel.deal.path}/statements"
        ensure_well([await party.post(path, PLEA) for _ in range(size - 1)])
    return quarrel


async def mia(site: CountingSite, size: int) -> Member:
    return await a_moderator(site, f"mia-{size}")


async def to_dispute(site: CountingSite, size: int) -> int:
    quarrel = await much_said(site, size)
    bea, path = quarrel.deal.other, quarrel.deal.path
    ensure_well([await bea.post(f"{path}/resume")])
    return await site.cost(bea.post(f"{path}/dispute", {"kind": "confirmation_false", **PLEA}))


async def to_resume(site: CountingSite, size: int) -> int:
    quarrel = await much_said(site, size)
    return await site.cost(quarrel.deal.other.post(f"{quarrel.deal.path}/resume"))


async def to_show_a_dispute(site: CountingSite, size: int) -> int:
    quarrel = await much_said(site, size)
    return await site.cost(quarrel.deal.author.get(f"{quarrel.deal.path}/dispute"))


async def to_answer(site: CountingSite, size: int) -> int:
    quarrel = await much_said(site, size)
    return await site.cost(quarrel.deal.author.post(f"{quarrel.deal.path}/statements", PLEA))


async def to_list(site: CountingSite, size: int) -> int:
    for number in range(size):
        await a_quarrel(site, number=100 * size + number)
    return await site.cost((await mia(site, size)).get("/admin/cases"))


async def to_list_appeals(site: CountingSite, size: int) -> int:
    return await site.cost((await mia(site, size)).get("/admin/appeals"))


async def to_show_a_case(site: CountingSite, size: int) -> int:
    quarrel = await much_said(site, size)
    return await site.cost((await mia(site, size)).get(await quarrel.path()))


async def to_assign(site: CountingSite, size: int) -> int:
    quarrel = await much_said(site, size)
    return await site.cost((await mia(site, size)).post(f"{await quarrel.path()}/assign"))


async def to_decide(site: CountingSite, size: int) -> int:
    quarrel, member = await much_said(site, size), await mia(site, size)
    body = {"verdict": "complete_all", "at_fault": [], "reason": "So."}
    return await site.cost(member.post(f"{await quarrel.path()}/decide", body))


async def to_appeal(site: CountingSite, size: int) -> int:
    quarrel = await much_said(site, size)
    ensure_well([await quarrel.decide(await mia(site, size))])
    path = f"{quarrel.deal.path}/appeal"
    return await site.cost(quarrel.deal.author.post(path, {"text": "No."}))


async def to_decide_an_appeal(site: CountingSite, size: int) -> int:
    quarrel, moe = await much_said(site, size), await a_moderator(site, f"moe-{size}")
    ensure_well([await quarrel.decide(await mia(site, size))])
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    fault = {"outcome": "changed", "at_fault": [str(quarrel.deal.author.id)], "reason": "So."}
    path = f"{await quarrel.appeal_path()}/decide"
    ensure_well([await (await a_moderator(site, f"may-{size}")).post(path, fault)])
    return await site.cost(moe.post(path, fault))


Cost = Callable[[CountingSite, int], Awaitable[int]]
COSTS: dict[str, tuple[Cost, int]] = {
    "POST dispute": (to_dispute, 19),
    "POST resume": (to_resume, 29),
    "GET dispute": (to_show_a_dispute, 4),
    "POST statements": (to_answer, 12),
    "POST appeal": (to_appeal, 15),
    "GET /admin/cases": (to_list, 3),
    "GET /admin/appeals": (to_list_appeals, 3),
    "GET /admin/cases/{id}": (to_show_a_case, 11),
    "POST assign": (to_assign, 23),
    "POST decide": (to_decide, 48),
    "POST decide, an appeal": (to_decide_an_appeal, 32),
}
"""Statements per request."""


@pytest.mark.parametrize("request_line", COSTS)
async def test_a_request_costs_as_much_for_many_as_for_one(
    site: CountingSite, request_line: str
) -> None:
    cost, statements = COSTS[request_line]
    assert {size: await cost(site, size) for size in SIZES} == dict.fromkeys(SIZES, statements)
