"""Other terms instead: whoever counters promises, and whoever is countered is free again (T3)."""

from datetime import datetime, timedelta
from typing import Any

from httpx import Response

from tests.support.builders import HOUR
from tests.support.site import Member, Site, proposal


async def counter(member: Member, trade: object, revision: int, **sides: Any) -> Response:
    body = {side: [str(copy) for copy in copies] for side, copies in sides.items()}
    return await member.post(f"/trades/{trade}/counter", {"revision": revision, **body})


async def states(member: Member) -> dict[str, str]:
    copies = (await member.get("/me/copies")).json()["items"]
    return {copy["id"]: copy["state"] for copy in copies}


async def test_countering_turns_the_promises_and_the_turn_around(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, other, beas = await ann.hold(), await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[anns], take=[beas])

    countered = await counter(bea, trade, 1, give=[beas], take=[anns, other])
    assert countered.status_code == 200, countered.text
    told = countered.json()
    assert (told["state"], told["revision"], told["turn"]) == ("proposed", 2, str(ann.id))
    assert [party["consented"] for party in told["parties"]] == [False, True]
    assert told["allowed_actions"] == ["withdraw"]
    assert await states(bea) == {str(beas): "promised"}
    assert set((await states(ann)).values()) == {"held"}

    seen = (await ann.get(f"/trades/{trade}")).json()
    assert seen["allowed_actions"] == ["accept", "counter", "reject"]
    stale = await ann.post(f"/trades/{trade}/accept", {"revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-revision")
    accepted = await ann.post(f"/trades/{trade}/accept", {"revision": 2})
    assert accepted.json()["state"] == "accepted"
    assert set((await states(ann)).values()) == {"promised"}


async def test_an_open_ask_can_only_be_countered(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, beas = await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[], take=[beas])
    seen = (await bea.get(f"/trades/{trade}")).json()
    assert seen["allowed_actions"] == ["counter", "reject"]
    assert next(leg["copies"] for leg in seen["legs"]) == []
    refused = await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid-transition")

    chosen = await counter(bea, trade, 1, give=[beas], take=[anns])
    assert chosen.status_code == 200, chosen.text
    assert (await ann.post(f"/trades/{trade}/accept", {"revision": 2})).status_code == 200


async def test_a_counter_proposal_changes_something_and_both_sides_give(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, beas = await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[anns], take=[beas])
    same = await counter(bea, trade, 1, give=[beas], take=[anns])
    assert (same.status_code, same.json()["code"]) == (422, "nothing-changed")
    nothing = await counter(bea, trade, 1, give=[], take=[anns])
    assert (nothing.status_code, nothing.json()["code"]) == (422, "validation-failed")
    twice = await counter(bea, trade, 1, give=[beas, beas], take=[anns])
    assert (twice.status_code, twice.json()["code"]) == (422, "duplicate-ids")
    foreign = await counter(bea, trade, 1, give=[anns], take=[beas])
    assert (foreign.status_code, foreign.json()["errors"][0]["pointer"]) == (404, "/give/0")
    assert (await counter(ann, trade, 1, give=[anns], take=[beas])).status_code == 409
    eve = await site.join("eve")
    assert (await counter(eve, trade, 1, give=[beas], take=[anns])).status_code == 404


async def test_what_is_promised_elsewhere_cannot_be_offered_in_a_counter_proposal(
    site: Site,
) -> None:
    ann, bea, eve = [await site.join(name) for name in ("ann", "bea", "eve")]
    anns, beas, promised = await ann.hold(), await bea.hold(), await bea.hold()
    await bea.propose(eve, give=[promised], take=[await eve.hold()])
    trade = await ann.propose(bea, give=[anns], take=[beas])
    refused = await counter(bea, trade, 1, give=[promised], take=[anns])
    assert (refused.status_code, refused.json()["code"]) == (409, "copy-already-promised")
    assert (await ann.get(f"/trades/{trade}")).json()["revision"] == 1
    assert (await states(ann))[str(anns)] == "promised"


async def test_after_ten_revisions_somebody_has_to_say_yes_or_no(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, beas = [await ann.hold() for _ in range(2)], await bea.hold()
    body = proposal(bea, give=anns[:1], take=[beas])
    trade = (await ann.post("/trades", body)).json()["id"]
    for revision in range(1, 10):
        some = anns if revision % 2 else anns[:1]
        sides: dict[str, Any] = {"give": [beas], "take": some}
        if revision % 2 == 0:
            sides = {"give": some, "take": [beas]}
        answer = await counter(ann if revision % 2 == 0 else bea, trade, revision, **sides)
        assert answer.status_code == 200, answer.text
    last = (await ann.get(f"/trades/{trade}")).json()
    assert (last["revision"], last["turn"]) == (10, str(ann.id))
    assert last["allowed_actions"] == ["accept", "reject"]


async def test_a_message_goes_with_a_counter_proposal_and_is_read_like_any_note(
    site: Site,
) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, other, beas = await ann.hold(), await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[anns], take=[beas])
    body = {"revision": 1, "give": [str(beas)], "take": [str(other)], "message": "This one?"}
    phone = await bea.post(f"/trades/{trade}/counter", body | {"message": "call 0912-345-678"})
    assert (phone.status_code, phone.json()["errors"][0]["pointer"]) == (422, "/message")
    assert (await bea.post(f"/trades/{trade}/counter", body)).status_code == 200
    notes = (await ann.get(f"/trades/{trade}/notes")).json()["items"]
    assert [note["text"] for note in notes] == ["This one?"]


async def window(member: Member, trade: object) -> timedelta:
    """How long the answer to the present revision may take."""
    seen = (await member.get(f"/trades/{trade}")).json()
    since, due = (datetime.fromisoformat(seen[name]) for name in ("updated_at", "answer_due_at"))
    return due - since


async def test_each_counter_proposal_leaves_as_much_time_as_was_agreed_on_at_first(
    site: Site,
) -> None:
    """T3: whatever has touched the trade meanwhile, and after 24 hours for a worse copy as well."""
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, more, beas = await ann.hold(), await ann.hold(), await bea.hold()
    body = proposal(bea, give=[anns], take=[beas]) | {"answer_within_hours": 100}
    trade = (await ann.post("/trades", body)).json()["id"]
    await ann.patch(f"/me/copies/{anns}", {"condition": "light"})
    assert await window(ann, trade) < 100 * HOUR
    assert (await counter(bea, trade, 2, give=[beas], take=[more])).status_code == 200
    assert await window(ann, trade) == 100 * HOUR
    assert (await ann.post(f"/trades/{trade}/accept", {"revision": 3})).status_code == 200
    await bea.patch(f"/me/copies/{beas}", {"condition": "light"})
    assert await window(ann, trade) == 24 * HOUR
    assert (await counter(ann, trade, 4, give=[anns], take=[beas])).status_code == 200
    assert await window(ann, trade) == 100 * HOUR
