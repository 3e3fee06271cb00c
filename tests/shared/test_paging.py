"""Lists are read page by page; a cursor fits the list it was given for and no other."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from httpx import Response
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.shared.application.pages import Page
from apps.shared.presentation.pages import CursorMismatch, Cursors
from tests.support.site import API, Member, Site

CURSORS = Cursors(b"secret")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(key=TEXT, of=TEXT)
def test_a_cursor_opens_to_its_key_in_its_list(key: str, of: str) -> None:
    cursor = CURSORS.seal(key, of=of)
    assert CURSORS.open(cursor, of=of) == key
    assert re.fullmatch(r"[A-Za-z0-9_-]*", cursor), "it needs no escaping in a URL"


@given(key=TEXT, of=TEXT, other=TEXT)
def test_a_cursor_of_another_list_is_refused(key: str, of: str, other: str) -> None:
    assume(of != other)
    with pytest.raises(CursorMismatch):
        CURSORS.open(CURSORS.seal(key, of=of), of=other)


@given(key=TEXT, of=TEXT)
def test_a_cursor_of_another_installation_is_refused(key: str, of: str) -> None:
    with pytest.raises(CursorMismatch):
        CURSORS.open(Cursors(b"another secret").seal(key, of=of), of=of)


@given(key=TEXT, data=st.data())
def test_a_changed_cursor_never_opens_another_key(key: str, data: st.DataObject) -> None:
    cursor = CURSORS.seal(key, of="list")
    place = data.draw(st.integers(0, len(cursor) - 1))
    sign = data.draw(st.characters(max_codepoint=0x2FF))
    changed = cursor[:place] + sign + cursor[place + 1 :]
    try:
        assert CURSORS.open(changed, of="list") == key
    except CursorMismatch:
        assert changed != cursor


@given(cursor=st.text())
def test_what_was_never_sealed_is_refused(cursor: str) -> None:
    with pytest.raises(CursorMismatch):
        CURSORS.open(cursor, of="list")


@given(key=TEXT, of=TEXT, moved=st.integers(1, 4))
def test_nothing_can_be_moved_from_the_key_to_the_list(key: str, of: str, moved: int) -> None:
    assume(len(key) > moved)
    raw = urlsafe_b64decode(padded(CURSORS.seal(key, of=of)))
    cut = len(raw) - len(key[-moved:].encode())
    forged = urlsafe_b64encode(raw[:cut]).rstrip(b"=").decode()
    with pytest.raises(CursorMismatch):
        CURSORS.open(forged, of=key[-moved:] + of)


def test_a_cursor_is_spelt_in_one_way() -> None:
    cursor = CURSORS.seal("key", of="list")
    for strange in ("\n" * 4, "!!!!", "    "):
        other = cursor[:9] + strange + cursor[9:]
        assert urlsafe_b64decode(padded(other)) == urlsafe_b64decode(padded(cursor))
        with pytest.raises(CursorMismatch):
            CURSORS.open(other, of="list")


def test_it_is_signed_with_all_that_it_is_for() -> None:
    """As it was from the first version on, or who is in the middle of a list would be lost."""
    told = len(b"key").to_bytes(4, "big") + b"key" + b"list"
    signature = hmac.digest(b"secret", told, "sha256")[:16]
    assert urlsafe_b64decode(padded(CURSORS.seal("key", of="list"))) == signature + b"key"


def padded(cursor: str) -> str:
    return cursor + "=" * (-len(cursor) % 4)


@given(items=st.lists(st.integers(), unique=True), limit=st.integers(1, 10))
def test_a_page_has_its_limit_of_items_and_the_key_of_its_last(
    items: list[int], limit: int
) -> None:
    page = Page.cut(items[: limit + 1], limit=limit, key=str)
    assert page.items == items[:limit]
    assert page.next == (str(items[limit - 1]) if len(items) > limit else None)


async def binder(member: Member, **asked: Any) -> tuple[list[str], str | None, Response]:
    answer = await member.get("/me/copies", **asked)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return [copy["id"] for copy in told["items"]], told["next_cursor"], answer


async def test_a_walk_meets_every_item_once_though_others_come_and_go(site: Site) -> None:
    ann = await site.join("ann")
    held = [str(await ann.hold()) for _ in range(8)]
    seen, cursor, _ = await binder(ann, limit=3)
    while cursor:
        await ann.hold()
        items, cursor, _ = await binder(ann, limit=3, cursor=cursor)
        seen += items
    assert seen == held[::-1]


async def test_whoever_is_where_a_page_ended_may_go_meanwhile(site: Site) -> None:
    ann = await site.join("ann")
    held = [str(await ann.hold()) for _ in range(4)]
    first, cursor, _ = await binder(ann, limit=2)
    assert (await ann.send("DELETE", f"/me/copies/{first[-1]}")).status_code == 204
    rest, cursor, _ = await binder(ann, limit=2, cursor=cursor)
    assert (first + rest, cursor) == (held[::-1], None)


async def test_the_next_page_is_linked_to_and_the_last_one_links_nowhere(site: Site) -> None:
    ann = await site.join("ann")
    for _ in range(3):
        await ann.hold()
    first, cursor, answer = await binder(ann, limit=2)
    link = re.fullmatch(r'<(.*)>; rel="next"', answer.headers["Link"])
    assert link
    headers = {"Authorization": f"Bearer {ann.token}"}
    linked = await site.client.get(link[1], headers=headers)
    last, none, answer = await binder(ann, limit=2, cursor=cursor)
    assert linked.json() == answer.json()
    assert (len(first), len(last), none) == (2, 1, None)
    assert "Link" not in answer.headers


async def test_a_list_that_ends_with_its_page_has_no_next_one(site: Site) -> None:
    ann = await site.join("ann")
    for _ in range(2):
        await ann.hold()
    items, cursor, _ = await binder(ann, limit=2)
    assert (len(items), cursor) == (2, None)


async def test_a_page_has_twenty_items_unless_asked_otherwise(site: Site) -> None:
    ann = await site.join("ann")
    for _ in range(21):
        await ann.hold()
    assert len((await binder(ann))[0]) == 20
    assert len((await binder(ann, limit=1))[0]) == 1
    assert len((await binder(ann, limit=100))[0]) == 21


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "many", "", str(10**30)])
async def test_a_limit_is_between_one_and_a_hundred(site: Site, limit: str) -> None:
    ann = await site.join("ann")
    answer = await ann.get("/me/copies", limit=limit)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "limit")


async def test_a_cursor_fits_only_its_path_and_its_filters(site: Site) -> None:
    headers = {"Authorization": f"Bearer {(await site.join('ann')).token}"}
    await site.some_cards(3)
    asked = await site.client.get(f"{API}/cards?kind=album&limit=1")
    cursor = asked.json()["next_cursor"]
    assert cursor
    plain = (await site.client.get(f"{API}/cards?limit=1")).json()["next_cursor"]
    for path, status in {
        f"/cards?cursor={plain}": 200,
        f"/groups?cursor={plain}": 400,
        f"/cards?kind=album&limit=2&cursor={cursor}": 200,
        f"/cards?limit=1&cursor={cursor}": 400,
        f"/cards?kind=unit&cursor={cursor}": 400,
        f"/cards?kind=album&kind=unit&cursor={cursor}": 400,
        f"/groups?cursor={cursor}": 400,
        f"/me/copies?cursor={cursor}": 400,
        f"/cards?kind=album&cursor={cursor[:-2]}": 400,
        "/cards?cursor=first": 400,
    }.items():
        answer = await site.client.get(API + path, headers=headers)
        assert answer.status_code == status, path
        if status == 400:
            assert answer.json()["code"] == "cursor-mismatch"
