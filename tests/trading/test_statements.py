"""How much a command asks of the database: as much for many copies and rivals as for one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from apps.collection.contract import CopyId
from tests.support.counting import CountingSite, a_counting_site
from tests.support.deals import Deal, a_deal
from tests.support.levels import raise_to
from tests.support.site import Member, proposal

SIZES, RIVALS, PROPOSALS = (1, 20), (1, 12), (1, 3)


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def a_swap(site: CountingSite, size: int) -> Deal:
    """A proposal of so many copies for as many."""
    ann, bea = [await site.join(f"{name}-{size}") for name in ("ann", "bea")]
    await raise_to(1, ann, bea)
    return await a_deal(
        site, author=ann, other=bea, give=await copies(ann, size), take=await copies(bea, size)
    )


async def a_wish_of_many(site: CountingSite, rivals: int) -> Deal:
    """A proposal for a copy that so many others have asked for as well."""
    ann, bea = [await site.join(f"{name}-{rivals}") for name in ("ann", "bea")]
    deal = await a_deal(site, author=ann, other=bea)
    for number in range(rivals):
        rival = await site.join(f"rival-{rivals}-{number}")
        await a_deal(site, author=rival, other=bea, take=deal.take)
    return deal


async def copies(owner: Member, count: int) -> list[CopyId]:
    """So many copies, each of another card."""
    return [await owner.hold(card) for card in await owner.site.some_cards(count)]


async def to_show(site: CountingSite, size: int) -> int:
    deal = await a_swap(site, size)
    return await site.cost(deal.other.get(deal.path))


async def to_propose(site: CountingSite, size: int) -> int:
    ann, bea = [await site.join(f"{name}-{size}") for name in ("ann", "bea")]
    await raise_to(1, ann, bea)
    body = proposal(bea, give=await copies(ann, size), take=await copies(bea, size))
    return await site.cost(ann.post("/trades", body), status=201)


async def to_accept(site: CountingSite, size: int) -> int:
    return await site.cost((await a_swap(site, size)).accept())


async def to_accept_among_rivals(site: CountingSite, rivals: int) -> int:
    return await site.cost((await a_wish_of_many(site, rivals)).accept())


async def to_reject(site: CountingSite, size: int) -> int:
    return await site.cost((await a_swap(site, size)).reject())


async def to_confirm_first(site: CountingSite, size: int) -> int:
    deal = await a_swap(site, size)
    await deal.accept()
    return await site.cost(deal.confirm(deal.author))


async def to_confirm_last(site: CountingSite, size: int) -> int:
    deal = await a_swap(site, size)
    await deal.accept()
    await deal.confirm(deal.author)
    return await site.cost(deal.confirm(deal.other))


async def to_unlist(site: CountingSite, rivals: int) -> int:
    deal = await a_wish_of_many(site, rivals)
    path = f"/me/copies/{deal.take[0]}"
    return await site.cost(deal.other.patch(path, {"for_trade": False}))


async def to_block(site: CountingSite, proposals: int) -> int:
    ann, bea = [await site.join(f"{name}-{proposals}") for name in ("ann", "bea")]
    for _ in range(proposals):
        await a_deal(site, author=ann, other=bea)
    return await site.cost(bea.put(f"/me/blocks/{ann.id}"), status=204)


async def to_write(site: CountingSite, size: int) -> int:
    deal = await a_swap(site, size)
    return await site.cost(deal.other.post(f"{deal.path}/notes", {"text": "Hi"}), status=201)


async def to_list_events(site: CountingSite, counters: int) -> int:
    deal = await a_swap(site, counters + 1)
    sides = [(deal.other, deal.take, deal.give), (deal.author, deal.give, deal.take)]
    for revision in range(1, counters + 1):
        by, mine, theirs = sides[(revision - 1) % 2]
        body = {"revision": revision, "give": list(map(str, mine[revision:])) or [str(mine[0])]}
        body |= {"take": list(map(str, theirs))}
        answer = await by.post(f"{deal.path}/counter", body)
        assert answer.status_code == 200, answer.text
    return await site.cost(deal.other.get(f"{deal.path}/events"))


Cost = Callable[[CountingSite, int], Awaitable[int]]
COSTS: dict[str, tuple[Cost, tuple[int, int], int]] = {
    "GET /trades/{id}": (to_show, SIZES, 7),
    "POST /trades": (to_propose, SIZES, 24),
    "POST accept": (to_accept, SIZES, 30),
    "POST accept, among rivals": (to_accept_among_rivals, RIVALS, 33),
    "POST reject": (to_reject, SIZES, 17),
    "POST confirm, the first": (to_confirm_first, SIZES, 22),
    "POST confirm, the last": (to_confirm_last, SIZES, 35),
    "PATCH /me/copies/{id}, unlisting": (to_unlist, RIVALS, 17),
    "PUT /me/blocks/{id}": (to_block, PROPOSALS, 15),
    "GET events": (to_list_events, PROPOSALS, 3),
    "POST notes": (to_write, SIZES, 8),
}
"""Statements per request, whatever the number of copies on each side or of rivals.

Of a change of trades, one looks up where their histories end, and one fills the outbox. Who
accepts among rivals is a newcomer: locked, and counted.

Where somebody is told by mail, the last one looks up to whom; the transaction is over by then.
"""


@pytest.mark.parametrize("request_line", COSTS)
async def test_a_request_costs_as_much_for_many_as_for_one(
    site: CountingSite, request_line: str
) -> None:
    cost, sizes, statements = COSTS[request_line]
    assert {size: await cost(site, size) for size in sizes} == dict.fromkeys(sizes, statements)
