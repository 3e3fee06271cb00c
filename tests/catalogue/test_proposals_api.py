"""Anybody may propose a card or a correction; others confirm it into the catalogue (K2)."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.catalogue.demo import fill, found
from tests.catalogue.people import an_addition, card, history, join, proposed, told
from tests.support.site import Site


@pytest.fixture
async def small(site: Site) -> Site:
    await fill(site)
    return site


async def test_two_confirmations_make_a_proposed_card_a_card(small: Site) -> None:
    ann = await small.join("ann")
    bea, cat = [await join(small, name, level=2) for name in ("bea", "cat")]
    addition = await an_addition(small, retailer=None, version="Weverse ver.", names=["공방"])

    answer = await ann.post("/card-proposals", {"card": addition, "note": "On the back cover."})
    assert answer.status_code == 201, answer.text
    proposal = answer.json()
    path = answer.headers["Location"].removeprefix("/api/v1")
    assert path == f"/card-proposals/{proposal['id']}"
    assert (await ann.get(path)).json() == proposal
    assert proposal == {
        "id": proposal["id"],
        "aim": "addition",
        "state": "open",
        "proposer_id": str(ann.id),
        "card_id": None,
        "card": addition,
        "note": "On the back cover.",
        "confirmed_by": [],
        "decided_by": None,
        "decided_at": None,
        "created_at": proposal["created_at"],
        "allowed_actions": ["reject"],
    }
    assert (await bea.get(path)).json()["allowed_actions"] == ["confirm"]

    first = (await bea.post(f"{path}/confirm")).json()
    assert (first["state"], first["confirmed_by"]) == ("open", [str(bea.id)])
    assert await found(small, q="공방") == []

    second = (await cat.post(f"{path}/confirm")).json()
    assert (second["state"], second["decided_by"]) == ("accepted", str(cat.id))
    assert second["confirmed_by"] == [str(bea.id), str(cat.id)]
    assert second["decided_at"]
    assert second["allowed_actions"] == []
    assert await found(small, q="공방 hanni weverse") == ["omg-hanni-pc"]
    made = await card(small, "omg-hanni-pc")
    assert second["card_id"] == made["id"]
    await bea.hold(second["card_id"])

    (change,) = await history(small, made["id"])
    assert (change.kind, change.actor_id, str(change.proposal_id)) == (
        "entered",
        cat.id,
        proposal["id"],
    )
    assert change.before is None
    assert change.after["version"] == "Weverse ver."


@pytest.mark.parametrize("role", ["moderator", "admin"])
async def test_one_curator_suffices(small: Site, role: str) -> None:
    ann, cur = await small.join("ann"), await join(small, "cur", role=role)
    before = await card(small, "omg-minji-ld")
    correction = {"retailer": "Makestar", "version": None, "names": ["민지 럭드"]}
    path = await proposed(ann, {"card_id": before["id"], "card": correction})

    shown = (await ann.get(path)).json()
    assert (shown["aim"], shown["card_id"], shown["card"]) == (
        "correction",
        before["id"],
        correction,
    )
    assert (await cur.post(f"{path}/confirm")).json()["state"] == "accepted"

    after = await card(small, "omg-minji-ld")
    assert after == before | {"retailer": "Makestar", "version": None}
    assert await found(small, q="럭드") == ["omg-minji-ld"]
    assert await found(small, q="soundwave") == []
    entered, corrected = await history(small, before["id"])
    assert (entered.kind, entered.actor_id, entered.before) == ("entered", None, None)
    assert (corrected.kind, corrected.actor_id) == ("corrected", cur.id)
    assert corrected.before == entered.after
    assert corrected.before["retailer"] == "Soundwave"
    assert corrected.after == corrected.before | {**correction}


async def test_who_may_decide_and_who_may_not(small: Site) -> None:
    ann, low = await join(small, "ann", level=3), await join(small, "low", level=1)
    bea, cur = await join(small, "bea", level=2), await join(small, "cur", role="moderator")
    path = await proposed(ann, {"card": await an_addition(small)})

    assert told(await low.post(f"{path}/confirm")) == (403, "trust-level-too-low")
    assert told(await ann.post(f"{path}/confirm")) == (403, "own-proposal")
    assert told(await bea.post(f"{path}/reject")) == (403, "curators-only")
    assert (await bea.post(f"{path}/confirm")).status_code == 200
    assert told(await bea.post(f"{path}/confirm")) == (409, "already-confirmed")
    assert (await cur.post(f"{path}/reject")).json()["state"] == "rejected"
    for action in ("confirm", "reject"):
        assert told(await cur.post(f"{path}/{action}")) == (409, "proposal-decided")
    assert await found(small, q="공방") == []

    again = await proposed(ann, {"card": await an_addition(small)})
    assert (await ann.post(f"{again}/reject")).json()["state"] == "rejected"
    own = await proposed(cur, {"card": await an_addition(small)})
    assert told(await cur.post(f"{own}/confirm")) == (403, "own-proposal")


async def test_proposals_are_listed_by_state_newest_first(small: Site) -> None:
    ann, cur = await small.join("ann"), await join(small, "cur", role="admin")
    paths = [
        await proposed(ann, {"card": await an_addition(small, f"omg-{number}")})
        for number in range(5)
    ]
    await cur.post(f"{paths[1]}/confirm")
    await cur.post(f"{paths[3]}/reject")
    ids = [path.rpartition("/")[2] for path in reversed(paths)]

    async def listed(**query: Any) -> list[str]:
        return [each["id"] for each in (await ann.get("/card-proposals", **query)).json()["items"]]

    assert await listed() == ids
    assert await listed(state="open") == [ids[0], ids[2], ids[4]]
    assert await listed(state="accepted") == [ids[3]]
    assert await listed(state=["accepted", "rejected"]) == [ids[1], ids[3]]
    page = (await ann.get("/card-proposals", state="open", limit=2)).json()
    assert [each["id"] for each in page["items"]] == [ids[0], ids[2]]
    assert page["items"][0]["card"] == await an_addition(small, "omg-4")
    assert await listed(state="open", limit=2, cursor=page["next_cursor"]) == [ids[4]]


@pytest.mark.parametrize(
    ("card_of", "changes", "status", "code"),
    [
        (None, {"release_id": str(uuid7())}, 404, "not-found"),
        (None, {"idol_ids": [str(uuid7())]}, 404, "not-found"),
        (None, {"code": "omg-hanni"}, 409, "code-taken"),
        (None, {"code": "OMG Hanni"}, 422, "code-malformed"),
        (None, {"kind": "fansign"}, 422, "retailer-missing"),
        (None, {"kind": "unit"}, 422, "unit-of-one"),
        (None, {"names": ["a|b"]}, 422, "name-malformed"),
        (None, {"names": ["a", "a"]}, 422, "validation-failed"),
        (None, {"image_url": "https://kcs.test/1.webp"}, 422, "validation-failed"),
        ("omg-hanni", {}, 422, "code-fixed"),
        ("omg-hanni", {"code": "omg-hanni", "kind": "unit"}, 422, "unit-of-one"),
        ("omg-hanni", {"code": "omg-hanni"}, 422, "corrects-nothing"),
    ],
)
async def test_what_no_card_can_be_is_not_proposed(
    small: Site, card_of: str | None, changes: dict[str, Any], status: int, code: str
) -> None:
    ann = await small.join("ann")
    card_id = (await card(small, card_of))["id"] if card_of else None
    body = {"card_id": card_id, "card": await an_addition(small) | changes}

    assert told(await ann.post("/card-proposals", body)) == (status, code)


async def test_what_is_missing_or_unknown_is_pointed_at(small: Site) -> None:
    ann = await small.join("ann")
    addition = await an_addition(small)
    addition["idol_ids"].append(str(uuid7()))
    answer = await ann.post("/card-proposals", {"card": addition})
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/card/idol_ids/1"]

    answer = await ann.post("/card-proposals", {"card": {"kind": "album"}})
    assert told(answer) == (422, "card-incomplete")
    assert answer.json()["missing"] == ["code", "release_id", "idol_ids"]

    unknown = {"card_id": str(uuid7()), "card": {"version": "B ver."}}
    answer = await ann.post("/card-proposals", unknown)
    assert answer.status_code == 404
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/card_id"]


async def test_a_card_that_came_meanwhile_leaves_the_proposal_open(small: Site) -> None:
    ann, cur = await small.join("ann"), await join(small, "cur", role="admin")
    paths = [await proposed(ann, {"card": await an_addition(small)}) for _ in range(2)]

    assert (await cur.post(f"{paths[0]}/confirm")).status_code == 200
    assert told(await cur.post(f"{paths[1]}/confirm")) == (409, "code-taken")
    assert (await ann.get(paths[1])).json()["state"] == "open"


async def test_nobody_is_named_to_whom_they_have_blocked(small: Site) -> None:
    ann, bea, eve = [await join(small, name, level=2) for name in ("ann", "bea", "eve")]
    path = await proposed(ann, {"card": await an_addition(small)})
    assert (await bea.post(f"{path}/confirm")).status_code == 200
    for member in (ann, bea):
        await member.block(eve)
    shown = (await eve.get(path)).json()
    assert (shown["proposer_id"], shown["confirmed_by"]) == (None, [])
    assert (await ann.get(path)).json()["confirmed_by"] == [str(bea.id)]
