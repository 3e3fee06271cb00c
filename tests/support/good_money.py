"""A good request for every route about the money of group orders."""

from datetime import timedelta

from tests.group_orders.money import Shop, a_shop_of
from tests.support.good import Good, Row
from tests.support.good_rounds import trusted
from tests.support.routes import API
from tests.support.site import Site

ORDER = f"{API}/group-orders/{{group_order_id}}"


async def a_good_shop(site: Site) -> Shop:
    return await a_shop_of(await trusted(site), await trusted(site), await trusted(site))


def read() -> Row:
    async def row(site: Site) -> Good:
        shop = await a_good_shop(site)
        _ = await shop.bill()
        _ = await shop.pay(shop.ann, 1600)
        return Good(by=shop.olga, ids={"group_order_id": shop.order})

    return row


async def charging(site: Site) -> Good:
    shop = await a_good_shop(site)
    due_at = (await site.clock()).now() + timedelta(days=3)
    charged = shop.allocations[shop.ann]
    body = {
        "kind": "ems",
        "total": 100,
        "split": "weight",
        "allocation_ids": charged,
        "weights": [{"allocation_id": id, "weight": 5} for id in charged],
        "due_at": due_at.isoformat(),
        "member_id": None,
        "late_for": None,
        "note": "By air",
        "original": {"currency": "KRW", "amount": 10, "rate": "0.1", "rated_on": "2026-05-24"},
    }
    return Good(by=shop.olga, ids={"group_order_id": shop.order}, body=body, status=201)


async def reporting(site: Site) -> Good:
    shop = await a_good_shop(site)
    body = {
        "amount": 1500,
        "method": "Bank transfer",
        "reference": "KC-7Q2M-X4PD",
        "picture_url": "https://pictures.example/receipt.jpg",
    }
    return Good(by=shop.ann, ids={"group_order_id": shop.order}, body=body, status=201)


def answering(body: object = None) -> Row:
    async def row(site: Site) -> Good:
        shop = await a_good_shop(site)
        payment = await shop.pay(shop.ann, 1500, confirmed=False)
        return Good(by=shop.olga, ids={"payment_id": payment}, body=body)

    return row


async def refunding(site: Site) -> Good:
    shop = await a_good_shop(site)
    _ = await shop.pay(shop.ann, 100)
    body = {"member_id": str(shop.ann.id), "amount": 100, "reason": "Too much."}
    return Good(by=shop.olga, ids={"group_order_id": shop.order}, body=body, status=201)


async def receiving(site: Site) -> Good:
    shop = await a_good_shop(site)
    _ = await shop.pay(shop.ann, 100)
    body = {"member_id": str(shop.ann.id), "amount": 100, "reason": "Too much."}
    refund = (await shop.olga.post(f"{shop.path}/refunds", body)).json()["id"]
    return Good(by=shop.ann, ids={"refund_id": refund})


async def reversing(site: Site) -> Good:
    shop = await a_good_shop(site)
    _ = await shop.bill()
    (*_, entry) = await shop.ledger(shop.olga)
    body = {"reverses": entry["id"], "reason": "A mistake."}
    return Good(by=shop.olga, ids={"group_order_id": shop.order}, body=body, status=201)


MONEY: dict[tuple[str, str], Row] = {
    ("POST", f"{ORDER}/dues"): charging,
    ("GET", f"{ORDER}/dues"): read(),
    ("POST", f"{ORDER}/payments"): reporting,
    ("GET", f"{ORDER}/payments"): read(),
    ("POST", f"{API}/payments/{{payment_id}}/confirm"): answering(),
    ("POST", f"{API}/payments/{{payment_id}}/dispute"): answering({"reason": "Nothing came."}),
    ("POST", f"{ORDER}/refunds"): refunding,
    ("GET", f"{ORDER}/refunds"): read(),
    ("POST", f"{API}/refunds/{{refund_id}}/confirm"): receiving,
    ("GET", f"{ORDER}/ledger"): read(),
    ("POST", f"{ORDER}/ledger"): reversing,
    ("GET", f"{ORDER}/ledger/export"): read(),
    ("GET", f"{ORDER}/statement"): read(),
}
