"""Keeping a binder over HTTP: adding, showing, changing and removing copies (D.1)."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.deals import a_deal, told
from tests.support.site import API, Member, Site

COPY = {
    "id", "card", "owner_id", "condition", "state", "for_trade", "note", "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


async def an_entry(member: Member, **more: Any) -> dict[str, Any]:
    (card,) = await member.site.some_cards(1)
    return {"card_id": str(card), "condition": "near_mint", "for_trade": True} | more


async def a_copy(member: Member, **more: Any) -> dict[str, Any]:
    answer = await member.post("/me/copies", await an_entry(member, **more))
    assert answer.status_code == 201, answer.text
    copy: dict[str, Any] = answer.json()
    return copy


async def test_a_copy_is_shown_with_its_card(ann: Member) -> None:
    entry = await an_entry(ann, note="봉투에 넣음\nsleeved")
    answer = await ann.post("/me/copies", entry)
    assert answer.status_code == 201, answer.text
    copy = answer.json()
    assert set(copy) == COPY
    assert copy["card"] == (await ann.get(f"/cards/{entry['card_id']}")).json()
    assert (copy["owner_id"], copy["state"]) == (str(ann.id), "held")
    assert {name: copy[name] for name in ("condition", "for_trade", "note")} == {
        "condition": "near_mint",
        "for_trade": True,
        "note": "봉투에 넣음\nsleeved",
    }
    assert copy["created_at"] == copy["updated_at"]
    path = answer.headers["Location"].removeprefix(API)
    assert path == f"/me/copies/{copy['id']}"
    for shown in (path, f"/copies/{copy['id']}"):
        assert (await ann.get(shown)).json() == copy


async def test_a_note_may_be_left_out(ann: Member) -> None:
    assert (await a_copy(ann))["note"] is None
    assert (await a_copy(ann, note=None))["note"] is None


async def test_what_departs_from_the_form_is_pointed_at(ann: Member) -> None:
    entry = await an_entry(ann)
    malformed: list[tuple[str, object]] = [
        ("card_id", "a card"),
        ("card_id", None),
        ("condition", "perfect"),
        ("for_trade", None),
        ("note", "x" * 501),
        ("note", "nul \0"),
        ("owner_id", str(ann.id)),
    ]
    for member, value in malformed:
        answer = await ann.post("/me/copies", entry | {member: value})
        assert told(answer) == (422, "validation-failed"), member
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]
    for member in entry:
        lacking = {name: value for name, value in entry.items() if name != member}
        answer = await ann.post("/me/copies", lacking)
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]
    assert await ann.binder() == set()


async def test_a_copy_is_of_a_card_that_the_catalogue_has(ann: Member) -> None:
    answer = await ann.post("/me/copies", await an_entry(ann, card_id=str(uuid4())))
    assert told(answer) == (404, "not-found")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/card_id"]


async def test_a_binder_lists_the_newest_first(ann: Member) -> None:
    copies = [await a_copy(ann, note=str(number)) for number in range(3)]
    await a_copy(await ann.site.join("bea"))
    page = (await ann.get("/me/copies")).json()
    assert page == {"items": copies[::-1], "next_cursor": None}


async def test_a_note_is_for_its_owner_only(ann: Member) -> None:
    copy, bea = await a_copy(ann, note="a gift"), await ann.site.join("bea")
    for path in (f"/copies/{copy['id']}", f"/members/{ann.id}/copies"):
        answer = await bea.get(path)
        assert answer.status_code == 200
        assert "a gift" not in answer.text
    assert (await bea.get(f"/copies/{copy['id']}")).json() == copy | {"note": None}
    assert (await ann.get(f"/members/{ann.id}/copies")).json()["items"] == [copy]


async def test_somebody_elses_copy_is_not_mine(ann: Member) -> None:
    copy, bea = await a_copy(ann), await ann.site.join("bea")
    for id in (copy["id"], uuid4()):
        answers = [
            await bea.get(f"/me/copies/{id}"),
            await bea.patch(f"/me/copies/{id}", {"note": "mine"}),
            await bea.delete(f"/me/copies/{id}"),
        ]
        assert [told(answer) for answer in answers] == [(404, "not-found")] * 3
    assert (await ann.get(f"/copies/{copy['id']}")).json() == copy


async def test_a_malformed_id_is_a_fault_of_form(ann: Member) -> None:
    for path in ("/me/copies/one", "/copies/one", "/copies/one/chain", "/members/one/copies"):
        answer = await ann.get(path)
        assert told(answer) == (422, "validation-failed"), path


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        ({}, {}),
        ({"note": "new"}, {"note": "new"}),
        ({"note": None}, {"note": None}),
        ({"condition": "damaged"}, {"condition": "damaged"}),
        ({"for_trade": False}, {"for_trade": False}),
        ({"condition": "light", "for_trade": True}, {"condition": "light"}),
    ],
)
async def test_a_patch_changes_what_it_names(
    ann: Member, patch: dict[str, Any], changed: dict[str, Any]
) -> None:
    copy = await a_copy(ann, note="sleeved")
    answer = await ann.patch(f"/me/copies/{copy['id']}", patch)
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert after == copy | changed | {"updated_at": after["updated_at"]}
    assert after == (await ann.get(f"/me/copies/{copy['id']}")).json()


async def test_only_what_may_be_empty_is_emptied(ann: Member) -> None:
    copy = await a_copy(ann)
    malformed: list[tuple[str, object]] = [
        ("condition", None),
        ("for_trade", None),
        ("condition", "perfect"),
        ("for_trade", "perhaps"),
        ("note", 5),
        ("state", "gone"),
        ("card_id", copy["card"]["id"]),
    ]
    for member, value in malformed:
        answer = await ann.patch(f"/me/copies/{copy['id']}", {member: value})
        assert told(answer) == (422, "validation-failed"), member
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]
    assert (await ann.get(f"/me/copies/{copy['id']}")).json() == copy


async def test_a_removed_copy_is_nowhere(ann: Member) -> None:
    copy = await a_copy(ann)
    answer = await ann.delete(f"/me/copies/{copy['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    for path in ("/me/copies/{}", "/copies/{}", "/copies/{}/chain"):
        assert told(await ann.get(path.format(copy["id"]))) == (404, "not-found")
    assert told(await ann.delete(f"/me/copies/{copy['id']}")) == (404, "not-found")
    for path in ("/me/copies", f"/members/{ann.id}/copies", f"/cards/{copy['card']['id']}/copies"):
        assert (await ann.get(path)).json()["items"] == [], path


async def test_a_promised_copy_says_so(site: Site) -> None:
    deal = await a_deal(site)
    ann, bea = deal.author, deal.other

    async def states() -> list[str]:
        paths = [f"/copies/{copy}" for copy in (*deal.give, *deal.take)]
        return [(await bea.get(path)).json()["state"] for path in paths]

    assert await states() == ["promised", "held"]
    assert [copy["state"] for copy in (await ann.get("/me/copies")).json()["items"]] == ["promised"]
    await deal.accept()
    assert await states() == ["promised", "promised"]
    for member in (ann, bea):
        await deal.confirm(member)
    assert await states() == ["held", "held"]


async def test_a_binder_holds_so_many_copies(url: str, keys: Path) -> None:
    async with Site(url, keys, copies_count_max=2) as site:
        ann = await site.join("ann")
        copies = [await a_copy(ann) for _ in range(2)]
        answer = await ann.post("/me/copies", await an_entry(ann))
        assert told(answer) == (422, "limit-exceeded")
        problem = answer.json()
        assert (problem["limit_key"], problem["limit_value"]) == ("copies_count_max", 2)
        assert (problem["current_value"], problem["reset_at"]) == (2, None)
        await ann.delete(f"/me/copies/{copies[0]['id']}")
        await a_copy(ann)
        await a_copy(await site.join("bea"))


async def test_the_limit_holds_for_copies_added_at_once(url: str, keys: Path) -> None:
    async with Site(url, keys, copies_count_max=3) as site:
        ann = await site.join("ann")
        entry = await an_entry(ann)
        answers = await asyncio.gather(*(ann.post("/me/copies", entry) for _ in range(8)))
        assert Counter(answer.status_code for answer in answers) == {201: 3, 422: 5}
        assert len(await ann.binder()) == 3
