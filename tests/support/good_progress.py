"""A good request for every route of how group orders get on."""

from apps.group_orders.domain.order_steps import OrderState
from tests.group_orders.progress import an_order_in, in_days, planned
from tests.support.good import Good, Row
from tests.support.good_rounds import trusted
from tests.support.routes import API
from tests.support.site import Site

MILESTONES = f"{API}/group-orders/{{group_order_id}}/milestones"
MILESTONE = f"{API}/milestones/{{milestone_id}}"


async def new_milestone(site: Site) -> Good:
    organiser = await trusted(site)
    order = await an_order_in(organiser, OrderState.OPEN)
    body = {"kind": "ordered", "planned_on": (await in_days(site, 3)).isoformat()}
    return Good(by=organiser, ids={"group_order_id": order}, body=body, status=201)


async def milestones(site: Site) -> Good:
    organiser = await trusted(site)
    order = await an_order_in(organiser, OrderState.OPEN)
    _ = await planned(organiser, order, "ordered")
    return Good(by=organiser, ids={"group_order_id": order})


def a_milestone(**body: object) -> Row:
    async def row(site: Site) -> Good:
        organiser = await trusted(site)
        order = await an_order_in(organiser, OrderState.LOCKED)
        milestone = await planned(organiser, order, "ordered")
        told = dict(body)
        if "reason" in told:
            told["planned_on"] = (await in_days(site, 9)).isoformat()
        return Good(by=organiser, ids={"milestone_id": milestone}, body=told)

    return row


PROGRESS: dict[tuple[str, str], Row] = {
    ("POST", MILESTONES): new_milestone,
    ("GET", MILESTONES): milestones,
    ("POST", f"{MILESTONE}/done"): a_milestone(
        note="All of it.", proof_url="https://shots.example/1.webp", shipments=[]
    ),
    ("POST", f"{MILESTONE}/move"): a_milestone(reason="The shop has postponed it."),
}
