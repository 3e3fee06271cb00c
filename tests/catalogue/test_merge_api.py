"""A card that is there twice becomes one; nothing that hangs on it is lost (K2, P9)."""

from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.operations.infrastructure.invariants import broken
from tests.catalogue.demo import SMALL, fill, found
from tests.catalogue.people import an_addition, card, history, join, proposed, told
from tests.support.audit import entries
from tests.support.deals import a_deal
from tests.support.site import API, Member, Site


@pytest.fixture
async def small(site: Site) -> Site:
    await fill(site)
    return site


@pytest.fixture
async def cur(small: Site) -> Member:
    return await join(small, "cur", role="moderator")


async def twin(cur: Member, code: str = "omg-twin") -> str:
    """The id of one more card."""
    answer = await cur.post("/cards", await an_addition(cur.site, code, names=["쌍둥이"]))
    return str(answer.json()["id"])


async def id_of(site: Site, code: str) -> str:
    return str((await card(site, code))["id"])


async def hold(member: Member, card_id: str, *, for_trade: bool = True) -> CopyId:
    return await member.hold(CardId(UUID(card_id)), for_trade=for_trade)


async def ensure_sound(site: Site) -> None:
    found = await broken(await site.engine())
    assert found == dict.fromkeys(found, 0)


async def merge(cur: Member, id: str, into: str) -> dict[str, Any]:
    answer = await cur.post(f"/cards/{id}/merge", {"into": into})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_copies_and_wants_follow_to_the_surviving_card(small: Site, cur: Member) -> None:
    ann, bea = await small.join("ann"), await small.join("bea")
    old, new, third = await twin(cur), await id_of(small, "omg-hanni"), await twin(cur, "omg-3")
    copies = [await hold(ann, old), await hold(ann, new), await hold(ann, old, for_trade=False)]
    groups = []
    for cards in ([old], [old, new], [third, old, new], [new]):
        answer = await bea.post("/me/wants", {"card_ids": cards, "count": 2})
        groups.append(answer.json()["id"])
    deal = await a_deal(
        small, give=[await hold(ann, old)], take=[await hold(bea, old)], author=ann, other=bea
    )

    assert (await merge(cur, old, new))["code"] == "omg-hanni"
    assert await entries(small) == [("card.merge", str(cur.id), old, "ok")]

    for copy in copies:
        assert (await ann.get(f"/me/copies/{copy}")).json()["card"]["id"] == new
    wants = {each["id"]: each for each in (await bea.get("/me/wants")).json()["items"]}
    named = [[card["id"] for card in wants[group]["cards"]] for group in groups]
    assert named == [[new], [new], [third, new], [new]]
    assert {wants[group]["count"] for group in groups} == {2}
    assert len((await ann.get(f"/cards/{new}/copies")).json()["items"]) == 3
    assert len((await ann.get(f"/cards/{new}/wants")).json()["items"]) == 4
    await deal.complete()
    await ensure_sound(small)


async def test_a_merged_card_leads_to_the_surviving_one(small: Site, cur: Member) -> None:
    old, new = await twin(cur), await id_of(small, "omg-hanni")
    for _ in range(2):
        await cur.hold(CardId(UUID(old)))
    cursor = (await cur.get(f"/cards/{old}/copies", limit=1)).json()["next_cursor"]
    await merge(cur, old, new)

    for path in ("", "/copies", "/wants"):
        answer = await cur.get(f"/cards/{old}{path}")
        assert answer.status_code == 308
        assert answer.headers["Location"] == f"{API}/cards/{new}{path}"
        assert (await cur.get(answer.headers["Location"].removeprefix(API))).status_code == 200
    answer = await cur.get(f"/cards/{old}/copies", limit=5, cursor=cursor)
    assert answer.headers["Location"] == f"{API}/cards/{new}/copies?limit=5"
    assert await found(small, q="쌍둥이") == []
    assert "omg-twin" not in await found(small)
    entered, merged = await history(small, old)
    assert (entered.kind, merged.kind, merged.actor_id) == ("entered", "merged", cur.id)
    assert merged.before == entered.after
    assert merged.after == entered.after | {"merged_into": new}


async def test_a_chain_of_merges_leads_to_its_end_at_once(small: Site, cur: Member) -> None:
    first, second = await twin(cur, "omg-1"), await twin(cur, "omg-2")
    last = await id_of(small, "omg-hanni")
    await merge(cur, first, second)
    await merge(cur, second, last)

    for id in (first, second):
        answer = await small.client.get(f"{API}/cards/{id}")
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{API}/cards/{last}")
    await ensure_sound(small)


async def test_the_id_of_a_merged_card_stands_for_the_surviving_one(
    small: Site, cur: Member
) -> None:
    ann = await small.join("ann")
    old, new = await twin(cur), await id_of(small, "omg-hanni")
    other = await id_of(small, "omg-minji-ld")
    await merge(cur, old, new)

    copy = await hold(ann, old)
    assert (await ann.get(f"/me/copies/{copy}")).json()["card"]["id"] == new
    answer = await ann.post("/me/wants", {"card_ids": [old, other, new]})
    assert [each["id"] for each in answer.json()["cards"]] == [new, other]
    path = f"/me/wants/{answer.json()['id']}"
    answer = await ann.patch(path, {"card_ids": [other, old]})
    assert [each["id"] for each in answer.json()["cards"]] == [other, new]
    assert told(await ann.patch(path, {"card_ids": [old, old]})) == (422, "duplicate-ids")
    proposal = await proposed(ann, {"card_id": old, "card": {"version": "B ver."}})
    assert (await ann.get(proposal)).json()["card_id"] == new


async def test_what_cannot_be_merged(small: Site, cur: Member) -> None:
    ann = await join(small, "ann", level=3)
    old, new, third = await twin(cur), await id_of(small, "omg-hanni"), await twin(cur, "omg-3")
    correction = await proposed(ann, {"card_id": old, "card": {"version": "B ver."}})
    assert told(await ann.post(f"/cards/{old}/merge", {"into": new})) == (403, "curators-only")
    assert told(await cur.post(f"/cards/{old}/merge", {"into": old})) == (
        422,
        "merged-into-itself",
    )
    await merge(cur, old, new)

    merged_already = (409, "merged-already")
    assert told(await cur.post(f"/cards/{old}/merge", {"into": third})) == merged_already
    assert told(await cur.post(f"/cards/{third}/merge", {"into": old})) == merged_already
    assert told(await cur.post(f"/cards/{new}/merge", {"into": old})) == merged_already
    assert told(await cur.patch(f"/cards/{old}", {"number": "1"})) == merged_already
    assert told(await cur.post(f"{correction}/confirm")) == merged_already
    assert told(await cur.post(f"/cards/{uuid7()}/merge", {"into": new})) == (404, "not-found")
    unknown = await cur.post(f"/cards/{third}/merge", {"into": str(uuid7())})
    assert [each["pointer"] for each in unknown.json()["errors"]] == ["/into"]


async def test_files_that_still_name_a_merged_card_change_nothing(small: Site, cur: Member) -> None:
    old, new = await id_of(small, "omg-minji-ld"), await id_of(small, "omg-hanni")
    await merge(cur, old, new)
    before = await card(small, "omg-hanni")

    report = await fill(
        small, SMALL | {"cards.csv": SMALL["cards.csv"].replace("Soundwave", "M2U")}
    )

    assert (report.refused, report.tallies["cards.csv"].unchanged) == ((), 3)
    assert await card(small, "omg-hanni") == before
    assert await found(small) == ["omg-both", "omg-hanni"]
    assert len(await history(small, old)) == 2
