"""A good request for every route of matching."""

from tests.support.good import Good, Row, somebody
from tests.support.good_handover import tomorrow
from tests.support.levels import confirm_address
from tests.support.mail import address_of
from tests.support.routes import API
from tests.support.site import Member, Site
from tests.support.suggested import want


async def a_pair(site: Site) -> tuple[Member, Member]:
    """Two of whom each lists, of a few cards, one that only the other looks for."""
    ann, bea = await somebody(site), await somebody(site)
    await confirm_address(ann, bea)
    first, second = (await site.some_cards(3))[1:]
    for member, has, seeks in ((ann, first, second), (bea, second, first)):
        await member.hold(has)
        await want(member, seeks)
    return ann, bea


async def my_matches(site: Site) -> Good:
    ann, _ = await a_pair(site)
    return Good(by=ann, query={"kind": "pair", "max_length": 3})


async def match_of_mine(site: Site) -> Good:
    """By mail, with everything that a proposal can tell."""
    ann, bea = await a_pair(site)
    ids = []
    for member in (ann, bea):
        found = (await member.get("/me/matches", kind="pair")).json()["items"]
        pairs = ({party["member_id"] for party in match["parties"]} for match in found)
        both = {str(ann.id), str(bea.id)}
        ids += [match["id"] for match, pair in zip(found, pairs, strict=True) if pair == both]
    mine, theirs = ids
    body = {"method": "mail", "place": "Taipei", "first_sender": str(bea.id), "tracked": True}
    body |= {"address_id": await address_of(ann), "note": "Hi", "answer_within_hours": 48}
    body |= {"planned_at": await tomorrow(site)}
    return Good(by=ann, ids={"match_id": mine}, foreign={"match_id": theirs}, body=body, status=201)


MATCHING: dict[tuple[str, str], Row] = {
    ("GET", f"{API}/me/matches"): my_matches,
    ("POST", f"{API}/me/matches/{{match_id}}/propose"): match_of_mine,
}
