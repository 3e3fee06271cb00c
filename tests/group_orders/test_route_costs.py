"""How many statements each route of group orders sends: as many for much as for little."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from apps.group_orders.infrastructure.round_models import OrderRoundModel
from apps.group_orders.infrastructure.transaction_models import OrderTransactionModel
from tests.group_orders.handing_over import join
from tests.group_orders.orders import an_order
from tests.group_orders.rows import a_payment, a_refund, an_allocation
from tests.support.costs import Place, cost
from tests.support.counting import CountingSite
from tests.support.databases import one_for_a_module
from tests.support.good import Good, somebody
from tests.support.good_group_orders import GROUP_ORDERS
from tests.support.good_money import MONEY
from tests.support.good_order_people import ORDER_PEOPLE
from tests.support.good_order_rounds import ORDER_ROUNDS
from tests.support.good_progress import PROGRESS
from tests.support.good_rounds import trusted
from tests.support.routes import API
from tests.support.site import Member

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = GROUP_ORDERS | ORDER_ROUNDS | MONEY | PROGRESS | ORDER_PEOPLE
ORDERS = f"{API}/group-orders"
ORDER = f"{ORDERS}/{{group_order_id}}"
ROUND = f"{API}/order-rounds/{{order_round_id}}"
ALLOCATION = f"{API}/allocations/{{allocation_id}}"
MILESTONE = f"{API}/milestones/{{milestone_id}}"
COSTS: dict[Place, int] = {
    ("POST", ORDERS): 12,
    ("GET", ORDERS): 6,
    ("GET", ORDER): 4,
    ("PATCH", ORDER): 12,
    ("POST", f"{ORDER}/open"): 15,
    ("POST", f"{ORDER}/lock"): 9,
    ("GET", f"{ORDER}/tags"): 4,
    ("PUT", f"{ORDER}/tags"): 10,
    ("POST", f"{ORDER}/handover"): 18,
    ("GET", f"{ORDER}/handover"): 5,
    ("POST", f"{ORDER}/ratings"): 10,
    ("GET", f"{ORDER}/ratings"): 4,
    ("POST", f"{ORDER}/ratings/{{rating_id}}/reply"): 5,
    ("GET", f"{API}/members/{{member_id}}/organiser-record"): 5,
    ("POST", f"{ORDER}/dues"): 24,
    ("GET", f"{ORDER}/dues"): 4,
    ("POST", f"{ORDER}/payments"): 19,
    ("GET", f"{ORDER}/payments"): 4,
    ("POST", f"{API}/payments/{{payment_id}}/confirm"): 13,
    ("POST", f"{API}/payments/{{payment_id}}/dispute"): 13,
    ("POST", f"{ORDER}/refunds"): 12,
    ("GET", f"{ORDER}/refunds"): 4,
    ("POST", f"{API}/refunds/{{refund_id}}/confirm"): 15,
    ("GET", f"{ORDER}/ledger"): 4,
    ("POST", f"{ORDER}/ledger"): 13,
    ("GET", f"{ORDER}/ledger/export"): 4,
    ("GET", f"{ORDER}/statement"): 6,
    ("POST", f"{ORDER}/rounds"): 11,
    ("GET", f"{ORDER}/rounds"): 3,
    ("GET", ROUND): 3,
    ("GET", f"{ROUND}/slots"): 4,
    ("POST", f"{ROUND}/open"): 15,
    ("POST", f"{ROUND}/close"): 9,
    ("POST", f"{ROUND}/allocate"): 13,
    ("POST", f"{ROUND}/cancel"): 12,
    ("GET", f"{ROUND}/draw"): 2,
    ("POST", f"{ROUND}/claims"): 27,
    ("GET", f"{ROUND}/claims"): 4,
    ("POST", f"{API}/claims/{{claim_id}}/withdraw"): 20,
    ("GET", f"{ORDER}/allocations"): 4,
    ("POST", f"{ALLOCATION}/transfer"): 22,
    ("POST", f"{ALLOCATION}/transfer/withdraw"): 15,
    ("POST", f"{ALLOCATION}/accept"): 40,
    ("POST", f"{ALLOCATION}/release"): 22,
    ("POST", f"{ORDER}/milestones"): 8,
    ("GET", f"{ORDER}/milestones"): 4,
    ("POST", f"{MILESTONE}/done"): 15,
    ("POST", f"{MILESTONE}/move"): 12,
    ("POST", f"{ALLOCATION}/confirm"): 20,
    ("POST", f"{ALLOCATION}/dispute"): 15,
    ("POST", f"{ALLOCATION}/decide"): 25,
    ("POST", f"{ORDER}/close"): 14,
    ("POST", f"{ORDER}/cancel"): 14,
    ("POST", f"{API}/webhooks/{{provider}}"): 6,
    ("GET", f"{ORDER}/transactions"): 3,
}
"""Statements of a good request; the first of them tells who is signed in."""

WIDELY: dict[Place, dict[str, str]] = {("GET", ORDERS): {}}
"""What finds as many as there are."""
SIZES = {"sqlite": 1, "postgresql": 4}
"""How many of everything each order has; the number is that of the table on both."""


@pytest.fixture(scope="module", params=SIZES)
def one_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with one_for_a_module(request, tmp_path_factory.mktemp("costs")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(one_url: str, keys: Path) -> AsyncIterator[CountingSite]:
    """One site for all routes; each has orders of its own."""
    async with CountingSite(one_url, keys) as site:
        await site.watch()
        _ = await an_order(await trusted(site))  # for the list
        yield site


@pytest.mark.parametrize("route", COSTS, ids=" ".join)
async def test_it_costs_as_much_for_much_as_for_little(place: CountingSite, route: Place) -> None:
    good = await laden(place, route)
    assert await cost(place, route, good, WIDELY.get(route)) == COSTS[route]


@pytest.mark.parametrize(("end", "each"), [("close", 4), ("cancel", 5)])
async def test_ending_an_order_costs_more_for_each_round_that_is_not_settled(
    place: CountingSite, end: str, each: int
) -> None:
    """What grows is seen; and an order has 20 rounds at most."""
    route = ("POST", f"{ORDER}/{end}")
    good = await laden(place, route, rounds="allocated")
    assert await cost(place, route, good) == COSTS[route] + each * SIZES[await place.dialect()]


async def laden(site: CountingSite, route: Place, *, rounds: str = "settled") -> Good:
    """A good request, about orders that have as much as the size says."""
    before = set(await site.ask(select(GroupOrderModel.id)))
    good = await GOOD[route](site)
    for order in set(await site.ask(select(GroupOrderModel.id))) - before:
        for number in range(SIZES[await site.dialect()]):
            await burden(site, order, number, rounds)
    return good


async def burden(site: CountingSite, id: UUID, number: int, rounds: str) -> None:
    """Let an order have one more of what may be many: someone who has got what they paid for."""
    order, member, at = str(id), await somebody(site), (await site.clock()).now()
    await join(order, member)
    times = dict.fromkeys(("delivered_at", "confirmed_at"), at)
    _ = await an_allocation(member, order, number=10 + number, **times)
    theirs = update(OrderRoundModel).where(
        OrderRoundModel.group_order_id == id, OrderRoundModel.number >= 10
    )
    await site.change(theirs.values(state=rounds))
    _ = await a_payment(member, order, state="confirmed", answered_at=at)
    _ = await a_refund(member, order, state="confirmed", ended_at=at)
    await told(member, id)
    await rated(member, id)


async def told(member: Member, id: UUID) -> None:
    """Their provider has told something of them."""
    row = {"id": uuid7(), "group_order_id": id, "member_id": member.id, "outcome": "noted"}
    row |= {"provider": "pay", "event_id": uuid7().hex, "kind": "payment.reversed"}
    row |= {"received_at": (await member.site.clock()).now(), "body_digest": "0" * 64}
    await member.site.change(insert(OrderTransactionModel).values(row))


async def rated(member: Member, id: UUID) -> None:
    """They have rated the organiser."""
    (organiser,) = await member.site.ask(
        select(GroupOrderModel.organiser_id).where(GroupOrderModel.id == id)
    )
    at = (await member.site.clock()).now()
    row = {"id": uuid7(), "group_order_id": id, "rater_id": member.id, "ratee_id": organiser}
    row |= dict.fromkeys(("rated_at", "edited_at", "closes_at"), at)
    await member.site.change(insert(OrderRatingModel).values(row | {"score": 5, "tags": []}))
