"""Who has a card, who looks for it, what a member would give, and through whose hands it went."""

from uuid import uuid4

import pytest

from tests.support.deals import a_deal, told
from tests.support.site import Member, Site


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


async def test_holders_are_those_who_would_give_it(ann: Member, bea: Member) -> None:
    wanted, other = await ann.site.some_cards(2)
    first, second = await ann.hold(wanted), await bea.hold(wanted)
    await ann.hold(wanted, for_trade=False)
    await bea.hold(other)
    page = (await ann.get(f"/cards/{wanted}/copies")).json()
    assert page["next_cursor"] is None
    assert [(item["id"], item["owner"]) for item in page["items"]] == [
        (str(second), {"id": str(bea.id), "nickname": "bea"}),
        (str(first), {"id": str(ann.id), "nickname": "ann"}),
    ]
    assert set(page["items"][0]) == {"id", "owner", "condition", "created_at"}


async def test_what_is_promised_is_offered_to_nobody_else(ann: Member, bea: Member) -> None:
    mine, theirs = await ann.site.some_cards(2)
    give, take = await ann.hold(mine), await bea.hold(theirs)
    deal = await a_deal(ann.site, author=ann, other=bea, give=[give], take=[take])

    async def listed() -> list[int]:
        paths = [f"/cards/{mine}/copies", f"/cards/{theirs}/copies"]
        paths += [f"/members/{ann.id}/copies", f"/members/{bea.id}/copies"]
        return [len((await bea.get(path)).json()["items"]) for path in paths]

    assert await listed() == [0, 1, 0, 1], "offered by its owner; asked for by somebody"
    await deal.accept()
    assert await listed() == [0, 0, 0, 0]
    for member in (ann, bea):
        await deal.confirm(member)
    assert await listed() == [0, 0, 0, 0], "who received a copy has not listed it"
    await ann.patch(f"/me/copies/{take}", {"for_trade": True})
    assert await listed() == [0, 1, 1, 0]


async def test_a_withdrawn_offer_is_listed_again(ann: Member, bea: Member) -> None:
    deal = await a_deal(ann.site, author=ann, other=bea)
    assert (await bea.get(f"/members/{ann.id}/copies")).json()["items"] == []
    await deal.withdraw()
    (copy,) = (await bea.get(f"/members/{ann.id}/copies")).json()["items"]
    assert (copy["id"], copy["state"]) == (str(deal.give[0]), "held")


async def test_seekers_are_those_who_want_it_among_others(ann: Member, bea: Member) -> None:
    wanted, other = await ann.site.some_cards(2)
    both = {"card_ids": [str(other), str(wanted)], "count": 2, "rank": 1, "min_condition": "light"}
    mine = (await ann.post("/me/wants", both)).json()
    theirs = (await bea.post("/me/wants", {"card_ids": [str(wanted)]})).json()
    await bea.post("/me/wants", {"card_ids": [str(other)]})
    items = (await ann.get(f"/cards/{wanted}/wants")).json()["items"]
    assert [item["id"] for item in items] == [theirs["id"], mine["id"]]
    assert items[1] == {
        "id": mine["id"],
        "member": {"id": str(ann.id), "nickname": "ann"},
        "count": 2,
        "open_slots": 2,
        "rank": 1,
        "min_condition": "light",
        "created_at": mine["created_at"],
    }


async def test_of_an_unknown_card_or_member_there_is_no_list(ann: Member) -> None:
    for path in ("/cards/{}/copies", "/cards/{}/wants", "/members/{}/copies", "/members/{}/wants"):
        assert told(await ann.get(path.format(uuid4()))) == (404, "not-found"), path
    assert told(await ann.get(f"/copies/{uuid4()}")) == (404, "not-found")


async def test_a_member_without_copies_has_an_empty_list(ann: Member, bea: Member) -> None:
    (card,) = await ann.site.some_cards(1)
    for path in (f"/members/{bea.id}/copies", f"/members/{bea.id}/wants", f"/cards/{card}/copies"):
        assert (await ann.get(path)).json() == {"items": [], "next_cursor": None}


async def test_a_chain_tells_through_whose_hands_a_copy_went(ann: Member, bea: Member) -> None:
    eve, copy = await ann.site.join("eve"), await ann.hold()
    assert (await eve.get(f"/copies/{copy}/chain")).json()["items"] == []
    first = await a_deal(ann.site, author=ann, other=bea, give=[copy])
    await first.complete()
    shown = (await bea.get(f"/me/copies/{copy}")).json()
    assert (shown["for_trade"], shown["state"], shown["note"]) == (False, "held", None)
    await bea.patch(f"/me/copies/{copy}", {"for_trade": True, "note": "from ann"})
    second = await a_deal(ann.site, author=eve, other=bea, take=[copy])
    await second.complete()
    assert (await eve.get(f"/copies/{copy}")).json()["note"] is None
    links = (await ann.get(f"/copies/{copy}/chain")).json()["items"]
    assert set(links[0]) == {"from", "to", "agreement_id", "at"}
    hands = [(link["from"]["nickname"], link["to"]["nickname"]) for link in links]
    assert hands == [("ann", "bea"), ("bea", "eve")]
    assert [link["agreement_id"] for link in links] == [str(first.id), str(second.id)]
    assert links[0]["at"] < links[1]["at"]
    page = (await ann.get(f"/copies/{copy}/chain", limit=1)).json()
    rest = await ann.get(f"/copies/{copy}/chain", limit=1, cursor=page["next_cursor"])
    assert [page["items"], rest.json()["items"]] == [links[:1], links[1:]]
    assert rest.json()["next_cursor"] is None


async def test_without_signing_in_nobody_looks_into_binders(ann: Member) -> None:
    copy = await ann.hold()
    for path in ("/me/copies", f"/copies/{copy}", f"/members/{ann.id}/copies", "/me/wants"):
        answer = await ann.site.client.get(f"/api/v1{path}")
        assert told(answer) == (401, "unauthenticated"), path
