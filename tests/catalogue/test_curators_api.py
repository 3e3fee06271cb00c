"""Curators change the catalogue at once; everybody else is told to propose it (K2)."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.catalogue.demo import fill, found
from tests.catalogue.people import an_addition, card, history, join, told
from tests.support.site import API, Member, Site


@pytest.fixture
async def small(site: Site) -> Site:
    await fill(site)
    return site


@pytest.fixture
async def cur(small: Site) -> Member:
    return await join(small, "cur", role="moderator")


async def test_a_curator_enters_a_card(small: Site, cur: Member) -> None:
    entry = await an_addition(small, version="B ver.", number="7", names=["하늘색 하니"])
    answer = await cur.post("/cards", entry)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["Location"] == f"{API}/cards/{made['id']}"
    assert (await small.client.get(answer.headers["Location"])).json() == made
    assert (made["code"], made["version"], made["number"]) == ("omg-hanni-pc", "B ver.", "7")
    assert await found(small, q="하늘색") == ["omg-hanni-pc"]
    (change,) = await history(small, made["id"])
    assert (change.kind, change.actor_id, change.proposal_id) == ("entered", cur.id, None)


async def test_a_curator_changes_what_is_told_and_nothing_else(small: Site, cur: Member) -> None:
    before = await card(small, "omg-minji-ld")
    path = f"/cards/{before['id']}"
    answer = await cur.patch(path, {"version": None, "retailer": "M2U"})

    assert answer.status_code == 200, answer.text
    assert answer.json() == before | {"version": None, "retailer": "M2U"}
    assert await found(small, q="m2u") == ["omg-minji-ld"]
    assert (await cur.patch(path, {"retailer": "M2U"})).status_code == 200
    kinds = [each.kind for each in await history(small, before["id"])]
    assert kinds == ["entered", "corrected"], "what changes nothing is no change"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"retailer": None}, 422, "retailer-missing"),
        ({"kind": None}, 422, "validation-failed"),
        ({"code": "other"}, 422, "validation-failed"),
        ({"idol_ids": []}, 422, "validation-failed"),
        ({"release_id": str(uuid7())}, 404, "not-found"),
    ],
)
async def test_what_no_card_can_be_is_refused(
    small: Site, cur: Member, changes: dict[str, Any], status: int, code: str
) -> None:
    id = (await card(small, "omg-minji-ld"))["id"]
    assert told(await cur.patch(f"/cards/{id}", changes)) == (status, code)


async def test_a_code_is_taken_once(small: Site, cur: Member) -> None:
    entry = await an_addition(small, "omg-hanni")
    assert told(await cur.post("/cards", entry)) == (409, "code-taken")


async def test_an_unknown_card_cannot_be_changed(cur: Member) -> None:
    assert told(await cur.patch(f"/cards/{uuid7()}", {"number": "1"})) == (404, "not-found")


async def test_nobody_else_may(small: Site) -> None:
    ann = await join(small, "ann", level=3)
    id = (await card(small, "omg-hanni"))["id"]
    for answer in (
        await ann.post("/cards", await an_addition(small)),
        await ann.patch(f"/cards/{id}", {"number": "1"}),
    ):
        assert told(answer) == (403, "curators-only")
