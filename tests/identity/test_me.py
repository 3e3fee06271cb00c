"""One's own account: what it shows, and what a patch may change of it."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select

from apps.identity.domain.profile import ProfileRepository
from apps.identity.infrastructure.models import ProfileModel
from apps.identity.infrastructure.repositories import SqlProfileRepository
from tests.identity.stage import built, told
from tests.support.builders import FixedClock
from tests.support.site import Member, Site, elsewhere

INVALID = (422, "validation-failed")


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await stage.join("ann")


async def patch(member: Member, **changes: Any) -> Response:
    return await member.send("PATCH", "/me", changes)


async def send_escaped(member: Member, changes: object) -> Response:
    """With lone surrogates as escapes, as JSON has them."""
    headers = {"Content-Type": "application/json"}
    return await member.send("PATCH", "/me", content=json.dumps(changes), headers=headers)


async def shown(member: Member) -> dict[str, Any]:
    answer = await member.get("/me")
    assert answer.status_code == 200, answer.text
    account: dict[str, Any] = answer.json()
    return account


async def test_a_new_member_sees_all_that_is_known(ann: Member, clock: FixedClock) -> None:
    noon = clock.at.isoformat().replace("+00:00", "Z")
    assert await shown(ann) == {
        "id": str(ann.id),
        "email": f"{ann.id.hex}@kcs.test",
        "email_verified": False,
        "nickname": "ann",
        "bio": None,
        "region": None,
        "locale": "en",
        "avatar_url": None,
        "role": "user",
        "trust_level": 0,
        "reputation": {
            "new": True,
            "completed_trades": None,
            "presence_verified": None,
            "cancelled_at_fault": None,
            "disputes_lost": None,
        },
        "privacy": {
            "nearby_visible": False,
            "show_online": True,
            "allow_stranger_messages": True,
            "accepts_proposals": True,
        },
        "created_at": noon,
        "updated_at": noon,
    }


async def test_a_confirmed_address_is_shown_as_such(ann: Member) -> None:
    await ann.site.run("UPDATE users SET email_verified_at = created_at, role = 'moderator'")
    account = await shown(ann)
    assert (account["email_verified"], account["role"]) == (True, "moderator")


CHANGES: dict[str, list[object]] = {
    "nickname": ["bea", "\uc7a5\uc6d0\uc601", "ANN", "a" * 30],
    "bio": [None, "", "one\ntwo\tthree \U0001f996", "x" * 500],
    "region": [None, "TW-TPE", "KR-11", "FR-A"],
    "locale": ["ko-KR", "zh-Hant-TW", "en", "yue"],
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_patch_changes_what_it_names(ann: Member, clock: FixedClock, name: str) -> None:
    for value in CHANGES[name]:
        before = await shown(ann)
        clock.at += timedelta(seconds=1)
        answer = await patch(ann, **{name: value})
        after = await shown(ann)
        assert (answer.status_code, answer.json()) == (200, after)
        assert after == before | {name: value, "updated_at": after["updated_at"]}
        assert after["updated_at"] > before["updated_at"]


async def test_several_things_change_at_once_or_not_at_all(ann: Member) -> None:
    before = await shown(ann)
    refused = await patch(ann, nickname="bea", bio="hello", region="nowhere")
    assert (told(refused), await shown(ann)) == (INVALID, before)
    changed = await patch(ann, nickname="bea", bio="hello", region="TW-TPE")
    assert changed.status_code == 200
    account = await shown(ann)
    assert (account["nickname"], account["bio"], account["region"]) == ("bea", "hello", "TW-TPE")


async def test_switches_are_turned_one_by_one(ann: Member) -> None:
    privacy = (await shown(ann))["privacy"]
    for name in privacy:
        privacy[name] = not privacy[name]
        answer = await patch(ann, privacy={name: privacy[name]})
        assert answer.json()["privacy"] == privacy
    assert (await patch(ann, privacy={})).json()["privacy"] == privacy


WRONG: dict[str, list[object]] = {
    "nickname": [None, "", "a", "a" * 31, " ann", "an\0n", "a\ud800n", "\u200b\u200b", 12, ["ann"]],
    "bio": ["x" * 501, "an\0n", "a\x1b[0m", "\ud800", 12, [], {}, True],
    "region": ["", "TW", "tw-tpe", "TW-TPEX", "TW_TPE", "TWN-1", "KR-11\n", "KR-", 11, []],
    "locale": [None, "", "e", "en_GB", "en-", "x" * 36, "en\n", "\uff45\uff4e", 1],
    "privacy": [None, [], "none", True, {"show_online": None}, {"show_online": "maybe"}],
    "": ["x"],
}
WRONG["privacy"] += [{"show_online": 2}, {"show_online": []}, {"hidden": True}]
FORBIDDEN = ["id", "email", "email_verified", "role", "status", "trust_level", "avatar_url"]
FORBIDDEN += ["created_at", "updated_at", "version", "password_hash", "nickname_key", "NICKNAME"]


@pytest.mark.parametrize("name", WRONG)
async def test_what_does_not_fit_is_refused_and_changes_nothing(ann: Member, name: str) -> None:
    before = await shown(ann)
    for value in WRONG[name]:
        answer = await send_escaped(ann, {name: value})
        assert told(answer) == INVALID, (name, value)
        pointers = [fault["pointer"] for fault in answer.json()["errors"]]
        assert all(pointer.startswith(f"/{name}") for pointer in pointers)
    assert await shown(ann) == before


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_nobody_may_set_what_is_not_theirs_to_set(ann: Member, name: str) -> None:
    before = await shown(ann)
    assert told(await patch(ann, **{name: before.get(name, "x")})) == INVALID
    assert await shown(ann) == before


async def test_a_taken_nickname_is_refused_in_any_case_and_width(ann: Member) -> None:
    await ann.site.join("bea")
    for twin in ("bea", "BEA", "\uff42ea"):
        assert told(await patch(ann, nickname=twin, bio="hello")) == (409, "nickname-taken")
    account = await shown(ann)
    assert (account["nickname"], account["bio"]) == ("ann", None)


async def test_ones_own_nickname_may_be_written_otherwise(ann: Member) -> None:
    for twin in ("ANN", "\uff21nn", "ann", "ann"):
        answer = await patch(ann, nickname=twin)
        assert (answer.status_code, answer.json()["nickname"]) == (200, twin)


async def test_a_nickname_that_is_given_up_is_free(ann: Member) -> None:
    bea = await ann.site.join("bea")
    assert told(await patch(bea, nickname="ann")) == (409, "nickname-taken")
    await patch(ann, nickname="carol")
    assert (await patch(bea, nickname="ANN")).status_code == 200


class Blind(SqlProfileRepository):
    """Never sees that a nickname is taken, as when two look at the same moment."""

    async def is_taken(self, nickname: str) -> bool:
        await asyncio.sleep(0)
        return await super().is_taken(nickname) and False


@pytest.mark.parametrize("repository", [SqlProfileRepository, Blind])
async def test_of_two_who_want_one_nickname_at_once_one_gets_it(
    url: str, keys: Path, repository: type[SqlProfileRepository]
) -> None:
    async with Site(url, keys, built(ProfileRepository, repository)) as site:
        members = [await site.join(f"member {number}") for number in range(6)]
        tasks = [elsewhere(patch(member, nickname="ann")) for member in members]
        answers = [told(await task) for task in tasks]
        assert sorted(answers) == [(200, None)] + [(409, "nickname-taken")] * 5
        names = await site.ask(select(ProfileModel.nickname))
        assert names.count("ann") == 1


async def test_two_patches_of_one_profile_at_once_both_last(ann: Member) -> None:
    tasks = [elsewhere(patch(ann, bio="hello")), elsewhere(patch(ann, region="TW-TPE"))]
    codes = [told(await task) for task in tasks]
    account = await shown(ann)
    assert {*codes} <= {(200, None), (409, "changed-meanwhile")}
    kept = {"bio": account["bio"] == "hello", "region": account["region"] == "TW-TPE"}
    assert [code == (200, None) for code in codes] == [kept["bio"], kept["region"]]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_visitors_have_no_account_to_see(stage: Site, method: str) -> None:
    answer = await stage.client.request(method, "/api/v1/me", json={"bio": "x"})
    assert told(answer) == (401, "unauthenticated")
