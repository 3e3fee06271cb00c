"""Order rounds and who claims in them, as tests make them."""

from datetime import timedelta
from typing import Any

from httpx import Response

from tests.group_orders.orders import an_order, fan, organiser
from tests.support.site import Member, Site

PRICE = 1_500


async def later(site: Site, *, days: int = 3) -> str:
    """A moment in the next days."""
    return ((await site.clock()).now() + timedelta(days=days)).isoformat()


async def planning(site: Site, **more: Any) -> dict[str, Any]:
    """A body for POST /group-orders/{id}/rounds: ten slots of one card, unless told otherwise."""
    (card,) = await site.some_cards(1)
    told = {
        "title": "First press",
        "policy": "first_come",
        "closes_at": await later(site),
        "slots": [{"card_id": str(card), "unit_price": PRICE, "units": 10}],
    }
    return told | more


async def a_planned_round(by: Member, order: str, **more: Any) -> str:
    """Its id."""
    answer = await by.post(f"/group-orders/{order}/rounds", await planning(by.site, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def an_open_round(by: Member, order: str, **more: Any) -> str:
    """The id of one that takes claims."""
    round = await a_planned_round(by, order, **more)
    await step(by, round, "open")
    return round


async def step(by: Member, round: str, action: str) -> dict[str, Any]:
    """Open, close, allocate or cancel it."""
    answer = await by.post(f"/order-rounds/{round}/{action}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def asked(by: Member, round: str, **more: Any) -> Response:
    """The answer to a claim of one unit of the first card, unless told otherwise."""
    (card,) = await by.site.some_cards(1)
    body = {"rules_version": 1} | ({} if "item" in more else {"card_id": str(card)}) | more
    return await by.post(f"/order-rounds/{round}/claims", body)


async def claimed(by: Member, round: str, **more: Any) -> dict[str, Any]:
    """A claim."""
    answer = await asked(by, round, **more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def allocations(by: Member, order: str, *, live: bool = True) -> list[dict[str, Any]]:
    """What this member is shown of them."""
    found = (await by.get(f"/group-orders/{order}/allocations", limit=100)).json()["items"]
    return [each for each in found if not (live and each["ended_at"])]


async def a_scene(site: Site, **more: Any) -> tuple[Member, str, str]:
    """An organiser with an open order, and its open round."""
    olga = await organiser(site)
    order = await an_order(olga)
    return olga, order, await an_open_round(olga, order, **more)


async def fans(site: Site, count: int) -> list[Member]:
    """Some who may join."""
    return [await fan(site, f"fan{number}") for number in range(count)]
