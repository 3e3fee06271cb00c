"""Keeping an address book, over HTTP."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from apps.trading.domain.address import MOST_ADDRESSES
from tests.support.counting import CountingSite, a_counting_site
from tests.support.deals import told
from tests.support.postal import HOME, WORK, entry
from tests.support.site import API, Member, Site
from tests.support.weakening import an_unguarded_site

PATH = "/me/addresses"
ROUNDS = 40


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


async def an_address(member: Member, body: Any = None) -> str:
    answer = await member.post(PATH, body or entry())
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].removeprefix(API)


async def put(member: Member, path: str, body: Any, tag: str | None = None) -> Response:
    return await member.send("PUT", path, body, headers={"If-Match": tag} if tag else {})


async def test_an_address_is_shown_as_it_was_written_down(ann: Member) -> None:
    answer = await ann.post(PATH, entry())
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert answer.headers["Location"] == f"{API}{PATH}/{shown['id']}"
    assert {name: shown[name] for name in entry()} == entry()
    assert shown.keys() - entry().keys() == {"id", "created_at", "updated_at"}
    again = await ann.get(f"{PATH}/{shown['id']}")
    assert (again.json(), again.headers["ETag"]) == (shown, answer.headers["ETag"])


async def test_what_may_be_left_out_is_null(ann: Member) -> None:
    optional = {"label", "postal_code", "region", "phone"}
    body = {name: value for name, value in entry().items() if name not in optional}
    shown = (await ann.get(await an_address(ann, body))).json()
    assert {name: shown[name] for name in optional} == dict.fromkeys(optional)


async def test_an_address_book_is_listed_newest_first_and_is_ones_own(
    ann: Member, bea: Member
) -> None:
    paths = [await an_address(ann, entry(label=label)) for label in ("one", "two", "three")]
    first = (await ann.get(PATH, limit=2)).json()
    assert [each["label"] for each in first["items"]] == ["three", "two"]
    assert first["items"][0] == (await ann.get(paths[2])).json()
    rest = (await ann.get(PATH, limit=2, cursor=first["next_cursor"])).json()
    assert ([each["label"] for each in rest["items"]], rest["next_cursor"]) == (["one"], None)
    assert (await bea.get(PATH)).json()["items"] == []


async def test_put_replaces_all_of_an_address(ann: Member) -> None:
    path = await an_address(ann)
    before = (await ann.get(path)).json()
    body = entry(WORK, label=None, postal_code=None)
    answer = await put(ann, path, body)
    assert answer.status_code == 200, answer.text
    after = (await ann.get(path)).json()
    assert answer.json() == after
    assert {name: after[name] for name in body} == body
    assert (after["id"], after["created_at"]) == (before["id"], before["created_at"])
    assert after["updated_at"] > before["updated_at"]


async def test_an_address_is_replaced_or_removed_only_as_it_was_seen(ann: Member) -> None:
    path = await an_address(ann)
    seen = (await ann.get(path)).headers["ETag"]
    replaced = await put(ann, path, entry(WORK), seen)
    assert replaced.status_code == 200
    now = (await ann.get(path)).headers["ETag"]
    assert replaced.headers["ETag"] == now != seen
    assert told(await put(ann, path, entry(HOME), seen)) == (412, "stale-version")
    removal = await ann.send("DELETE", path, headers={"If-Match": seen})
    assert told(removal) == (412, "stale-version")
    assert (await ann.get(path)).json()["city"] == WORK.city
    assert (await ann.send("DELETE", path, headers={"If-Match": now})).status_code == 204
    assert told(await ann.get(path)) == (404, "not-found")
    assert told(await ann.delete(path)) == (404, "not-found")


async def test_the_address_of_another_is_as_one_that_never_was(ann: Member, bea: Member) -> None:
    path = await an_address(ann)
    nobodys = f"{PATH}/019a0000-0000-7000-8000-000000000000"
    for each in (path, nobodys):
        assert told(await bea.get(each)) == (404, "not-found")
        assert told(await put(bea, each, entry(WORK))) == (404, "not-found")
        assert told(await bea.delete(each)) == (404, "not-found")
    assert (await ann.get(path)).json()["city"] == HOME.city


async def test_a_member_has_twenty_addresses_at_most(ann: Member, bea: Member) -> None:
    paths = [await an_address(ann) for _ in range(MOST_ADDRESSES)]
    refusal = await ann.post(PATH, entry())
    assert told(refusal) == (422, "limit-exceeded")
    members = {"limit_key": "addresses_max", "limit_value": 20, "current_value": 20}
    assert members.items() <= refusal.json().items()
    await an_address(bea)
    await ann.delete(paths[0])
    await an_address(ann)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(("country", code) for code in ("UK", "XX", "kr", "KOR", "K1", "", None)),
        *(("lines", lines) for lines in ([], ["1", "2", "3", "4"], ["a\nb"], [" "], "Street", [1])),
        *(("recipient", name) for name in ("", " ", " Ann", "x" * 101, "a\u202eb", "a\0b", None)),
        *(("city", city) for city in ("", " ", "x" * 101, None)),
        *(("region", region) for region in ("", "x" * 101)),
        *(("postal_code", code) for code in ("", "1" * 17, " 04053")),
        *(("phone", phone) for phone in ("", "call me", "1", "+" + "1" * 30, "٠١٢٣٤٥")),
        *(("label", label) for label in ("", "x" * 41, "a\tb")),
        ("street", "Wausan-ro"),
    ],
)
async def test_what_no_letter_could_be_sent_to_is_refused(
    ann: Member, member: str, value: object
) -> None:
    answer = await ann.post(PATH, entry() | {member: value})
    assert told(answer) == (422, "validation-failed"), answer.text
    assert {fault["pointer"].split("/")[1] for fault in answer.json()["errors"]} == {member}


async def a_crowd(ann: Member) -> int:
    """One place is left; so many of four find it at once."""
    for _ in range(MOST_ADDRESSES - 1):
        await an_address(ann)
    answers = await asyncio.gather(*(ann.post(PATH, entry()) for _ in range(4)))
    codes = Counter(told(each) for each in answers)
    assert set(codes) <= {(201, None), (422, "limit-exceeded")}
    return codes[201, None]


async def test_the_last_place_is_given_once(ann: Member) -> None:
    assert await a_crowd(ann) == 1


async def test_without_locks_the_last_place_is_given_twice(postgresql: str, keys: Path) -> None:
    """The control: it shows that the test above can fail."""
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(ROUNDS):
            if await a_crowd(await site.join(f"ann-{number}")) > 1:
                return
    pytest.fail("once in every round")


@pytest.fixture
async def counted(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


@pytest.mark.parametrize("held", [1, 15])
async def test_a_request_costs_as_much_in_a_long_book_as_in_a_short_one(
    counted: CountingSite, held: int
) -> None:
    ann = await counted.join("ann")
    for _ in range(held):
        path = await an_address(ann)
    assert await counted.cost(ann.get(PATH)) == 2
    assert await counted.cost(ann.get(path)) == 2
    assert await counted.cost(ann.post(PATH, entry()), status=201) == 5
    assert await counted.cost(put(ann, path, entry(WORK))) == 4
    assert await counted.cost(ann.delete(path), status=204) == 3
