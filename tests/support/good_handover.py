"""A good request for every route by which cards that were agreed upon change hands."""

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


HANDOVER: dict[tuple[str, str], Row] = {
    ("GET", f"{API}/me/addresses"): addresses,
    ("POST", f"{API}/me/addresses"): address_entry,
    ("GET", f"{API}/me/addresses/{{address_id}}"): address(),
    ("PUT", f"{API}/me/addresses/{{address_id}}"): address(replaced=True),
    ("DELETE", f"{API}/me/addresses/{{address_id}}"): address(204),
    ("GET", f"{API}/trades/{{trade_id}}/legs/{{leg_id}}/address"): leg_address,
    ("GET", f"{API}/trades/{{trade_id}}/handshake"): handshake,
    ("POST", f"{API}/trades/{{trade_id}}/confirm"): receipt,
}
