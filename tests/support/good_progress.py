"""A good request for every route of how group orders get on, of how they end and of providers."""

from collections.abc import Mapping
from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from apps.group_orders.domain.order_steps import OrderState
from tests.group_orders.handing_out import STEPS, a_moderator, a_parcel
from tests.group_orders.progress import an_order_in, in_days, planned
from tests.group_orders.providers import signed
from tests.support.good import Good, Row
from tests.support.good_rounds import trusted
from tests.support.routes import API
from tests.support.site import Site

ORDER = f"{API}/group-orders/{{group_order_id}}"
MILESTONE = f"{API}/milestones/{{milestone_id}}"
ALLOCATION = f"{API}/allocations/{{allocation_id}}"
WRONG = {"kind": "wrong_item", "text": "It is another member of the group."}


def mark() -> str:
    """What makes nicknames differ."""
    return uuid7().hex[-12:]


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


async def reaching(site: Site) -> Good:
    parcel = await a_parcel(site, *STEPS[:2], mark=mark(), ways=["mail", "in_person"])
    milestone = await planned(parcel.olga, parcel.order, "domestic_shipped")
    sent = (await parcel.shipments())[:1]
    proof = {"note": "All of it.", "proof_url": "https://shots.example/1.webp"}
    ids = {"milestone_id": milestone}
    return Good(by=parcel.olga, ids=ids, body=proof | {"shipments": sent})


async def moving(site: Site) -> Good:
    organiser = await trusted(site)
    order = await an_order_in(organiser, OrderState.OPEN)
    milestone = await planned(organiser, order, "ordered")
    day = (await in_days(site, 9)).isoformat()
    body = {"planned_on": day, "reason": "The shop has postponed it."}
    return Good(by=organiser, ids={"milestone_id": milestone}, body=body)


def delivered(body: object = None) -> Row:
    async def row(site: Site) -> Good:
        parcel = await a_parcel(site, *STEPS, mark=mark())
        ids = {"allocation_id": await parcel.card_of(parcel.ann)}
        foreign = {"allocation_id": await parcel.card_of(parcel.bea)}
        return Good(by=parcel.ann, ids=ids, foreign=foreign, body=body)

    return row


async def deciding(site: Site) -> Good:
    parcel = await a_parcel(site, *STEPS, mark=mark())
    card = await parcel.card_of(parcel.ann)
    assert (await parcel.ann.post(f"/allocations/{card}/dispute", WRONG)).status_code == 200
    body = {"upheld": True, "reason": "The picture shows another card."}
    staff = await a_moderator(site, f"max{mark()}")
    return Good(by=staff, ids={"allocation_id": card}, body=body)


def an_order(state: OrderState, body: object = None) -> Row:
    async def row(site: Site) -> Good:
        organiser = await trusted(site)
        return Good(
            by=organiser, ids={"group_order_id": await an_order_in(organiser, state)}, body=body
        )

    return row


async def telling(site: Site) -> Good:
    event = f"evt_{mark()}"
    del site

    def sign(body: bytes) -> Mapping[str, str]:
        headers = signed(body, id=event, at=datetime.now(UTC))
        return {name: told for name, told in headers.items() if name != "Content-Type"}

    data = {"payment_id": "pay_1", "reference": "KC-2222-2222", "amount": 1_500}
    body = {"type": "payment.succeeded", "timestamp": "2026-05-24T12:00:00Z"}
    return Good(
        ids={"provider": "pay"},
        strange=401,
        body=body | {"data": data | {"currency": "EUR"}},
        status=204,
        sign=sign,
    )


async def transactions(site: Site) -> Good:
    organiser = await trusted(site)
    order = await an_order_in(organiser, OrderState.OPEN)
    return Good(by=organiser, ids={"group_order_id": order})


PROGRESS: dict[tuple[str, str], Row] = {
    ("POST", f"{ORDER}/milestones"): new_milestone,
    ("GET", f"{ORDER}/milestones"): milestones,
    ("POST", f"{MILESTONE}/done"): reaching,
    ("POST", f"{MILESTONE}/move"): moving,
    ("POST", f"{ALLOCATION}/confirm"): delivered(),
    ("POST", f"{ALLOCATION}/dispute"): delivered(WRONG),
    ("POST", f"{ALLOCATION}/decide"): deciding,
    ("POST", f"{ORDER}/close"): an_order(OrderState.DISTRIBUTING),
    ("POST", f"{ORDER}/cancel"): an_order(OrderState.OPEN, {"reason": "The shop is sold out."}),
    ("POST", f"{API}/webhooks/{{provider}}"): telling,
    ("GET", f"{ORDER}/transactions"): transactions,
}
