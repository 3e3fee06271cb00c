"""Keeping the list of what one looks for, over HTTP (K3)."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.deals import told
from tests.support.site import API, Member, Site

WANT = {
    "id", "cards", "count", "open_slots", "rank", "min_condition", "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def cards(site: Site) -> list[str]:
    return [str(card) for card in await site.some_cards(3)]


async def a_want(member: Member, cards: list[str], **more: Any) -> dict[str, Any]:
    answer = await member.post("/me/wants", {"card_ids": cards} | more)
    assert answer.status_code == 201, answer.text
    want: dict[str, Any] = answer.json()
    return want


async def test_a_want_is_shown_with_its_cards_in_the_order_given(
    ann: Member, cards: list[str]
) -> None:
    body = {"card_ids": cards[::-1], "count": 2, "rank": 1, "min_condition": "light"}
    answer = await ann.post("/me/wants", body)
    assert answer.status_code == 201, answer.text
    want = answer.json()
    assert set(want) == WANT
    assert [card["id"] for card in want["cards"]] == cards[::-1]
    assert want["cards"][0] == (await ann.get(f"/cards/{cards[-1]}")).json()
    assert (want["count"], want["open_slots"], want["rank"], want["min_condition"]) == (
        2, 2, 1, "light",
    )  # fmt: skip
    path = answer.headers["Location"].removeprefix(API)
    assert path == f"/me/wants/{want['id']}"
    assert (await ann.get(path)).json() == want


async def test_one_of_any_condition_is_wanted_unless_said_otherwise(
    ann: Member, cards: list[str]
) -> None:
    want = await a_want(ann, cards[:1])
    assert (want["count"], want["rank"], want["min_condition"]) == (1, 3, None)


async def test_wants_are_listed_newest_first_for_oneself_and_for_others(
    ann: Member, cards: list[str]
) -> None:
    wants = [await a_want(ann, [card]) for card in cards]
    bea = await ann.site.join("bea")
    await a_want(bea, cards)
    page = {"items": wants[::-1], "next_cursor": None}
    assert (await ann.get("/me/wants")).json() == page
    assert (await bea.get(f"/members/{ann.id}/wants")).json() == page


async def test_what_departs_from_the_form_is_pointed_at(ann: Member, cards: list[str]) -> None:
    want = await a_want(ann, cards)
    malformed: list[tuple[str, object, str]] = [
        ("card_ids", [], "/card_ids"),
        ("card_ids", ["a card"], "/card_ids/0"),
        ("card_ids", [str(uuid4()) for _ in range(51)], "/card_ids"),
        ("card_ids", None, "/card_ids"),
        ("count", 0, "/count"),
        ("count", 101, "/count"),
        ("count", None, "/count"),
        ("rank", 0, "/rank"),
        ("rank", 6, "/rank"),
        ("rank", None, "/rank"),
        ("min_condition", "perfect", "/min_condition"),
        ("surprise", 1, "/surprise"),
    ]
    for member, value, pointer in malformed:
        for answer in (
            await ann.post("/me/wants", {"card_ids": cards} | {member: value}),
            await ann.patch(f"/me/wants/{want['id']}", {member: value}),
        ):
            assert told(answer) == (422, "validation-failed"), (member, value)
            assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await ann.get("/me/wants")).json()["items"] == [want]


async def test_a_card_is_wanted_once_in_a_group(ann: Member, cards: list[str]) -> None:
    want = await a_want(ann, cards)
    for answer in (
        await ann.post("/me/wants", {"card_ids": [cards[0]] * 2}),
        await ann.patch(f"/me/wants/{want['id']}", {"card_ids": [cards[0]] * 2}),
    ):
        assert told(answer) == (422, "duplicate-ids")


async def test_unknown_cards_are_pointed_at(ann: Member, cards: list[str]) -> None:
    want = await a_want(ann, cards)
    body = {"card_ids": [str(uuid4()), cards[0], str(uuid4())]}
    for answer in (
        await ann.post("/me/wants", body),
        await ann.patch(f"/me/wants/{want['id']}", body),
    ):
        assert told(answer) == (404, "not-found")
        pointers = [error["pointer"] for error in answer.json()["errors"]]
        assert pointers == ["/card_ids/0", "/card_ids/2"]


@pytest.mark.parametrize(
    "patch",
    [{}, {"count": 3}, {"rank": 5}, {"min_condition": None}, {"min_condition": "mint", "rank": 2}],
)
async def test_a_patch_changes_what_it_names(
    ann: Member, cards: list[str], patch: dict[str, Any]
) -> None:
    want = await a_want(ann, cards, count=2, min_condition="light")
    answer = await ann.patch(f"/me/wants/{want['id']}", patch)
    assert answer.status_code == 200, answer.text
    slots = patch.get("count", want["count"])
    after = answer.json()
    assert after == want | patch | {"open_slots": slots, "updated_at": after["updated_at"]}
    assert (await ann.get(f"/me/wants/{want['id']}")).json() == after


async def test_the_cards_of_a_want_may_be_exchanged(ann: Member, cards: list[str]) -> None:
    want = await a_want(ann, cards[:2])
    for chosen in (cards[1:], cards[:1], cards[::-1]):
        answer = await ann.patch(f"/me/wants/{want['id']}", {"card_ids": chosen})
        assert [card["id"] for card in answer.json()["cards"]] == chosen
    items = (await ann.get(f"/cards/{cards[0]}/wants")).json()["items"]
    assert [item["id"] for item in items] == [want["id"]]


async def test_a_closed_want_is_nowhere(ann: Member, cards: list[str]) -> None:
    want, other = await a_want(ann, cards), await a_want(ann, cards)
    answer = await ann.delete(f"/me/wants/{want['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert told(await ann.get(f"/me/wants/{want['id']}")) == (404, "not-found")
    assert told(await ann.delete(f"/me/wants/{want['id']}")) == (404, "not-found")
    for path in ("/me/wants", f"/cards/{cards[0]}/wants"):
        items = (await ann.get(path)).json()["items"]
        assert [item["id"] for item in items] == [other["id"]]


async def test_somebody_elses_want_is_not_mine(ann: Member, cards: list[str]) -> None:
    want, bea = await a_want(ann, cards), await ann.site.join("bea")
    for id in (want["id"], uuid4()):
        answers = [
            await bea.get(f"/me/wants/{id}"),
            await bea.patch(f"/me/wants/{id}", {"rank": 1}),
            await bea.delete(f"/me/wants/{id}"),
        ]
        assert [told(answer) for answer in answers] == [(404, "not-found")] * 3
    assert (await ann.get(f"/me/wants/{want['id']}")).json() == want


async def test_a_member_has_so_many_wants(url: str, keys: Path) -> None:
    async with Site(url, keys, want_groups_max=1) as site:
        ann, cards = await site.join("ann"), [str(card) for card in await site.some_cards(1)]
        want = await a_want(ann, cards)
        answer = await ann.post("/me/wants", {"card_ids": cards})
        assert told(answer) == (422, "limit-exceeded")
        problem = answer.json()
        assert (problem["limit_key"], problem["limit_value"]) == ("want_groups_max", 1)
        assert (problem["current_value"], problem["reset_at"]) == (1, None)
        await ann.delete(f"/me/wants/{want['id']}")
        await a_want(ann, cards)
