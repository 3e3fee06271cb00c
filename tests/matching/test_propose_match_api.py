"""Proposing what was found, over HTTP."""

from datetime import timedelta
from typing import Any

from httpx import Response
from sqlalchemy import select, update

from apps.identity.infrastructure.models import UserModel
from apps.matching.application.find_matches import FindMatches
from apps.matching.application.show_matches import MatchIds, Offered
from apps.matching.domain.match import givers_of
from apps.trading.infrastructure.models import TradeModel
from tests.support.deals import a_deal, told
from tests.support.levels import raise_to
from tests.support.mail import address_of
from tests.support.site import Member, Site
from tests.support.suggested import a_market, given, matches, propose


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


def changes(answer: Response) -> list[tuple[str, str | None, str | None]]:
    assert told(answer) == (409, "match-changed"), answer.text
    return [(each["code"], each["copy_id"], each["member_id"]) for each in answer.json()["changes"]]


async def only(member: Member, path: str) -> dict[str, Any]:
    (item,) = (await member.get(path)).json()["items"]
    one: dict[str, Any] = item
    return one


async def test_what_has_become_of_copies_and_wants_is_told(site: Site) -> None:
    ann, bea = await a_market(site)
    (match,) = await matches(ann)
    copy, group = await only(bea, "/me/copies"), await only(ann, "/me/wants")
    path, wants = f"/me/copies/{copy['id']}", f"/me/wants/{group['id']}"
    about = copy["id"], None

    await bea.patch(path, {"for_trade": False})
    assert changes(await propose(ann, match)) == [("copy_not_for_trade", *about)]
    await bea.patch(path, {"for_trade": True, "condition": "marked"})
    await ann.patch(wants, {"min_condition": "light"})
    assert changes(await propose(ann, match)) == [("min_condition", *about)]
    await ann.patch(wants, {"min_condition": None})
    deal = await a_deal(site, author=bea, other=await site.join("eve"), give=[copy["id"]])
    assert changes(await propose(ann, match)) == [("copy_promised", *about)]
    await deal.withdraw()
    rival = await site.join("rival")
    twin = await rival.hold(copy["card"]["id"])
    deal = await a_deal(site, author=rival, other=ann, give=[twin])
    assert (await deal.accept()).is_success
    assert changes(await propose(ann, match)) == [("want_full", *about)]
    await ann.delete(wants)
    assert changes(await propose(ann, match)) == [("want_closed", *about)]
    await bea.delete(path)
    assert changes(await propose(ann, match)) == [("copy_gone", *about)]
    states = await site.ask(select(TradeModel.state).where(TradeModel.state == "proposed"))
    assert not states, "nothing of it was kept"


async def test_a_block_looks_like_a_suspension(site: Site) -> None:
    ann, bea = await a_market(site)
    (match,) = await matches(ann)
    await bea.patch("/me", {"privacy": {"accepts_proposals": False}})
    assert changes(await propose(ann, match)) == [("proposals_not_accepted", None, str(bea.id))]
    await bea.block(ann)
    blocked = (await propose(ann, match)).json()
    await bea.delete(f"/me/blocks/{ann.id}")
    row = update(UserModel).where(UserModel.id == bea.id)
    await site.change(row.values(status="suspended"))
    suspended = (await propose(ann, match)).json()
    assert blocked["changes"][0] == {
        "code": "party_unavailable",
        "copy_id": None,
        "member_id": None,
    }
    for told_of in (blocked, suspended):
        del told_of["request_id"]
    assert blocked == suspended


async def test_a_block_elsewhere_in_a_ring_is_told_as_little(site: Site) -> None:
    ann, bea, eve, dan = await a_market(site, size=4)
    (match,) = await matches(ann)
    await dan.block(bea)
    assert changes(await propose(ann, match)) == [("party_unavailable", None, None)]
    await dan.delete(f"/me/blocks/{bea.id}")
    await raise_to(0, eve)
    assert changes(await propose(ann, match)) == [("not_in_rings", None, str(eve.id))]
    await raise_to(1, eve)
    assert (await propose(ann, match)).status_code == 201


async def test_a_ring_goes_by_mail_on_its_own_terms(site: Site) -> None:
    ann, *_ = await a_market(site, size=3)
    (match,) = await matches(ann)
    for more in ({"method": "in_person"}, {"method": "mail", "note": "Hi"}, {"tracked": True}):
        assert told(await propose(ann, match, **more)) == (422, "rings-go-by-mail")


async def test_a_pair_by_mail_tells_an_address(site: Site) -> None:
    ann, _ = await a_market(site)
    (match,) = await matches(ann)
    assert told(await propose(ann, match, method="mail")) == (422, "address-missing")
    sent = await propose(ann, match, method="mail", address_id=await address_of(ann))
    assert sent.status_code == 201


async def test_the_id_is_of_one_member_and_whole(site: Site) -> None:
    ann, bea = await a_market(site)
    (match,) = await matches(ann)
    id = match["id"]
    forged = [
        id[:-1],
        id[:-1] + ("A" if id[-1] != "A" else "B"),
        f"{id}AA",
        f"{id}=",
        "x",
        "-_" * 40,
    ]
    for each in forged:
        assert told(await propose(ann, {**match, "id": each})) == (404, "not-found"), each
    assert told(await propose(bea, match)) == (404, "not-found")
    assert (await propose(ann, match)).status_code == 201


async def test_an_id_is_good_for_a_day(site: Site) -> None:
    ann, bea = await a_market(site)
    ids, find = await site.port(MatchIds), await site.port(FindMatches)  # type: ignore[type-abstract]
    (match,) = (await find(ann.id)).matches
    gifts = [(giver, [g.copy for g in leg]) for giver, leg in givers_of(match).items()]
    now = (await site.clock()).now()
    for age, status in ((timedelta(), 404), (timedelta(minutes=1), 201)):
        id = ids.seal(Offered(member=ann.id, expires_at=now + age, gifts=gifts))
        answer = await propose(ann, {"id": id, "methods": ["in_person"]})
        assert answer.status_code == status
    assert not await matches(bea)


async def test_the_same_key_proposes_once(site: Site) -> None:
    ann, _ = await a_market(site)
    (match,) = await matches(ann)
    path, headers = f"/me/matches/{match['id']}/propose", {"Idempotency-Key": "once"}
    sent = [
        await ann.send("POST", path, {"method": "in_person"}, headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert sent[1].headers["Idempotency-Replayed"] == "true"
