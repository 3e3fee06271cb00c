"""Good requests about ratings, reputation and vouch cards."""

from tests.support.deals import Deal, a_deal
from tests.support.good import Good, Row, somebody
from tests.support.site import Member, Site

OPINION = {"score": 4, "tags": ["talk", "packing"], "comment": "Sleeved."}


async def a_swap(site: Site) -> Deal:
    deal = await a_deal(site, author=await somebody(site), other=await somebody(site))
    await deal.complete()
    return deal


async def rated(by: Member, deal: Deal) -> str:
    answer = await by.post(f"{deal.path}/ratings", OPINION)
    assert answer.status_code == 201, answer.text
    rating: str = answer.json()["id"]
    return rating


def ratings_of_a_trade(*, given: bool) -> Row:
    async def row(site: Site) -> Good:
        mine, other = await a_swap(site), await a_swap(site)
        return Good(
            by=mine.author,
            ids={"trade_id": str(mine.id)},
            foreign={"trade_id": str(other.id)},
            body=OPINION | {"ratee_id": str(mine.other.id)} if given else None,
            status=201 if given else 200,
        )

    return row


async def reply(site: Site) -> Good:
    deal, other = await a_swap(site), await a_swap(site)
    rating, theirs = [await rated(each.author, each) for each in (deal, other)]
    await rated(deal.other, deal)
    await rated(other.other, other)
    return Good(
        by=deal.other,
        ids={"trade_id": str(deal.id), "rating_id": rating},
        foreign={"trade_id": str(other.id), "rating_id": theirs},
        body={"text": "You are welcome."},
    )


async def vouch(site: Site) -> Good:
    return Good(by=await somebody(site), status=201)


async def vouch_of_mine(site: Site) -> Good:
    ids = []
    for _ in range(2):
        me = await somebody(site)
        ids.append((await me.post("/me/vouch")).json()["statement"]["id"])
    return Good(by=me, ids={"vouch_id": ids[1]}, foreign={"vouch_id": ids[0]}, status=204)


async def a_card(site: Site) -> Good:
    card = (await (await somebody(site)).post("/me/vouch")).json()
    return Good(ids={"token": card["token"]})
