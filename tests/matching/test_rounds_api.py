"""Opening, joining, leaving and closing rounds, over HTTP."""

from datetime import timedelta

import pytest

from tests.matching.fans import a_round, close, fan, join, move_to, opener, opening, want
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Site


async def test_a_round_is_opened_and_shown_to_every_member(site: Site) -> None:
    olga, eve = await opener(site), await site.join("eve")
    answer = await olga.post("/rounds", await opening(site, region="KR-11", max_length=4))
    assert answer.status_code == 201, answer.text
    opened = answer.json()
    assert answer.headers["Location"] == f"/api/v1/rounds/{opened['id']}"
    assert opened["allowed_actions"] == ["close"]
    assert (opened["state"], opened["region"], opened["max_length"]) == ("open", "KR-11", 4)
    assert (opened["opener_id"], opened["members"], opened["my_entry"]) == (str(olga.id), 0, None)
    shown = (await eve.get(f"/rounds/{opened['id']}")).json()
    assert shown == opened | {"allowed_actions": []}


async def test_the_usual_ring_has_three_members(site: Site) -> None:
    olga = await opener(site)
    shown = (await olga.get(f"/rounds/{await a_round(olga)}")).json()
    assert (shown["max_length"], shown["region"]) == (3, None)


async def test_who_opens_a_round_is_trusted_or_staff(site: Site) -> None:
    ann, staff = await fan(site, "ann", level=1), await site.join("staff")
    assert told(await ann.post("/rounds", await opening(site))) == (403, "trust-level-too-low")
    await employ(staff, "moderator")
    await confirm_address(staff)
    assert (await staff.post("/rounds", await opening(site))).status_code == 201
    dan = await site.join("dan")
    await raise_to(2, dan)
    assert told(await dan.post("/rounds", await opening(site))) == (403, "email-not-verified")


@pytest.mark.parametrize("days", [-1, 0, 31])
async def test_a_round_closes_within_a_month(site: Site, days: int) -> None:
    olga = await opener(site)
    at = (await site.clock()).now() + timedelta(days=days)
    answer = await olga.post("/rounds", await opening(site, closes_at=at.isoformat()))
    assert told(answer) == (422, "closing-out-of-range")


async def test_a_title_tells_nobody_how_to_reach_its_author(site: Site) -> None:
    answer = await (await opener(site)).post("/rounds", await opening(site, title="a@b.example"))
    assert told(answer) == (422, "contact-data")
    assert answer.json()["errors"][0]["pointer"] == "/title"


@pytest.mark.parametrize("wrong", [{"max_length": 1}, {"max_length": 5}, {"region": "Seoul"}])
async def test_what_no_round_can_be_is_refused(site: Site, wrong: dict[str, object]) -> None:
    answer = await (await opener(site)).post("/rounds", await opening(site, **wrong))
    assert told(answer) == (422, "validation-failed")


async def test_five_rounds_are_open_at_once(site: Site) -> None:
    olga = await opener(site)
    rounds = [await a_round(olga) for _ in range(5)]
    answer = await olga.post("/rounds", await opening(site))
    assert told(answer) == (422, "limit-exceeded")
    assert answer.json()["limit_key"] == "rounds_open_max"
    _ = await close(rounds[0], olga)
    _ = await a_round(olga)


async def test_members_join_with_all_they_have_and_leave_again(site: Site) -> None:
    olga, ann, bea = await opener(site), await fan(site, "ann"), await fan(site, "bea")
    round = await a_round(olga)
    await join(round, bea)
    joined = (await ann.post(f"/rounds/{round}/join")).json()
    assert joined["members"] == 2
    assert joined["allowed_actions"] == ["leave"]
    assert joined["my_entry"] | {"joined_at": None} == {
        "copy_ids": None,
        "want_group_ids": None,
        "joined_at": None,
    }
    seen = (await olga.get(f"/rounds/{round}")).json()
    assert (seen["members"], seen["my_entry"]) == (2, None)
    left = (await ann.post(f"/rounds/{round}/leave")).json()
    assert (left["members"], left["my_entry"], left["allowed_actions"]) == (1, None, ["join"])


async def test_members_join_with_a_part_of_their_lists(site: Site) -> None:
    olga, ann = await opener(site), await fan(site, "ann")
    round = await a_round(olga)
    copy, wish = await ann.hold(), await want(ann, (await site.some_cards(2))[1])
    body = {"copy_ids": [str(copy)], "want_group_ids": [wish]}
    entry = (await ann.post(f"/rounds/{round}/join", body)).json()["my_entry"]
    assert {name: entry[name] for name in body} == body


async def test_only_what_is_ones_own_can_be_chosen_and_once(site: Site) -> None:
    olga, ann, bea = await opener(site), await fan(site, "ann"), await fan(site, "bea")
    path = f"/rounds/{await a_round(olga)}/join"
    mine, theirs = str(await ann.hold()), str(await bea.hold())
    wish = await want(bea, (await site.some_cards(2))[1])
    answer = await ann.post(path, {"copy_ids": [mine, theirs]})
    assert told(answer) == (404, "not-found")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/copy_ids/1"]
    answer = await ann.post(path, {"want_group_ids": [wish]})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/want_group_ids/0"]
    assert told(await ann.post(path, {"copy_ids": [mine, mine]})) == (422, "duplicate-ids")
    assert told(await ann.post(path, {"copy_ids": []})) == (422, "validation-failed")


async def test_rings_of_three_are_for_members_who_have_traded(site: Site) -> None:
    olga, ann = await opener(site), await site.join("ann")
    rings, pairs = await a_round(olga), await a_round(olga, max_length=2)
    for round in (rings, pairs):
        assert told(await ann.post(f"/rounds/{round}/join")) == (403, "email-not-verified")
    await confirm_address(ann)
    assert told(await ann.post(f"/rounds/{rings}/join")) == (403, "trust-level-too-low")
    assert (await ann.get(f"/rounds/{rings}")).json()["allowed_actions"] == []
    assert (await ann.post(f"/rounds/{pairs}/join")).status_code == 200


async def test_a_round_of_a_region_is_for_who_lives_there(site: Site) -> None:
    olga, ann = await opener(site), await fan(site, "ann")
    round = await a_round(olga, region="KR-11")
    assert told(await ann.post(f"/rounds/{round}/join")) == (403, "other-region")
    await move_to("KR-26", ann)
    assert told(await ann.post(f"/rounds/{round}/join")) == (403, "other-region")
    await move_to("KR-11", ann)
    assert (await ann.get(f"/rounds/{round}")).json()["allowed_actions"] == ["join"]
    await join(round, ann)


async def test_nobody_joins_twice_or_leaves_what_they_are_not_in(site: Site) -> None:
    olga, ann = await opener(site), await fan(site, "ann")
    round = await a_round(olga)
    answer = await ann.post(f"/rounds/{round}/leave")
    assert told(answer) == (409, "invalid-transition")
    assert answer.json()["allowed_actions"] == ["join"]
    await join(round, ann)
    answer = await ann.post(f"/rounds/{round}/join")
    assert told(answer) == (409, "invalid-transition")
    assert (answer.json()["state"], answer.json()["allowed_actions"]) == ("open", ["leave"])


async def test_only_its_opener_or_staff_closes_a_round_and_only_once(site: Site) -> None:
    olga, ann, staff = await opener(site), await fan(site, "ann"), await site.join("staff")
    await employ(staff, "moderator")
    first, second = await a_round(olga), await a_round(olga)
    assert told(await ann.post(f"/rounds/{first}/close")) == (403, "openers-only")
    for round, by in ((first, olga), (second, staff)):
        answer = await close(round, by)
        operation = answer.json()
        assert answer.headers["Location"] == f"/api/v1/operations/{operation['id']}"
        assert (operation["status"], operation["progress"]) == ("queued", 0)
        assert (await by.get(f"/operations/{operation['id']}")).json() == operation
        shown = (await by.get(f"/rounds/{round}")).json()
        assert (shown["state"], shown["operation_id"]) == ("closed", operation["id"])
        assert (await ann.get(f"/rounds/{round}")).json()["operation_id"] is None
        again = await by.post(f"/rounds/{round}/close")
        assert told(again) == (409, "invalid-transition")
        assert (again.json()["state"], again.json()["allowed_actions"]) == ("closed", [])


async def test_nothing_moves_in_a_round_that_is_closed(site: Site) -> None:
    olga, ann, bea = await opener(site), await fan(site, "ann"), await fan(site, "bea")
    round = await a_round(olga)
    await join(round, ann)
    _ = await close(round, olga)
    assert told(await bea.post(f"/rounds/{round}/join")) == (409, "invalid-transition")
    assert told(await ann.post(f"/rounds/{round}/leave")) == (409, "invalid-transition")
    assert told(await ann.get(f"/rounds/{round}/result")) == (409, "not-published")


async def test_a_round_that_does_not_exist_is_not_found(site: Site) -> None:
    ann = await fan(site, "ann")
    path = f"/rounds/{ann.id}"
    for answer in (
        await ann.get(path),
        await ann.get(f"{path}/result"),
        *[await ann.post(f"{path}/{verb}") for verb in ("join", "leave", "close")],
    ):
        assert told(answer) == (404, "not-found")
