"""Other members: what is shown of them, and how they are found."""

import random
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from apps.identity.domain.profile import nickname_key
from tests.identity.stage import heard, told
from tests.support.site import Member, Site

COUNTED = {
    "new": False,
    "completed_trades": 0,
    "presence_verified": 0,
    "cancelled_at_fault": 0,
    "disputes_lost": 0,
}
NEW: dict[str, object] = {**dict.fromkeys(COUNTED), "new": True}
NOBODY = UUID("01940000-0000-7000-8000-000000000000")


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await stage.join("ann")


async def find(member: Member, q: str, **more: Any) -> list[str]:
    """The nicknames that are found, page by page."""
    found: list[str] = []
    while True:
        answer = await member.get("/members", q=q, **more)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= more.get("limit", 20)
        found += [item["nickname"] for item in page["items"]]
        assert len(found) <= 100, "the pages go round in circles"
        if page["next_cursor"] is None:
            assert "Link" not in answer.headers
            return found
        assert f"cursor={page['next_cursor']}" in answer.headers["Link"]
        assert answer.headers["Link"].endswith('>; rel="next"')
        more["cursor"] = page["next_cursor"]


async def completed(site: Site, trades: int) -> None:
    await site.run("UPDATE standings SET completed_trades = :n, trust_level = 2", n=trades)


async def test_a_member_is_shown_without_what_is_private(ann: Member) -> None:
    bea = await ann.site.join("Bea")
    await bea.send("PATCH", "/me", {"bio": "Swaps in Taipei", "region": "TW-TPE", "locale": "ko"})
    answer = await ann.get(f"/members/{bea.id}")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "id": str(bea.id),
            "nickname": "Bea",
            "bio": "Swaps in Taipei",
            "region": "TW-TPE",
            "avatar_url": None,
            "trust_level": 0,
            "reputation": NEW,
        },
    )
    assert "@" not in answer.text
    assert "@" not in (await ann.get("/members", q="bea")).text


@pytest.mark.parametrize(
    ("trades", "reputation"),
    [
        (0, NEW),
        (2, NEW),
        (3, COUNTED | {"completed_trades": 3}),
        (41, COUNTED | {"completed_trades": 41}),
    ],
)
async def test_figures_are_shown_from_the_third_completed_trade_on(
    ann: Member, trades: int, reputation: dict[str, object]
) -> None:
    await completed(ann.site, trades)
    one = (await ann.get(f"/members/{ann.id}")).json()
    listed = (await ann.get("/members", q="ann")).json()["items"]
    assert (one["reputation"], one["trust_level"]) == (reputation, 2)
    assert listed == [one]


@pytest.mark.parametrize("status", ["suspended", "deleted"])
async def test_who_is_out_is_as_if_never_there(ann: Member, status: str) -> None:
    bea = await ann.site.join("bea")
    await ann.site.run(
        "UPDATE users SET status = :status WHERE email = :email",
        status=status,
        email=f"{bea.id.hex}@kcs.test",
    )
    hidden, missing = await ann.get(f"/members/{bea.id}"), await ann.get(f"/members/{NOBODY}")
    assert told(hidden) == (404, "not-found")
    assert but_place(hidden) == but_place(missing)
    assert await find(ann, "bea") == []


def but_place(answer: Response) -> object:
    status, body, headers = heard(answer)
    return status, {name: value for name, value in body.items() if name != "instance"}, headers


@pytest.mark.parametrize("id", ["ann", "1", "0" * 32 + "x", "..%2Fme", "null"])
async def test_an_id_that_is_none_is_refused(ann: Member, id: str) -> None:
    answer = await ann.get(f"/members/{id}")
    assert told(answer) in {(422, "validation-failed"), (404, "not-found")}
    assert answer.status_code == 422 or "%2F" in id


# Finding members

CROWD = [
    *("Ann", "anna", "ANNE", "an", "Anton", "bea", "Zoe", "zo\u00eb", "\u00c9mile", "emile"),
    *("\uc7a5\uc6d0\uc601", "\uc7a5\ubbf8", "\uac00\uc744", "\ud574\ub9b0", "\u5bae\u8107"),
    *("_an", "100%", "a%n", "a_n", "a\\n", "[an]", "\U0001f996 an", "\uff21nnex", "stra\u00dfe"),
]


@pytest.fixture
async def crowd(stage: Site) -> Member:
    """Zed, among others who joined in no order."""
    names = random.Random(7).sample(CROWD, len(CROWD))
    for name in names:
        await stage.join(name)
    return await stage.join("Zed")


def beginning(prefix: str) -> list[str]:
    """Who should be found, in the order of folded code points."""
    everybody = [*CROWD, "Zed"]
    found = [n for n in everybody if nickname_key(n).startswith(nickname_key(prefix))]
    return sorted(found, key=nickname_key)


PREFIXES = ["a", "A", "an", "AN", "ann", "\uff41\uff4e", "b", "z", "e", "\u00e9", "e\u0301", "s"]
PREFIXES += ["\uc7a5", "\u110c\u1161\u11bc", "\uac00", "\u5bae", "strass", "STRASSE", "\U0001f996"]


async def test_members_are_found_by_the_beginning_in_any_case_and_width(crowd: Member) -> None:
    for prefix in PREFIXES:
        found = await find(crowd, prefix)
        assert found == beginning(prefix), prefix
        assert found, prefix


async def test_hangul_kanji_and_capitals_have_one_order_on_both_databases(crowd: Member) -> None:
    found = [name for first in "abesz\uac00\uc7a5\ud574\u5bae" for name in beginning(first)]
    assert [name for f in "abesz\uac00\uc7a5\ud574\u5bae" for name in await find(crowd, f)] == found
    assert await find(crowd, "an") == ["an", "Ann", "anna", "ANNE", "\uff21nnex", "Anton"]


async def test_wildcards_stand_for_themselves(crowd: Member) -> None:
    found = {q: await find(crowd, q) for q in ("%", "_", "a%", "a_", "a\\", "[", "100%", "'", "*")}
    assert found == {
        "%": [],
        "_": ["_an"],
        "a%": ["a%n"],
        "a_": ["a_n"],
        "a\\": ["a\\n"],
        "[": ["[an]"],
        "100%": ["100%"],
        "'": [],
        "*": [],
    }


@pytest.mark.parametrize("nothing", ["\u200b", " ", "\u3164\u00a0"], ids=ascii)
async def test_what_everybody_begins_with_is_not_looked_for(crowd: Member, nothing: str) -> None:
    answer = await crowd.get("/members", q=nothing)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "q")
    assert await find(crowd, f"{nothing}an{nothing}") == beginning("an")


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
async def test_pages_of_any_size_make_up_the_same_list(crowd: Member, limit: int) -> None:
    assert await find(crowd, "a", limit=limit) == beginning("a")


async def test_a_page_continues_where_the_last_one_ended_whatever_happened_since(
    crowd: Member,
) -> None:
    first = (await crowd.get("/members", q="an", limit=2)).json()
    assert [item["nickname"] for item in first["items"]] == ["an", "Ann"]
    await crowd.site.join("am I in front")
    await crowd.site.join("Anna Behind")
    await crowd.site.run(
        "UPDATE users SET status = 'suspended' WHERE id IN (SELECT id FROM"
        " profiles WHERE nickname = 'Ann')"
    )
    rest = await find(crowd, "an", limit=2, cursor=first["next_cursor"])
    assert rest == ["anna", "Anna Behind", "ANNE", "\uff21nnex", "Anton"]


async def test_a_cursor_fits_only_the_list_it_was_given_for(crowd: Member) -> None:
    cursor = (await crowd.get("/members", q="an", limit=2)).json()["next_cursor"]
    mismatch = (400, "cursor-mismatch")
    assert told(await crowd.get("/members", q="a", cursor=cursor)) == mismatch
    for odd in (cursor[:-2], f"{cursor}AA", "x", "\u00e9", "A" * 200, cursor.swapcase()):
        assert told(await crowd.get("/members", q="an", cursor=odd)) == mismatch
    assert told(await crowd.get("/members", q="an", cursor="A" * 1001)) == (
        *(422, "validation-failed"),
    )


async def test_nobody_is_found_by_nothing_or_by_too_much(crowd: Member) -> None:
    for q in ("", "a" * 31, "a\0", "a\n", "\x1b"):
        assert told(await crowd.get("/members", q=q)) == (422, "validation-failed")
    assert told(await crowd.get("/members")) == (422, "validation-failed")
    for limit in ("0", "101", "-1", "ten", "1.5", "", "1e2", "9" * 30):
        answer = await crowd.get("/members", q="a", limit=limit)
        assert told(answer) == (422, "validation-failed"), limit


async def test_a_parameter_nobody_knows_is_named(crowd: Member) -> None:
    answer = await crowd.get("/members", q="a", limt=3)
    assert told(answer) == (400, "unknown-parameter")
    assert "`limit`" in answer.json()["detail"]


async def test_visitors_find_nobody(stage: Site) -> None:
    for path in ("/api/v1/members?q=a", f"/api/v1/members/{NOBODY}"):
        assert told(await stage.client.get(path)) == (401, "unauthenticated")
