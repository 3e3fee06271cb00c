"""Entity tags: nothing is sent twice, and nothing is overwritten that its writer has not seen."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from apps.collection.application.keep_copies import ChangeCopy
from apps.collection.contract import CopyId
from apps.collection.domain.copy import CopyChanges
from apps.shared.application.work import Precondition, unconditional
from apps.shared.domain.ids import MemberId
from apps.shared.presentation import entity_tags
from tests.group_orders.orders import a_draft
from tests.identity.stage import built
from tests.support.levels import confirm_address, raise_to
from tests.support.routes import API, bodies_of, dependencies, place_of, routes_of
from tests.support.site import Member, Site, elsewhere

WITHOUT_A_TAG = {
    ("DELETE", f"{API}/auth/sessions/{{session_id}}"),
    ("DELETE", f"{API}/auth/identities/{{identity_id}}"),
    ("DELETE", f"{API}/auth/totp"),
    ("DELETE", f"{API}/admin/members/{{member_id}}/sessions"),
    ("DELETE", f"{API}/me/blocks/{{member_id}}"),
    ("DELETE", f"{API}/me/vouch/{{vouch_id}}"),
}
"""PATCH and DELETE of what no GET shows at the same path."""

Made = Callable[[Member], Awaitable[str]]


async def a_copy(member: Member) -> str:
    return f"/me/copies/{await member.hold()}"


async def a_want_group(member: Member) -> str:
    (card,) = await member.site.some_cards(1)
    answer = await member.post("/me/wants", {"card_ids": [str(card)]})
    return f"/me/wants/{answer.json()['id']}"


async def an_account(_: Member) -> str:
    return "/me"


async def a_group_order(member: Member) -> str:
    await confirm_address(member)
    await raise_to(2, member)
    return f"/group-orders/{await a_draft(member)}"


CHANGES: list[tuple[Made, str, Callable[[int], Any]]] = [
    (a_copy, "note", str),
    (a_want_group, "rank", lambda round_: 1 + round_ % 5),
    (an_account, "bio", str),
    (a_group_order, "title", "Press {}".format),
]
REMOVALS = [a_copy, a_want_group]


async def change(member: Member, path: str, body: object, tag: str) -> Response:
    return await member.send("PATCH", path, body, headers={"If-Match": tag})


async def remove(member: Member, path: str, tag: str) -> Response:
    return await member.send("DELETE", path, headers={"If-Match": tag})


@pytest.mark.parametrize(("make", "name", "value"), CHANGES)
async def test_who_has_seen_the_present_state_may_change_it(
    site: Site, make: Made, name: str, value: Callable[[int], Any]
) -> None:
    ann = await site.join("ann")
    path, one, two = await make(ann), {name: value(0)}, {name: value(1)}
    first = (await ann.get(path)).headers["ETag"]
    changed = await change(ann, path, one, first)
    assert changed.status_code == 200
    assert changed.headers["ETag"] == (await ann.get(path)).headers["ETag"] != first
    stale = await change(ann, path, two, first)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert one.items() <= (await ann.get(path)).json().items()
    listed = f'"other", {changed.headers["ETag"]}'
    assert (await change(ann, path, two, listed)).status_code == 200
    assert (await change(ann, path, one, "*")).status_code == 200


@pytest.mark.parametrize("tag", ["", '"', "W/", "stale", '"' + "x" * 5_000, "\xff", ",,,"])
async def test_what_is_no_present_tag_is_stale(site: Site, tag: str) -> None:
    ann = await site.join("ann")
    path = await a_copy(ann)
    headers = {"If-Match": tag.encode("latin-1")}
    answer = await ann.send("PATCH", path, {"note": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale-version")


async def test_a_weak_tag_is_good_enough_to_read_by_and_not_to_write_by(site: Site) -> None:
    ann = await site.join("ann")
    path = await a_copy(ann)
    weak = f"W/{(await ann.get(path)).headers['ETag']}"
    assert (await change(ann, path, {"note": "x"}, weak)).status_code == 412
    again = await ann.send("GET", path, headers={"If-None-Match": weak})
    assert again.status_code == 304


@pytest.mark.parametrize("make", REMOVALS)
async def test_nothing_is_removed_that_has_changed_since(site: Site, make: Made) -> None:
    ann = await site.join("ann")
    path = await make(ann)
    assert (await remove(ann, path, '"stale"')).status_code == 412
    assert (await ann.get(path)).status_code == 200
    assert (await remove(ann, path, (await ann.get(path)).headers["ETag"])).status_code == 204


async def test_a_promise_changes_what_is_seen_of_a_copy_and_so_its_tag(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    copy = await ann.hold()
    before = (await ann.get(f"/me/copies/{copy}")).headers["ETag"]
    await ann.propose(bea, give=[copy], take=[await bea.hold()])
    stale = await change(ann, f"/me/copies/{copy}", {"note": "x"}, before)
    assert stale.status_code == 412


async def test_somebody_elses_resource_is_not_there_whatever_the_tag(site: Site) -> None:
    ann, eve = await site.join("ann"), await site.join("eve")
    path = await a_copy(ann)
    for tag in ("*", '"x"', (await ann.get(path)).headers["ETag"]):
        assert (await change(eve, path, {"note": "x"}, tag)).status_code == 404


@pytest.mark.parametrize(("make", "name", "value"), CHANGES)
async def test_of_two_who_saw_the_same_only_one_changes_it(
    site: Site, make: Made, name: str, value: Callable[[int], Any]
) -> None:
    ann = await site.join("ann")
    path = await make(ann)
    for round_ in range(10):
        tag = (await ann.get(path)).headers["ETag"]
        body = {name: value(round_)}
        answers = await asyncio.gather(*(elsewhere(change(ann, path, body, tag)) for _ in range(4)))
        told = Counter(answer.status_code for answer in answers)
        assert told == {200: 1, 412: 3}, [answer.text for answer in answers]


class Early(ChangeCopy):
    """Compares the tag before its copy is locked."""

    async def __call__(
        self,
        id: CopyId,
        changes: CopyChanges,
        *,
        by: MemberId,
        unchanged: Precondition = unconditional,
    ) -> None:
        await unchanged()
        await ChangeCopy.__call__(self, id, changes, by=by)


async def test_a_tag_compared_before_the_lock_would_let_several_through(
    url: str, keys: Path
) -> None:
    """The control of the race above; SQLite's one writer does not need the lock."""
    async with Site(url, keys, built(ChangeCopy, Early)) as site:
        ann = await site.join("ann")
        path, most = await a_copy(ann), 0
        for round_ in range(20):
            tag = (await ann.get(path)).headers["ETag"]
            body = {"note": str(round_)}
            answers = await asyncio.gather(
                *(elsewhere(change(ann, path, body, tag)) for _ in range(8))
            )
            most = max(most, sum(answer.status_code == 200 for answer in answers))
        assert (most > 1) == (await site.dialect() == "postgresql")


async def test_what_was_seen_already_is_not_sent_again(site: Site) -> None:
    ann = await site.join("ann")
    path = await a_copy(ann)
    first = await ann.get(path)
    for had in (first.headers["ETag"], f'"x", {first.headers["ETag"]}', "*"):
        again = await ann.send("GET", path, headers={"If-None-Match": had})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    other = await ann.send("GET", path, headers={"If-None-Match": '"x"'})
    assert (other.status_code, other.json()) == (200, first.json())


async def test_a_page_that_was_seen_already_leads_to_no_other(site: Site) -> None:
    ann = await site.join("ann")
    for _ in range(2):
        _ = await ann.hold()
    first = await ann.get("/me/copies", limit=1)
    assert first.links["next"]
    had = {"If-None-Match": first.headers["ETag"]}
    again = await ann.send("GET", "/me/copies", headers=had, params={"limit": 1})
    assert (again.status_code, again.content, again.links) == (304, b"", {})


async def test_what_was_just_made_has_the_tag_it_is_read_with(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    body = {"card_id": str((await site.some_cards(1))[0]), "condition": "mint", "for_trade": True}
    for path, made in (
        ("/me/copies", body),
        ("/me/wants", {"card_ids": [body["card_id"]]}),
    ):
        answer = await ann.post(path, made)
        read = await ann.get(answer.headers["Location"].removeprefix(API))
        assert answer.headers["ETag"] == read.headers["ETag"]
    trade = await ann.propose(bea, give=[await ann.hold()], take=[await bea.hold()])
    assert (await ann.get(f"/trades/{trade}")).headers["ETag"]


def test_every_change_and_removal_of_a_resource_takes_a_tag(site: Site) -> None:
    assert bodies_of(site.app)
    deaf = {
        place_of(route)
        for route in routes_of(site.app)
        if route.methods and route.methods & {"PATCH", "DELETE"}
        if entity_tags.precondition not in dependencies(route.dependant)
    }
    assert deaf == WITHOUT_A_TAG


async def test_tags_in_several_lines_are_one_list(site: Site) -> None:
    ann = await site.join("ann")
    path = await a_copy(ann)
    tag = (await ann.get(path)).headers["ETag"]
    signed = ("Authorization", f"Bearer {ann.token}")
    read = await site.client.get(
        API + path, headers=[signed, ("If-None-Match", '"x"'), ("If-None-Match", tag)]
    )
    assert read.status_code == 304
    changed = await site.client.patch(
        API + path,
        json={"note": "x"},
        headers=[signed, ("If-Match", '"x"'), ("If-Match", tag)],
    )
    assert changed.status_code == 200
