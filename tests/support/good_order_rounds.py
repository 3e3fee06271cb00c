"""A good request for every route of order rounds, claims and allocations."""

from dataclasses import dataclass
from typing import Any

from tests.group_orders.orders import a_draft
from tests.group_orders.rounds import a_planned_round, allocations, claimed, later, step
from tests.support.good import Good, Row, a_card
from tests.support.good_rounds import trusted
from tests.support.routes import API
from tests.support.site import Member, Site

ROUNDS = f"{API}/group-orders/{{group_order_id}}/rounds"
ROUND = f"{API}/order-rounds/{{order_round_id}}"
ALLOCATION = f"{API}/allocations/{{allocation_id}}"
STEPS = ("open", "close", "allocate")


@dataclass(frozen=True)
class Stage:
    """An organiser with an open order and a round of it, and somebody who may join."""

    organiser: Member
    joiner: Member
    order: str
    round: str

    async def allocation(self) -> str:
        """The id of what the joiner has claimed."""
        _ = await claimed(self.joiner, self.round)
        return str((await allocations(self.joiner, self.order))[0]["id"])


async def a_stage(site: Site, steps: int = 1, **more: Any) -> Stage:
    """With a round that has taken so many steps."""
    organiser, joiner = await trusted(site), await trusted(site, 1)
    order = await a_draft(organiser)
    assert (await organiser.post(f"/group-orders/{order}/open")).status_code == 200
    round = await a_planned_round(organiser, order, **more)
    for action in STEPS[:steps]:
        await step(organiser, round, action)
    return Stage(organiser, joiner, order, round)


async def new_round(site: Site) -> Good:
    stage = await a_stage(site)
    card = {"card_id": await a_card(site), "item": None, "unit_price": 1_500}
    card |= {"set_number": 1, "units": 2}
    item = {"item": "Poster", "unit_price": 300}
    body = {"title": "Re-order", "policy": "lottery", "closes_at": await later(site)}
    return Good(
        by=stage.organiser,
        ids={"group_order_id": stage.order},
        body=body | {"slots": [card, item]},
        status=201,
    )


async def of_order(site: Site) -> Good:
    stage = await a_stage(site)
    return Good(by=stage.organiser, ids={"group_order_id": stage.order})


def a_round(steps: int = 1, **more: Any) -> Row:
    async def row(site: Site) -> Good:
        stage = await a_stage(site, steps, **more)
        return Good(by=stage.organiser, ids={"order_round_id": stage.round})

    return row


async def a_draw(site: Site) -> Good:
    stage = await a_stage(site, 3, policy="lottery")
    return Good(ids={"order_round_id": stage.round})


async def new_claim(site: Site) -> Good:
    stage = await a_stage(site, policy="priority")
    body = {"card_id": await a_card(site), "item": None, "rules_version": 1}
    body |= {"quantity": 2, "rank": 1}
    ids = {"order_round_id": stage.round}
    return Good(by=stage.joiner, ids=ids, body=body, status=201)


async def withdrawing(site: Site) -> Good:
    stage = await a_stage(site)
    claim = await claimed(stage.joiner, stage.round)
    return Good(by=stage.joiner, ids={"claim_id": claim["id"]})


async def transferring(site: Site) -> Good:
    stage, to = await a_stage(site), await trusted(site, 1)
    ids = {"allocation_id": await stage.allocation()}
    return Good(by=stage.joiner, ids=ids, body={"to": str(to.id)})


async def an_offer(site: Site) -> tuple[Stage, Member, str]:
    """What the joiner has, and to whom they offer it."""
    stage, to = await a_stage(site), await trusted(site, 1)
    id = await stage.allocation()
    answer = await stage.joiner.post(f"/allocations/{id}/transfer", {"to": str(to.id)})
    assert answer.status_code == 200, answer.text
    return stage, to, id


async def withdrawing_an_offer(site: Site) -> Good:
    stage, _, id = await an_offer(site)
    return Good(by=stage.joiner, ids={"allocation_id": id})


async def accepting(site: Site) -> Good:
    _, to, id = await an_offer(site)
    return Good(by=to, ids={"allocation_id": id}, body={"rules_version": 1})


async def releasing(site: Site) -> Good:
    stage = await a_stage(site)
    ids = {"allocation_id": await stage.allocation()}
    return Good(by=stage.organiser, ids=ids, body={"reason": "released"})


ORDER_ROUNDS: dict[tuple[str, str], Row] = {
    ("POST", ROUNDS): new_round,
    ("GET", ROUNDS): of_order,
    ("GET", ROUND): a_round(),
    ("GET", f"{ROUND}/slots"): a_round(),
    ("POST", f"{ROUND}/open"): a_round(0),
    ("POST", f"{ROUND}/close"): a_round(),
    ("POST", f"{ROUND}/allocate"): a_round(2),
    ("POST", f"{ROUND}/cancel"): a_round(),
    ("GET", f"{ROUND}/draw"): a_draw,
    ("POST", f"{ROUND}/claims"): new_claim,
    ("GET", f"{ROUND}/claims"): a_round(),
    ("POST", f"{API}/claims/{{claim_id}}/withdraw"): withdrawing,
    ("GET", f"{API}/group-orders/{{group_order_id}}/allocations"): of_order,
    ("POST", f"{ALLOCATION}/transfer"): transferring,
    ("POST", f"{ALLOCATION}/transfer/withdraw"): withdrawing_an_offer,
    ("POST", f"{ALLOCATION}/accept"): accepting,
    ("POST", f"{ALLOCATION}/release"): releasing,
}
