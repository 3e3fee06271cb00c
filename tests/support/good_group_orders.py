"""A good request for every route of group orders themselves."""

from sqlalchemy import select

from apps.catalogue.infrastructure.models import ReleaseModel
from tests.group_orders.orders import a_draft, drafting
from tests.support.good import Good, Row, somebody
from tests.support.good_rounds import trusted
from tests.support.routes import API
from tests.support.site import Site

ORDERS = f"{API}/group-orders"
ORDER = f"{ORDERS}/{{group_order_id}}"


async def everything(site: Site) -> dict[str, object]:
    """All that a group order can tell."""
    co_organiser, body = await trusted(site), await drafting(site)
    (release, *_) = await site.ask(select(ReleaseModel.id))
    told: dict[str, object] = {"co_organiser_id": str(co_organiser.id)}
    told |= {"seller_name": "The shop", "payment_details": "By card", "late_fee": 300}
    told |= {"description": "All versions"}
    return body | told | {"release_id": str(release), "min_trust_level": 1}


async def new_order(site: Site) -> Good:
    return Good(by=await trusted(site), body=await everything(site), status=201)


async def other_terms(site: Site) -> Good:
    organiser = await trusted(site)
    ids = {"group_order_id": await a_draft(organiser)}
    return Good(by=organiser, ids=ids, body=await everything(site))


async def orders(site: Site) -> Good:
    asked = {"state": "open", "tag": "press", "mine": "false"}
    return Good(by=await somebody(site), query=asked)


def an_order(*, state: str = "open", body: object = None) -> Row:
    async def row(site: Site) -> Good:
        organiser = await trusted(site)
        order = await a_draft(organiser)
        if state == "open":
            assert (await organiser.post(f"/group-orders/{order}/open")).status_code == 200
        return Good(by=organiser, ids={"group_order_id": order}, body=body)

    return row


GROUP_ORDERS: dict[tuple[str, str], Row] = {
    ("POST", ORDERS): new_order,
    ("GET", ORDERS): orders,
    ("GET", ORDER): an_order(),
    ("PATCH", ORDER): other_terms,
    ("POST", f"{ORDER}/open"): an_order(state="draft"),
    ("POST", f"{ORDER}/lock"): an_order(),
    ("GET", f"{ORDER}/tags"): an_order(),
    ("PUT", f"{ORDER}/tags"): an_order(body={"tags": ["First press"]}),
}
