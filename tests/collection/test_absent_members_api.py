"""Binders of members who are suspended or gone: not to be found until they are back (P10)."""

from collections.abc import Awaitable, Callable

import pytest

from tests.collection.test_blocked_api import is_missing, items, want
from tests.support.departures import reinstate, remove, suspend
from tests.support.site import Member, Site

Departure = Callable[[Member], Awaitable[None]]


@pytest.fixture(params=[suspend, remove], ids=["suspended", "removed"])
def depart(request: pytest.FixtureRequest) -> Departure:
    departure: Departure = request.param
    return departure


@pytest.mark.parametrize("kind", ["copies", "wants"])
async def test_a_page_of_a_card_stays_full_though_many_are_away(
    site: Site, depart: Departure, kind: str
) -> None:
    ann, (card,) = await site.join("ann"), await site.some_cards(1)
    for number in range(13):
        fan = await site.join(f"fan-{number}")
        await (fan.hold(card) if kind == "copies" else want(fan, card))
        if number % 2:
            await depart(fan)
    whose, names = "owner" if kind == "copies" else "member", []
    cursor: dict[str, str] = {}
    for length in (5, 2):
        answer = (await ann.get(f"/cards/{card}/{kind}", limit=5, **cursor)).json()
        assert len(answer["items"]) == length
        names += [item[whose]["nickname"] for item in answer["items"]]
        cursor = {"cursor": answer["next_cursor"]}
    assert names == [f"fan-{number}" for number in range(12, -1, -2)]


async def test_what_they_have_and_want_is_missing_like_their_profile(
    site: Site, depart: Departure
) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    copy, (card,) = await bea.hold(), await site.some_cards(1)
    await want(bea, card)
    await depart(bea)
    for path in ("/members/{}", "/members/{}/copies", "/members/{}/wants"):
        await is_missing(ann, path, bea.id)
    await is_missing(ann, "/copies/{}", copy)


async def test_who_is_back_is_found_again(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    (card,) = await site.some_cards(1)
    copy = await bea.hold(card)
    await want(bea, card)
    await suspend(bea)
    await reinstate(bea)
    assert [item["id"] for item in await items(ann, f"/cards/{card}/copies")] == [str(copy)]
    assert len(await items(ann, f"/cards/{card}/wants")) == 1
    assert len(await items(ann, f"/members/{bea.id}/copies")) == 1
