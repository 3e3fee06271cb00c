"""Blocks: who has blocked whom hides each from the other, and tells nobody (D.4)."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from apps.identity.domain.block import MOST_BLOCKS
from apps.identity.infrastructure.models import BlockModel
from tests.identity.stage import told
from tests.support.builders import NOON
from tests.support.site import Member, Site

NOBODY = UUID("01940000-0000-7000-8000-000000000000")
Pair = tuple[Member, Member]


@pytest.fixture
async def pair(site: Site) -> Pair:
    return await site.join("ann"), await site.join("bea")


async def blocks(member: Member) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await member.get("/me/blocks")).json()["items"]
    return items


async def found(reader: Member, name: str) -> list[str]:
    return [item["nickname"] for item in (await reader.get("/members", q=name)).json()["items"]]


async def test_a_block_is_listed_by_who_put_it_and_by_nobody_else(pair: Pair) -> None:
    ann, bea = pair
    await ann.block(bea)
    (block,) = await blocks(ann)
    assert set(block) == {"member_id", "nickname", "created_at"}
    assert (block["member_id"], block["nickname"]) == (str(bea.id), "bea")
    assert await blocks(bea) == []


async def test_blocking_and_unblocking_twice_changes_nothing_more(pair: Pair) -> None:
    ann, bea = pair
    await ann.block(bea)
    first = await blocks(ann)
    await ann.block(bea)
    assert await blocks(ann) == first
    for _ in range(2):
        assert (await ann.delete(f"/me/blocks/{bea.id}")).status_code == 204
        assert await blocks(ann) == []


@pytest.mark.parametrize("blocker", [0, 1])
async def test_neither_finds_the_other(pair: Pair, blocker: int) -> None:
    await pair[blocker].block(pair[1 - blocker])
    for reader, other in (pair, pair[::-1]):
        hidden, missing = [await reader.get(f"/members/{id}") for id in (other.id, NOBODY)]
        assert told(hidden) == told(missing) == (404, "not-found")
        differing = {k for k, value in hidden.json().items() if missing.json()[k] != value}
        assert differing == {"instance", "request_id"}
        assert await found(reader, other.nickname) == []
        assert await found(reader, reader.nickname) == [reader.nickname]
        assert (await reader.get(f"/members/{reader.id}")).status_code == 200
    eve = await pair[0].site.join("eve")
    assert [await found(eve, each.nickname) for each in pair] == [["ann"], ["bea"]]


async def test_a_page_of_members_stays_full(site: Site) -> None:
    ann = await site.join("ann")
    others = [await site.join(f"fan {number:02}") for number in range(44)]
    for other in others[::2]:
        await ann.block(other)
    first = (await ann.get("/members", q="fan", limit=20)).json()
    assert [item["nickname"] for item in first["items"]] == [o.nickname for o in others[1:40:2]]
    rest = (await ann.get("/members", q="fan", limit=20, cursor=first["next_cursor"])).json()
    assert [item["nickname"] for item in rest["items"]] == [o.nickname for o in others[41::2]]


async def test_two_who_block_each_other_are_parted_until_both_unblock(pair: Pair) -> None:
    ann, bea = pair
    await ann.block(bea)
    await bea.block(ann)
    await ann.delete(f"/me/blocks/{bea.id}")
    assert [len(await blocks(each)) for each in pair] == [0, 1]
    assert (await ann.get(f"/members/{bea.id}")).status_code == 404
    await bea.delete(f"/me/blocks/{ann.id}")
    assert (await ann.get(f"/members/{bea.id}")).status_code == 200


async def test_whoever_blocks_learns_nothing_of_whom(site: Site, pair: Pair) -> None:
    """Nobody, who has left, and who has blocked the caller: the same answers and the same list."""
    ann, bea = pair
    gone = await site.join("eve")
    await site.run("UPDATE users SET status = 'deleted' WHERE email = :e", e=address_of(gone))
    await bea.block(ann)
    for id in (NOBODY, gone.id, bea.id):
        answer = await ann.put(f"/me/blocks/{id}")
        assert (answer.status_code, answer.content) == (204, b"")
    listed = [(block["member_id"], block["nickname"]) for block in await blocks(ann)]
    assert listed == [(str(id), None) for id in (bea.id, gone.id, NOBODY)]
    for id in (NOBODY, gone.id, bea.id):
        assert (await ann.delete(f"/me/blocks/{id}")).status_code == 204


def address_of(member: Member) -> str:
    return f"{member.id.hex}@kcs.test"


async def test_nobody_blocks_themselves(pair: Pair) -> None:
    assert told(await pair[0].put(f"/me/blocks/{pair[0].id}")) == (422, "self-block")
    assert (await pair[0].delete(f"/me/blocks/{pair[0].id}")).status_code == 204


async def test_a_member_blocks_so_many_and_no_more(site: Site, pair: Pair) -> None:
    ann, bea = pair
    rows = [
        {"id": uuid7(), "blocker_id": ann.id, "blocked_id": uuid7(), "created_at": NOON}
        for _ in range(MOST_BLOCKS)
    ]
    await site.change(insert(BlockModel).values(rows))
    refused = await ann.put(f"/me/blocks/{bea.id}")
    assert told(refused) == (422, "limit-exceeded")
    told_limit = [refused.json()[f"{part}"] for part in ("limit_key", "limit_value", "reset_at")]
    assert told_limit == ["blocks_max", MOST_BLOCKS, None]
    assert (await ann.put(f"/me/blocks/{rows[0]['blocked_id']}")).status_code == 204, (
        "there already"
    )
    (card,) = await site.some_cards(1)
    await bea.hold(card)
    listed = await ann.get(f"/cards/{card}/copies")
    assert len(listed.json()["items"]) == 1, "a thousand are as good as one"


async def test_the_list_comes_page_by_page_the_newest_first(site: Site, pair: Pair) -> None:
    others = [await site.join(f"fan-{number}") for number in range(5)]
    for other in others:
        await pair[0].block(other)
    read: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await pair[0].get("/me/blocks", **query)).json()
        read += [item["nickname"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert read == [other.nickname for other in reversed(others)]


async def test_many_blocks_of_one_member_at_once_are_one(site: Site, pair: Pair) -> None:
    ann, bea = pair
    answers = await asyncio.gather(*(ann.put(f"/me/blocks/{bea.id}") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {204}
    assert len(await site.ask(select(BlockModel.id))) == 1


async def test_two_block_each_other_at_once(site: Site) -> None:
    for number in range(8):
        ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
        await asyncio.gather(ann.block(bea), bea.block(ann))
    assert len(await site.ask(select(BlockModel.id))) == 16


async def test_visitors_block_nobody(site: Site, pair: Pair) -> None:
    for method, path in (("GET", ""), ("PUT", f"/{pair[0].id}"), ("DELETE", f"/{pair[0].id}")):
        answer = await site.client.request(method, f"/api/v1/me/blocks{path}")
        assert told(answer) == (401, "unauthenticated")
