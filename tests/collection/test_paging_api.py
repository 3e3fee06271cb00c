"""Lists page by page: nothing twice, nothing left out, and a cursor fits one list only."""

from typing import Any

import pytest

from tests.support.deals import told
from tests.support.site import API, Member, Site

COPIES = 7


@pytest.fixture
async def ann(site: Site) -> Member:
    """Ann has seven copies of one card and wants it seven times."""
    ann = await site.join("ann")
    (card,) = await site.some_cards(1)
    for _ in range(COPIES):
        await ann.hold(card)
        answer = await ann.post("/me/wants", {"card_ids": [str(card)]})
        assert answer.status_code == 201
    return ann


async def lists(ann: Member) -> list[str]:
    (card,) = await ann.site.some_cards(1)
    return [
        "/me/copies",
        f"/members/{ann.id}/copies",
        f"/cards/{card}/copies",
        "/me/wants",
        f"/members/{ann.id}/wants",
        f"/cards/{card}/wants",
    ]


async def pages(reader: Member, path: str, limit: int) -> list[list[dict[str, Any]]]:
    read, asked = [], f"{path}?limit={limit}"
    while True:
        answer = await reader.send("GET", asked)
        assert answer.status_code == 200, answer.text
        read.append(answer.json()["items"])
        if answer.json()["next_cursor"] is None:
            assert "Link" not in answer.headers
            return read
        link, relation = answer.headers["Link"].split("; ")
        assert relation == 'rel="next"'
        asked = link.strip("<>").removeprefix(f"http://kcs.test{API}")
        assert answer.json()["next_cursor"] in asked


async def test_every_list_is_read_to_its_end_by_its_links(ann: Member) -> None:
    for path in await lists(ann):
        for limit, sizes in {
            3: [3, 3, 1],
            COPIES: [COPIES],
            100: [COPIES],
            1: [1] * COPIES,
        }.items():
            read = await pages(ann, path, limit)
            assert [len(page) for page in read] == sizes, path
            ids = [item["id"] for page in read for item in page]
            assert len(set(ids)) == COPIES
            assert ids == sorted(ids, reverse=True)


async def test_what_is_added_meanwhile_moves_no_page(ann: Member) -> None:
    first = (await ann.get("/me/copies", limit=3)).json()
    everything = (await ann.get("/me/copies")).json()["items"]
    await ann.hold()
    second = (await ann.get("/me/copies", limit=3, cursor=first["next_cursor"])).json()
    assert first["items"] + second["items"] == everything[:6]


async def test_twenty_are_shown_unless_asked_otherwise(ann: Member) -> None:
    for _ in range(21 - COPIES):
        await ann.hold()
    assert len((await ann.get("/me/copies")).json()["items"]) == 20


async def test_a_cursor_fits_the_list_it_came_from(ann: Member) -> None:
    paths = await lists(ann)
    bea = await ann.site.join("bea")
    cursors = {path: (await ann.get(path, limit=2)).json()["next_cursor"] for path in paths}
    for path, cursor in cursors.items():
        assert (await ann.get(path, limit=5, cursor=cursor)).status_code == 200, "of any size"
        others = [other for other in paths if other != path] + [f"/members/{bea.id}/copies"]
        for other in others:
            answer = await ann.get(other, cursor=cursor)
            assert told(answer) == (400, "cursor-mismatch"), (path, other)


async def test_a_cursor_that_was_changed_fits_nowhere(ann: Member) -> None:
    cursor = (await ann.get("/me/copies", limit=2)).json()["next_cursor"]
    changed = [
        flipped(cursor, 0),
        flipped(cursor, len(cursor) // 2),
        cursor[:-4],
        cursor + "AAAA",
        cursor[::-1],
        "AAAA",
        "!",
        "포카",
        "a",
    ]
    for forged in changed:
        answer = await ann.get("/me/copies", cursor=forged)
        assert told(answer) == (400, "cursor-mismatch"), forged


async def test_an_unknown_parameter_is_refused_with_the_nearest_known(ann: Member) -> None:
    for path in await lists(ann):
        answer = await ann.get(path, limt=3)
        assert told(answer) == (400, "unknown-parameter"), path
        problem = answer.json()
        assert "`limit`" in problem["detail"]
        assert [error["parameter"] for error in problem["errors"]] == ["limt"]
    answer = await ann.get("/me/copies", cursro="x")
    assert "`cursor`" in answer.json()["detail"]
    copy = (await ann.get("/me/copies")).json()["items"][0]["id"]
    answer = await ann.get(f"/copies/{copy}", limit=3)
    assert told(answer) == (400, "unknown-parameter")
    answer = await ann.send("POST", "/me/copies", {}, params={"dry_run": "1"})
    assert told(answer) == (400, "unknown-parameter")


async def test_a_page_has_one_to_a_hundred_items(ann: Member) -> None:
    for limit in (0, 101, -1, "many"):
        answer = await ann.get("/me/copies", limit=limit)
        assert told(answer) == (422, "validation-failed")
        assert [error["parameter"] for error in answer.json()["errors"]] == ["limit"]


def flipped(text: str, place: int) -> str:
    other = "B" if text[place] == "A" else "A"
    return text[:place] + other + text[place + 1 :]
