"""What a client did not mean is not guessed: types, text and cursors are taken as agreed."""

from typing import Any

import pytest

from tests.support.site import Site


@pytest.mark.parametrize("value", ["yes", "true", 1, 1.0, "on"])
async def test_a_flag_is_true_or_false(site: Site, value: Any) -> None:
    ann = await site.join("ann")
    card = str((await site.some_cards(1))[0])
    body = {"card_id": card, "condition": "mint", "for_trade": value}
    answer = await ann.post("/me/copies", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/for_trade")
    patched = await ann.patch("/me", {"privacy": {"accepts_proposals": value}})
    assert patched.status_code == 422


@pytest.mark.parametrize("value", ["3", True, 3.0])
async def test_a_number_is_a_number(site: Site, value: Any) -> None:
    ann = await site.join("ann")
    body = {"card_ids": [str((await site.some_cards(1))[0])], "count": value}
    answer = await ann.post("/me/wants", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/count")


@pytest.mark.parametrize("text", ["\u202eabc", "two\u2028lines", "bell\a", "\u2066x"])
async def test_a_name_shows_what_it_is_in_one_line(site: Site, text: str) -> None:
    ann = await site.join("ann")
    answer = await ann.patch("/me", {"nickname": text})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/nickname")


async def test_a_cursor_is_taken_to_the_letter(site: Site) -> None:
    ann = await site.join("ann")
    for _ in range(2):
        await ann.hold()
    cursor = (await ann.get("/me/copies", limit=1)).json()["next_cursor"]
    assert (await ann.get("/me/copies", cursor=cursor)).status_code == 200
    for changed in ("", f"{cursor}=", f"{cursor}!", cursor[:-1]):
        answer = await ann.get("/me/copies", cursor=changed)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-mismatch"), changed


async def test_a_patch_may_say_what_it_is_and_promises_no_defaults(site: Site) -> None:
    ann = await site.join("ann")
    kind = {"Content-Type": "application/merge-patch+json"}
    answer = await ann.send("PATCH", "/me", headers=kind, content=b'{"bio": "hello"}')
    assert (answer.status_code, answer.json()["bio"]) == (200, "hello")
    document = (await site.client.get("/api/v1/openapi.json")).json()
    for name in ("MePatch", "PrivacyPatch", "CopyPatch", "WantGroupPatch"):
        members = document["components"]["schemas"][name]["properties"]
        assert not [each for each, told in members.items() if "default" in told], name


async def test_members_that_mean_nothing_here_may_be_sent_empty(
    site: Site,
) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    body = {
        "to": str(bea.id),
        "give": [str(await ann.hold())],
        "take": [str(await bea.hold())],
        "method": "in_person",
        "place": None,
        "planned_at": None,
        "address_id": None,
        "note": None,
    }
    phone = await ann.post("/trades", body | {"place": "call +82 10-1234-5678"})
    assert (phone.status_code, phone.json()["errors"][0]["pointer"]) == (422, "/place")
    trade = (await ann.post("/trades", body)).json()["id"]
    accept = {"revision": 1, "accept_surplus": False}
    assert (await bea.post(f"/trades/{trade}/accept", accept)).status_code == 200
    confirm = {"code": None, "entered_at": None, "revision": None}
    assert (await bea.post(f"/trades/{trade}/confirm", confirm)).status_code == 200
