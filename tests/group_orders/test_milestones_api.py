"""Planning, reaching and moving milestones, over HTTP; and what becomes of silence."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from apps.group_orders.application.watch_milestones import MarkOverdue, StallSilent
from apps.group_orders.domain.milestone_steps import (
    MilestoneKind,
)
from apps.group_orders.domain.order_steps import OrderState
from apps.shared.infrastructure.outbox import OutboxModel
from tests.group_orders.orders import a_draft, an_order, fan, organiser
from tests.group_orders.progress import (
    an_order_in,
    in_days,
    later,
    locked,
    planned,
    reached,
    state_of,
)
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.site import Member, Site

WHY = {"reason": "The shop has postponed it."}


async def milestones(by: Member, order: str) -> list[dict[str, Any]]:
    answer = await by.get(f"/group-orders/{order}/milestones")
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return list(answer.json()["items"])


async def news(site: Site, kind: str) -> int:
    return len(await site.ask(select(OutboxModel.kind).where(OutboxModel.kind == kind)))


async def test_a_milestone_is_planned_and_shown_to_every_member(site: Site) -> None:
    olga, ann = await organiser(site), await fan(site, "ann")
    order = await an_order(olga)
    day = (await in_days(site, 9)).isoformat()
    path = f"/group-orders/{order}/milestones"
    answer = await olga.post(path, {"kind": "arrived", "planned_on": day})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1{path}"
    milestone = answer.json()
    assert (milestone["kind"], milestone["planned_on"]) == ("arrived", day)
    assert (milestone["state"], milestone["moves"]) == ("planned", [])
    assert milestone["due_at"] == f"{(await in_days(site, 10)).isoformat()}T12:00:00Z"
    assert milestone["allowed_actions"] == ["move"]
    _ = await planned(olga, order, "ordered")
    assert [each["kind"] for each in await milestones(ann, order)] == ["ordered", "arrived"]
    assert (await milestones(ann, order))[1] == milestone | {"allowed_actions": []}


async def test_there_is_one_of_each_kind(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    _ = await planned(olga, order, "ordered")
    body = {"kind": "ordered", "planned_on": (await in_days(site, 1)).isoformat()}
    answer = await olga.post(f"/group-orders/{order}/milestones", body)
    assert told(answer) == (409, "milestone-exists")


async def test_it_is_planned_for_a_day_to_come(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    milestone = await planned(olga, order, "ordered")
    wrong = [(await in_days(site, days)).isoformat() for days in (-3, 3 * 366 + 1)]
    for day in (*wrong, "9999-12-31", "0001-01-01"):
        body = {"kind": "arrived", "planned_on": day}
        answer = await olga.post(f"/group-orders/{order}/milestones", body)
        assert told(answer) == (422, "day-out-of-range")
        answer = await olga.post(f"/milestones/{milestone}/move", {"planned_on": day, **WHY})
        assert told(answer) == (422, "day-out-of-range")


async def test_out_of_turn_nothing_is_reached(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    for kind in MilestoneKind:
        milestone = await planned(olga, order, kind)
        answer = await olga.post(f"/milestones/{milestone}/done", {"note": "Here it is."})
        assert told(answer) == (409, "invalid-transition")
        assert answer.json()["state"] == "open"
    assert {each["state"] for each in await milestones(olga, order)} == {"planned"}
    assert await news(site, "group_order_milestone_reached") == 0


WAY = {
    "ordered": "ordered",
    "seller_shipped": "in_transit",
    "at_forwarder": "in_transit",
    "shipped_abroad": "in_transit",
    "arrived": "arrived",
    "sorted": "arrived",
    "domestic_shipped": "distributing",
    "delivered": "distributing",
}
"""Each milestone, and the state behind it."""


async def test_the_order_moves_with_its_milestones(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order_in(olga, OrderState.LOCKED)
    proof = {"note": "Here it is.", "proof_url": "https://shots.example/1.webp"}
    for kind, into in WAY.items():
        milestone = await planned(olga, order, kind)
        (before,) = (each for each in await milestones(olga, order) if each["id"] == milestone)
        assert before["allowed_actions"] == ["done", "move"]
        answer = await olga.post(f"/milestones/{milestone}/done", proof)
        assert answer.status_code == 200, answer.text
        assert answer.json() | proof == answer.json()
        assert (answer.json()["state"], answer.json()["allowed_actions"]) == ("done", [])
        assert await state_of(olga, order) == into
        assert told(await olga.post(f"/milestones/{milestone}/done")) == (409, "milestone-done")


async def test_what_a_later_milestone_makes_pointless_is_skipped(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order_in(olga, OrderState.LOCKED)
    forwarder = await planned(olga, order, "at_forwarder")
    _ = await reached(olga, order, "ordered")
    _ = await reached(olga, order, "arrived")
    kinds = {each["kind"]: each["state"] for each in await milestones(olga, order)}
    assert kinds == {"ordered": "done", "at_forwarder": "skipped", "arrived": "done"}
    assert told(await olga.post(f"/milestones/{forwarder}/done")) == (409, "milestone-skipped")
    day = (await in_days(site, 1)).isoformat()
    answer = await olga.post(f"/milestones/{forwarder}/move", {"planned_on": day, **WHY})
    assert told(answer) == (409, "milestone-skipped")


async def test_a_move_has_a_reason_and_stays_in_the_list(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    milestone = await planned(olga, order, "ordered", days=3)
    path = f"/milestones/{milestone}/move"
    days = [(await in_days(site, number)).isoformat() for number in (3, 8, 5)]
    assert told(await olga.post(path, {"planned_on": days[1]})) == (422, "validation-failed")
    wrong = {"planned_on": days[1], "reason": "Write to a@b.example"}
    assert told(await olga.post(path, wrong)) == (422, "contact-data")
    assert told(await olga.post(path, {"planned_on": days[0], **WHY})) == (422, "same-day")
    for day in days[1:]:
        answer = await olga.post(path, {"planned_on": day, **WHY})
        assert answer.status_code == 200, answer.text
    moves = answer.json()["moves"]
    assert [(move["was_on"], move["planned_on"]) for move in moves] == [
        (days[0], days[1]),
        (days[1], days[2]),
    ]
    assert {move["reason"] for move in moves} == {WHY["reason"]}
    assert await news(site, "group_order_milestone_moved") == 2


async def test_no_move_is_ever_unsaid(site: Site) -> None:
    olga = await organiser(site)
    milestone = await planned(olga, await an_order(olga), "ordered", days=3)
    day = (await in_days(site, 8)).isoformat()
    answer = await olga.post(f"/milestones/{milestone}/move", {"planned_on": day, **WHY})
    assert answer.status_code == 200
    for change in ("UPDATE milestone_moves SET reason = ''", "DELETE FROM milestone_moves"):
        with pytest.raises(IntegrityError, match=r"append.only|never changed"):
            await site.run(change)


async def test_only_who_runs_the_order_says_how_it_gets_on(site: Site) -> None:
    olga, ann, staff = await organiser(site), await fan(site, "ann"), await fan(site, "staff")
    await employ(staff, "moderator")
    order = await an_order(olga)
    milestone = await planned(olga, order, "ordered")
    day = (await in_days(site, 5)).isoformat()
    for other in (ann, staff):
        for path, body in (
            (f"/group-orders/{order}/milestones", {"kind": "sorted", "planned_on": day}),
            (f"/milestones/{milestone}/done", {}),
            (f"/milestones/{milestone}/move", {"planned_on": day, **WHY}),
        ):
            assert told(await other.post(path, body)) == (403, "organisers-only")
    await olga.block(ann)
    assert told(await ann.get(f"/group-orders/{order}/milestones")) == (404, "not-found")
    assert told(await ann.post(f"/milestones/{milestone}/done")) == (404, "not-found")
    assert told(await olga.post(f"/milestones/{uuid7()}/done")) == (404, "not-found")


async def test_plans_of_a_draft_are_seen_by_who_runs_it(site: Site) -> None:
    olga, ann = await organiser(site), await fan(site, "ann")
    order = await a_draft(olga)
    _ = await planned(olga, order, "ordered")
    assert len(await milestones(olga, order)) == 1
    assert told(await ann.get(f"/group-orders/{order}/milestones")) == (404, "not-found")


async def test_milestones_go_overdue_by_themselves_and_once(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    milestone = await planned(olga, order, "ordered", days=2)
    assert await (await later(site, MarkOverdue, days=2))() == 0
    assert await (await later(site, MarkOverdue, days=4))() == 1
    assert await (await later(site, MarkOverdue, days=4))() == 0
    assert await news(site, "group_order_milestone_overdue") == 1
    day = (await in_days(site, 20)).isoformat()
    answer = await olga.post(f"/milestones/{milestone}/move", {"planned_on": day, **WHY})
    assert answer.json()["state"] == "planned"
    assert await (await later(site, MarkOverdue, days=22))() == 1
    assert await news(site, "group_order_milestone_overdue") == 2


async def stalled(by: Member, order: str) -> bool:
    return (await by.get(f"/group-orders/{order}")).json()["stalled_at"] is not None


async def test_two_overdue_for_a_week_without_a_word_stall_the_order(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    await locked(olga, order)
    _ = await planned(olga, order, "ordered", days=1)
    assert await (await later(site, StallSilent, days=60))() == 0, "one is not enough"
    second = await planned(olga, order, "seller_shipped", days=2)
    assert await (await later(site, StallSilent, days=9))() == 0, "not for a week yet"
    assert await (await later(site, StallSilent, days=11))() == 1
    assert await stalled(olga, order)
    assert await (await later(site, StallSilent, days=11))() == 0
    day = (await in_days(site, 4)).isoformat()
    answer = await olga.post(f"/milestones/{second}/move", {"planned_on": day, **WHY})
    assert answer.status_code == 200
    assert not await stalled(olga, order)
    assert await news(site, "group_order_stalled") == await news(site, "group_order_resumed") == 1
    assert await (await later(site, StallSilent, days=11))() == 0, "the new day was no week ago"
    assert await (await later(site, StallSilent, days=20))() == 1


async def test_a_word_is_good_for_a_week(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order_in(olga, OrderState.LOCKED)
    _ = await planned(olga, order, "seller_shipped", days=0)
    _ = await planned(olga, order, "at_forwarder", days=0)
    _ = await reached(olga, order, "ordered")
    assert await (await later(site, StallSilent, days=6.9))() == 0
    await site.run("UPDATE order_milestones SET due_at = created_at")
    assert await (await later(site, StallSilent, days=6.9))() == 0, "the word was no week ago"
    assert await (await later(site, StallSilent, days=7.1))() == 1


async def test_what_was_skipped_or_is_of_an_ended_order_stalls_nothing(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order_in(olga, OrderState.LOCKED)
    for kind in ("seller_shipped", "at_forwarder", "shipped_abroad"):
        _ = await planned(olga, order, kind, days=1)
    for kind in ("ordered", "arrived"):
        _ = await reached(olga, order, kind)
    assert await (await later(site, StallSilent, days=60))() == 0
    assert await (await later(site, MarkOverdue, days=60))() == 0
