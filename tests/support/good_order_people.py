"""Good requests about who runs a group order, and what is said of it when it is over."""

from uuid import UUID

from sqlalchemy import update

from apps.group_orders.infrastructure.models import GroupOrderModel
from tests.group_orders.handing_over import a_scene, somebody
from tests.group_orders.orders import an_order
from tests.group_orders.rows import served
from tests.support.good import Good, Row
from tests.support.good_ratings import OPINION
from tests.support.routes import API
from tests.support.site import Member, Site

ORDER = f"{API}/group-orders/{{group_order_id}}"


def handover(*, asked: bool) -> Row:
    async def row(site: Site) -> Good:
        scene = await a_scene(site)
        if asked:
            await scene.steps(scene.olga)
        body = None if asked else {"reason": "I am moving away."}
        return Good(by=scene.olga, ids={"group_order_id": scene.order}, body=body)

    return row


async def over(site: Site) -> tuple[str, Member, Member]:
    """An order that is closed, who organised it, and somebody who has joined it."""
    olga, ann = await somebody(site), await somebody(site, level=1)
    order = await an_order(olga)
    await served(order, ann)
    row = update(GroupOrderModel).where(GroupOrderModel.id == UUID(order))
    await site.change(row.values(state="closed", ended_at=GroupOrderModel.updated_at))
    return order, olga, ann


async def rated(order: str, by: Member) -> str:
    answer = await by.post(f"/group-orders/{order}/ratings", OPINION)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def rating(site: Site) -> Good:
    order, olga, ann = await over(site)
    body = OPINION | {"ratee_id": str(olga.id)}
    return Good(by=ann, ids={"group_order_id": order}, body=body, status=201)


async def ratings(site: Site) -> Good:
    order, olga, ann = await over(site)
    await rated(order, ann)
    return Good(by=olga, ids={"group_order_id": order})


async def reply(site: Site) -> Good:
    order, olga, ann = await over(site)
    ids = {"group_order_id": order, "rating_id": await rated(order, ann)}
    back = {"score": 5, "ratee_id": str(ann.id)}
    assert (await olga.post(f"/group-orders/{order}/ratings", back)).status_code == 201
    return Good(by=olga, ids=ids, body={"text": "You are welcome."})


async def record(site: Site) -> Good:
    return Good(by=await somebody(site), ids={"member_id": str((await somebody(site)).id)})


ORDER_PEOPLE: dict[tuple[str, str], Row] = {
    ("POST", f"{ORDER}/handover"): handover(asked=False),
    ("GET", f"{ORDER}/handover"): handover(asked=True),
    ("GET", f"{API}/members/{{member_id}}/organiser-record"): record,
    ("POST", f"{ORDER}/ratings"): rating,
    ("GET", f"{ORDER}/ratings"): ratings,
    ("POST", f"{ORDER}/ratings/{{rating_id}}/reply"): reply,
}
