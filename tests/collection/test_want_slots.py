"""What is on its way fills a slot, and what arrives closes it (P8)."""

from typing import Any

from tests.support.site import Member, Site


async def slots(member: Member) -> list[tuple[int, int]]:
    groups = (await member.get("/me/wants")).json()["items"]
    return [(group["count"], group["open_slots"]) for group in groups]


async def want(member: Member, *cards: Any, count: int = 1) -> None:
    body = {"card_ids": [str(card) for card in cards], "count": count}
    assert (await member.post("/me/wants", body)).status_code == 201


async def test_an_accepted_trade_fills_the_slots_of_both_and_its_end_opens_them(
    site: Site,
) -> None:
    first, second, third = await site.some_cards(3)
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, beas = await ann.hold(first), await bea.hold(second)
    await want(ann, second, third, count=2)
    await want(bea, first)
    trade = await ann.propose(bea, give=[anns], take=[beas])
    assert (await slots(ann), await slots(bea)) == ([(2, 2)], [(1, 1)])
    await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    assert (await slots(ann), await slots(bea)) == ([(2, 1)], [(1, 0)])
    seekers = (await ann.get(f"/cards/{first}/wants")).json()["items"]
    assert [seeker["open_slots"] for seeker in seekers] == [0]
    await ann.post(f"/trades/{trade}/cancel")
    assert (await slots(ann), await slots(bea)) == ([(2, 2)], [(1, 1)])


async def test_an_arrival_lowers_the_count_and_the_last_one_closes_the_group(site: Site) -> None:
    first, second, third = await site.some_cards(3)
    ann, bea = await site.join("ann"), await site.join("bea")
    await want(ann, second, third, count=2)
    await want(bea, first)
    await want(bea, third)
    trade = await ann.propose(bea, give=[await ann.hold(first)], take=[await bea.hold(second)])
    await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    for member in (ann, bea):
        assert (await member.post(f"/trades/{trade}/confirm")).status_code == 200
    assert await slots(ann) == [(1, 1)]
    assert await slots(bea) == [(1, 1)]  # what is left is the wish for the third card


async def test_more_than_is_wanted_has_to_be_accepted_in_so_many_words(site: Site) -> None:
    first, second = await site.some_cards(2)
    ann, bea = await site.join("ann"), await site.join("bea")
    await want(bea, first)
    give = [await ann.hold(first), await ann.hold(first)]
    trade = await ann.propose(bea, give=give, take=[await bea.hold(second)])
    refused = await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "surplus-not-accepted")
    assert len(refused.json()["want_group_ids"]) == 1
    body = {"revision": 1, "accept_surplus": True}
    assert (await bea.post(f"/trades/{trade}/accept", body)).status_code == 200
    assert await slots(bea) == [(1, 0)]


async def test_what_an_agreement_itself_promises_is_no_surplus_when_it_is_agreed_on_anew(
    site: Site,
) -> None:
    """T19: after Ann's copy got worse, Bea still wants it, and nothing else is on its way."""
    first, second = await site.some_cards(2)
    ann, bea = await site.join("ann"), await site.join("bea")
    await want(bea, first)
    anns = await ann.hold(first)
    trade = await ann.propose(bea, give=[anns], take=[await bea.hold(second)])
    other = await ann.propose(bea, give=[await ann.hold(first)], take=[await bea.hold(second)])
    assert (await bea.post(f"/trades/{trade}/accept", {"revision": 1})).status_code == 200
    await ann.patch(f"/me/copies/{anns}", {"condition": "light"})
    surplus = await bea.post(f"/trades/{other}/accept", {"revision": 1})
    assert (surplus.status_code, surplus.json()["code"]) == (409, "surplus-not-accepted")
    anew = await bea.post(f"/trades/{trade}/accept", {"revision": 2})
    assert anew.status_code == 200, anew.text
