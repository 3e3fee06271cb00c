"""Entering many copies in one request: all of them or none (POST /me/copies/batch)."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.counting import a_counting_site
from tests.support.deals import told
from tests.support.site import API, Member, Site


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


async def some_items(member: Member, count: int, **more: Any) -> list[dict[str, Any]]:
    """Items of different cards."""
    cards = await member.site.some_cards(count)
    entry = {"condition": "mint", "for_trade": True}
    return [{"card_id": str(card)} | entry | more for card in cards]


async def send(member: Member, items: object) -> Any:
    return await member.post("/me/copies/batch", {"items": items})


async def test_every_item_becomes_copies_in_the_order_of_the_items(ann: Member) -> None:
    items = await some_items(ann, 2)
    items[0] |= {"quantity": 3, "note": "한 봉투\nsleeved", "condition": "light"}
    answer = await send(ann, items)
    assert answer.status_code == 201, answer.text
    copies = answer.json()["items"]
    assert [copy["card"]["id"] for copy in copies] == [
        *[items[0]["card_id"]] * 3,
        items[1]["card_id"],
    ]
    assert [copy["note"] for copy in copies] == [*["한 봉투\nsleeved"] * 3, None]
    assert [copy["condition"] for copy in copies] == ["light", "light", "light", "mint"]
    assert answer.headers["Location"] == f"{API}/me/copies"
    assert (await ann.get("/me/copies")).json()["items"] == copies[::-1]
    for copy in copies:
        assert (await ann.get(f"/me/copies/{copy['id']}")).json() == copy


async def test_one_card_may_stand_in_two_items(ann: Member) -> None:
    (item,) = await some_items(ann, 1)
    answer = await send(ann, [item, item | {"condition": "damaged"}])
    assert [copy["condition"] for copy in answer.json()["items"]] == ["mint", "damaged"]


async def test_each_unknown_card_is_pointed_at_and_nothing_is_kept(ann: Member) -> None:
    items = await some_items(ann, 4)
    for place in (1, 3):
        items[place]["card_id"] = str(uuid4())
    answer = await send(ann, items)
    assert told(answer) == (404, "not-found")
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/items/1/card_id", "/items/3/card_id"]
    assert await ann.binder() == set()


@pytest.mark.parametrize(
    ("fault", "pointer"),
    [
        ({"quantity": 0}, "/items/1/quantity"),
        ({"quantity": 1_001}, "/items/1/quantity"),
        ({"quantity": "2"}, "/items/1/quantity"),
        ({"quantity": None}, "/items/1/quantity"),
        ({"condition": "new"}, "/items/1/condition"),
        ({"for_trade": "yes"}, "/items/1/for_trade"),
        ({"note": "x" * 501}, "/items/1/note"),
        ({"owner_id": str(uuid4())}, "/items/1/owner_id"),
    ],
)
async def test_what_departs_from_the_form_is_pointed_at(
    ann: Member, fault: dict[str, Any], pointer: str
) -> None:
    items = await some_items(ann, 2)
    items[1] |= fault
    answer = await send(ann, items)
    assert told(answer) == (422, "validation-failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_there_are_1_to_200_items(ann: Member) -> None:
    (item,) = await some_items(ann, 1)
    departures: list[object] = [[], [item] * 201, None, {}]
    for items in departures:
        answer = await send(ann, items)
        assert told(answer) == (422, "validation-failed")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/items"]
    assert (await send(ann, [item] * 200)).status_code == 201
    assert len((await ann.get("/me/copies", limit=100)).json()["items"]) == 100


async def test_one_request_makes_2000_copies_at_most(ann: Member) -> None:
    items = await some_items(ann, 4, quantity=1_000)
    answer = await send(ann, items)
    assert told(answer) == (422, "too-many-at-once")
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/items/2/quantity", "/items/3/quantity"]


async def test_a_binder_holds_so_many_copies_and_a_batch_is_not_cut(url: str, keys: Path) -> None:
    async with Site(url, keys, copies_count_max=5) as site:
        ann = await site.join("ann")
        await ann.hold()
        items = await some_items(ann, 2, quantity=2)
        answer = await send(ann, [*items, items[0] | {"quantity": 1}])
        assert told(answer) == (422, "limit-exceeded")
        problem = answer.json()
        assert (problem["limit_key"], problem["limit_value"]) == ("copies_count_max", 5)
        assert problem["current_value"] == 1
        assert len(await ann.binder()) == 1
        assert (await send(ann, items)).status_code == 201
        assert len(await ann.binder()) == 5
        assert told(await send(ann, items[:1])) == (422, "limit-exceeded")


async def test_a_key_makes_a_batch_once(ann: Member) -> None:
    body = {"items": await some_items(ann, 2, quantity=2)}
    answers = [
        await ann.send("POST", "/me/copies/batch", body, headers={"Idempotency-Key": "parcel"})
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert len(await ann.binder()) == 4


async def test_a_batch_asks_as_much_of_the_database_as_one_copy(url: str, keys: Path) -> None:
    async with a_counting_site(url, keys) as site:
        ann = await site.join("ann")
        items = await some_items(ann, 200)
        costs = [await site.cost(send(ann, items[:count]), status=201) for count in (1, 2, 50, 200)]
        piles = [item | {"quantity": 7} for item in items[:100]]
        costs.append(await site.cost(send(ann, piles), status=201))
        assert costs == [10] * 5
