"""A good request for every route by which cards that were agreed upon change hands."""

from datetime import timedelta
from typing import Any

from tests.support.good import Good, Row, somebody
from tests.support.good_requests import an_offer, proposed
from tests.support.levels import confirm_address
from tests.support.mail import Mailing, a_mailing, address_of
from tests.support.phones import secret_of, shown
from tests.support.postal import entry
from tests.support.routes import API
from tests.support.site import Member, Site


async def address_entry(site: Site) -> Good:
    return Good(by=await somebody(site), body=entry(), status=201)


async def addresses(site: Site) -> Good:
    me = await somebody(site)
    _ = await address_of(me)
    return Good(by=me)


def address(status: int = 200, *, replaced: bool = False) -> Row:
    async def row(site: Site) -> Good:
        me = await somebody(site)
        return Good(
            by=me,
            ids={"address_id": await address_of(me)},
            foreign={"address_id": await address_of(await somebody(site))},
            body=entry(label="work") if replaced else None,
            status=status,
        )

    return row


async def agreed(site: Site) -> tuple[Member, Member, str]:
    ann, bea, trade = await proposed(site)
    answer = await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    assert answer.status_code == 200, answer.text
    return ann, bea, trade


async def handshake(site: Site) -> Good:
    (_, _, other), (_, bea, mine) = await agreed(site), await agreed(site)
    return Good(by=bea, ids={"trade_id": mine}, foreign={"trade_id": other})


async def receipt(site: Site) -> Good:
    (_, _, other), (ann, bea, mine) = await agreed(site), await agreed(site)
    now = (await site.clock()).now()
    code = shown(await secret_of(ann, f"/trades/{mine}"), now)
    return Good(
        by=bea,
        ids={"trade_id": mine},
        foreign={"trade_id": other},
        body={"revision": 1, "code": code, "entered_at": now.isoformat()},
    )


async def mailed(site: Site) -> Mailing:
    return await a_mailing(site, await somebody(site), await somebody(site))


async def tomorrow(site: Site) -> str:
    return ((await site.clock()).now() + timedelta(days=1)).isoformat()


async def mail_proposal(site: Site) -> Good:
    """With everything that a proposal can tell."""
    ann, bea, body = await an_offer(site)
    await confirm_address(ann)
    more: dict[str, Any] = {"place": "Taipei", "planned_at": await tomorrow(site), "note": "hi"}
    more |= {"method": "mail", "first_sender": str(bea.id), "tracked": True}
    more |= {"address_id": await address_of(ann), "answer_within_hours": 48}
    return Good(by=ann, body=body | more, status=201)


async def acceptance(site: Site) -> Good:
    other, mine = await mailed(site), await mailed(site)
    body = {"revision": 1, "accept_surplus": False, "address_id": mine.work, "tracked": True}
    return answer(mine, other, body)


async def counter(site: Site) -> Good:
    other, mine = await mailed(site), await mailed(site)
    anns, beas = [[copy["id"] for copy in leg["copies"]] for leg in mine.shown["legs"]]
    sides = {"give": [*beas, str(await mine.other.hold())], "take": anns}
    more = {"revision": 1, "message": "And this one?", "address_id": mine.work, "tracked": True}
    return answer(mine, other, sides | more)


def answer(mine: Mailing, other: Mailing, body: Any) -> Good:
    ids = {"trade_id": mine.shown["id"]}
    return Good(by=mine.other, ids=ids, foreign={"trade_id": other.shown["id"]}, body=body)


def leg(body: Any = None, *, of: str = "giver", shipped: bool = False) -> Row:
    """Return what asks for a leg of an accepted trade by mail, which its giver has sent or not."""

    async def row(site: Site) -> Good:
        other, mine = await mailed(site), await mailed(site)
        for mailing in (other, mine):
            assert (await mailing.accept()).status_code == 200
        path = mine.leg(mine.author)
        if shipped:
            sent = await mine.author.post(f"{path}/ship", SHIPMENT)
            assert sent.status_code == 200, sent.text
        return Good(
            by=mine.author if of == "giver" else mine.other,
            ids=ids_in(path),
            foreign=ids_in(other.leg(other.author)),
            body=body,
        )

    return row


def ids_in(path: str) -> dict[str, str]:
    _, _, trade, _, leg_id = path.split("/")
    return {"trade_id": trade, "leg_id": leg_id}


SHIPMENT = {"carrier": "Chunghwa Post", "tracking_number": "RR123456789TW", "revision": 1}


HANDOVER: dict[tuple[str, str], Row] = {
    ("GET", f"{API}/me/addresses"): addresses,
    ("POST", f"{API}/me/addresses"): address_entry,
    ("GET", f"{API}/me/addresses/{{address_id}}"): address(),
    ("PUT", f"{API}/me/addresses/{{address_id}}"): address(replaced=True),
    ("DELETE", f"{API}/me/addresses/{{address_id}}"): address(204),
    ("POST", f"{API}/trades"): mail_proposal,
    ("POST", f"{API}/trades/{{trade_id}}/accept"): acceptance,
    ("POST", f"{API}/trades/{{trade_id}}/counter"): counter,
    ("GET", f"{API}/trades/{{trade_id}}/legs/{{leg_id}}/address"): leg(),
    ("POST", f"{API}/trades/{{trade_id}}/legs/{{leg_id}}/ship"): leg(SHIPMENT),
    ("POST", f"{API}/trades/{{trade_id}}/legs/{{leg_id}}/receive"): leg(
        {"revision": 1}, of="receiver", shipped=True
    ),
    ("GET", f"{API}/trades/{{trade_id}}/handshake"): handshake,
    ("POST", f"{API}/trades/{{trade_id}}/confirm"): receipt,
}
