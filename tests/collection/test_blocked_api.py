"""Binders of members of whom one has blocked the other: hidden both ways (BL2)."""

from typing import Any
from uuid import uuid4

import pytest

from apps.catalogue.contract import CardId
from tests.support.deals import a_deal, told
from tests.support.site import Member, Site

Pair = tuple[Member, Member]


@pytest.fixture(params=["blocker", "blocked"])
async def pair(site: Site, request: pytest.FixtureRequest) -> Pair:
    """Ann, who looks, and Bea, who is hidden from her, whoever of them wanted it so."""
    ann, bea = await site.join("ann"), await site.join("bea")
    await (ann.block(bea) if request.param == "blocker" else bea.block(ann))
    return ann, bea


async def items(reader: Member, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = await reader.get(path, **query)
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["items"]
    return listed


async def is_missing(reader: Member, path: str, id: object) -> None:
    """Hold that the answer for the hidden id is that for an id that nothing has."""
    hidden, missing = [await reader.get(path.format(each)) for each in (id, uuid4())]
    assert told(hidden) == told(missing) == (404, "not-found")
    differing = {name for name, value in hidden.json().items() if missing.json()[name] != value}
    assert differing == {"instance", "request_id"}


async def want(member: Member, card: CardId) -> None:
    answer = await member.post("/me/wants", {"card_ids": [str(card)]})
    assert answer.status_code == 201, answer.text


async def test_what_a_hidden_member_has_and_wants_is_missing(pair: Pair) -> None:
    ann, bea = pair
    copy = await bea.hold()
    await is_missing(ann, "/members/{}/copies", bea.id)
    await is_missing(ann, "/members/{}/wants", bea.id)
    await is_missing(ann, "/copies/{}", copy)
    await is_missing(ann, "/copies/{}/chain", copy)
    for path in (f"/copies/{copy}", f"/copies/{copy}/chain", f"/me/copies/{copy}"):
        assert (await bea.get(path)).status_code == 200, "she herself sees it"


@pytest.mark.parametrize("kind", ["copies", "wants"])
async def test_a_page_stays_full_though_many_are_hidden(site: Site, pair: Pair, kind: str) -> None:
    """Of forty-one members every other one is hidden, in turn by one side and by the other."""
    ann, (card,) = pair[0], await site.some_cards(1)
    for number in range(41):
        other = await site.join(f"fan-{number}")
        await (other.hold(card) if kind == "copies" else want(other, card))
        if number % 4 == 1:
            await ann.block(other)
        if number % 4 == 3:
            await other.block(ann)
    names = [f"fan-{number}" for number in range(40, -1, -2)]
    answer = await ann.get(f"/cards/{card}/{kind}", limit=20)
    whose = "owner" if kind == "copies" else "member"
    assert [item[whose]["nickname"] for item in answer.json()["items"]] == names[:20]
    rest = await items(ann, f"/cards/{card}/{kind}", cursor=answer.json()["next_cursor"])
    assert [item[whose]["nickname"] for item in rest] == names[20:]
    assert len(await items(await site.join("eve"), f"/cards/{card}/{kind}", limit=100)) == 41


async def test_a_chain_leaves_out_the_names_of_those_who_are_hidden(site: Site) -> None:
    ann, bea, eve = [await site.join(name) for name in ("ann", "bea", "eve")]
    deal = await a_deal(site, author=bea, other=eve)
    await deal.complete()
    path = f"/copies/{deal.give[0]}/chain"
    (link,) = await items(ann, path)
    assert [link[end]["nickname"] for end in ("from", "to")] == ["bea", "eve"]
    await bea.block(ann)
    (link,) = await items(ann, path)
    assert link["from"] is None
    assert link["to"]["nickname"] == "eve"


async def test_unblocking_shows_everything_again(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    copy = await bea.hold()
    await ann.block(bea)
    await ann.delete(f"/me/blocks/{bea.id}")
    assert (await ann.get(f"/copies/{copy}")).status_code == 200
    assert len(await items(ann, f"/members/{bea.id}/copies")) == 1
