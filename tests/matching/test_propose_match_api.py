"""Proposing what was found, over HTTP."""

from typing import Any

from tests.support.deals import told
from tests.support.markets import a_market, given, matches
from tests.support.site import Member, Site


async def propose(member: Member, match: dict[str, Any], **more: Any) -> Any:
    body = {"method": match["methods"][0]} | more
    return await member.post(f"/me/matches/{match['id']}/propose", body)


async def test_a_pair_becomes_a_trade_that_the_other_answers(site: Site) -> None:
    ann, bea = await a_market(site)
    (match,) = await matches(ann)
    answer = await propose(ann, match, place="Ximen", note="Noon?")
    assert answer.status_code == 201, answer.text
    trade = answer.json()
    assert answer.headers["Location"] == f"/api/v1/trades/{trade['id']}"
    assert trade == (await ann.get(f"/trades/{trade['id']}")).json()
    assert (trade["state"], trade["turn"], trade["place"]) == ("proposed", str(bea.id), "Ximen")
    assert given({**trade, "parties": match["parties"]}) == given(match)
    assert not await matches(ann), "what is promised is not suggested again"
    assert not await matches(bea)


async def test_a_ring_is_put_to_all_of_its_members(site: Site) -> None:
    members = await a_market(site, size=4)
    (match,) = await matches(members[1])
    answer = await propose(members[1], match)
    assert answer.status_code == 201, answer.text
    trade = answer.json()
    assert [party["consented"] for party in trade["parties"]] == [False] * 4
    assert "accept" in trade["allowed_actions"]
    assert not await matches(members[0]), "it is under way"
    again = await propose(members[1], match)
    assert told(again) == (409, "match-changed")
    assert again.json()["changes"] == [
        {"code": "already_proposed", "copy_id": None, "member_id": None}
    ]
