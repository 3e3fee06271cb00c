"""A good request for every route by which cards that were agreed upon change hands."""

from typing import Any

from uuid_utils.compat import uuid7

from tests.support.good import Good, Row, somebody
from tests.support.good_requests import proposed
from tests.support.mail import a_mailing, address_of
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


async def leg_address(site: Site) -> Good:
    ids = []
    for _ in range(2):
        mailing = await a_mailing(site, await somebody(site), await somebody(site))
        assert (await mailing.accept()).status_code == 200
        _, _, trade, _, leg = mailing.leg(mailing.author).split("/")
        ids.append({"trade_id": trade, "leg_id": leg})
    return Good(by=mailing.author, ids=ids[1], foreign=ids[0])


def leg(*, of: str, shipped: bool = False, body: Any = None) -> Row:
    """Return what asks for the first leg of a trade by mail, which its giver has sent or not."""

    async def row(site: Site) -> Good:
        (_, _, other), mailing = await proposed(site), await a_mailing(site, *await two(site))
        assert (await mailing.accept()).status_code == 200
        if shipped:
            sent = await mailing.author.post(f"{mailing.leg(mailing.author)}/ship", SHIPMENT)
            assert sent.status_code == 200, sent.text
        _, _, trade, _, first = mailing.leg(mailing.author).split("/")
        return Good(
            by=mailing.author if of == "giver" else mailing.other,
            ids={"trade_id": trade, "leg_id": first},
            foreign={"trade_id": other, "leg_id": str(uuid7())},
            body=body,
        )

    return row


async def two(site: Site) -> tuple[Member, Member]:
    return await somebody(site), await somebody(site)


def complaint(*, made: bool) -> Row:
    async def row(site: Site) -> Good:
        (_, _, other), (_, bea, mine) = await agreed(site), await agreed(site)
        if made:
            answer = await bea.post(f"/trades/{mine}/dispute", COMPLAINT)
            assert answer.status_code == 200, answer.text
        body = {"revision": 1} if made else COMPLAINT
        return Good(by=bea, ids={"trade_id": mine}, foreign={"trade_id": other}, body=body)

    return row


SHIPMENT = {"carrier": "Chunghwa Post", "tracking_number": "RR123456789TW", "revision": 1}
COMPLAINT = {"kind": "confirmation_false", "revision": 1}

HANDOVER: dict[tuple[str, str], Row] = {
    ("GET", f"{API}/me/addresses"): addresses,
    ("POST", f"{API}/me/addresses"): address_entry,
    ("GET", f"{API}/me/addresses/{{address_id}}"): address(),
    ("PUT", f"{API}/me/addresses/{{address_id}}"): address(replaced=True),
    ("DELETE", f"{API}/me/addresses/{{address_id}}"): address(204),
    ("GET", f"{API}/trades/{{trade_id}}/legs/{{leg_id}}/address"): leg_address,
    ("GET", f"{API}/trades/{{trade_id}}/handshake"): handshake,
    ("POST", f"{API}/trades/{{trade_id}}/confirm"): receipt,
    ("POST", f"{API}/trades/{{trade_id}}/legs/{{leg_id}}/ship"): leg(of="giver", body=SHIPMENT),
    ("POST", f"{API}/trades/{{trade_id}}/legs/{{leg_id}}/receive"): leg(
        of="receiver", shipped=True, body={"revision": 1}
    ),
    ("POST", f"{API}/trades/{{trade_id}}/dispute"): complaint(made=False),
    ("POST", f"{API}/trades/{{trade_id}}/resume"): complaint(made=True),
}
