"""What is told of an organiser, over HTTP (G12)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.milestone_models import (
    MilestoneMoveModel,
    OrderMilestoneModel,
)
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from tests.group_orders.handing_over import a_scene, join, somebody
from tests.group_orders.orders import a_draft, an_order
from tests.group_orders.rows import a_refund, an_allocation, served
from tests.support.deals import told
from tests.support.site import Member, Site

NOTHING: dict[str, Any] = {
    **dict.fromkeys(("live", "stalled", "closed", "cancelled", "failed"), 0),
    **dict.fromkeys(("milestones_reached", "milestones_on_time"), 0),
    "refunds_open": 0,
    "disputes_lost": 0,
    "new": True,
    "rating": None,
    "ratings": 0,
}


async def record(of: Member, to: Member) -> dict[str, Any]:
    answer = await to.get(f"/members/{of.id}/organiser-record")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    assert shown.pop("member_id") == str(of.id)
    return shown


async def an_ended_order(by: Member, state: str = "closed") -> str:
    order = await an_order(by)
    row = update(GroupOrderModel).where(GroupOrderModel.id == UUID(order))
    ended = None if state == "open" else GroupOrderModel.created_at
    await by.site.change(row.values(state=state, ended_at=ended))
    return order


async def rate(order: str, by: Member, score: int) -> None:
    answer = await by.post(f"/group-orders/{order}/ratings", {"score": score})
    assert answer.status_code == 201, answer.text


async def show_all(site: Site) -> None:
    """Let the time for ratings be over."""
    past = (await site.clock()).now() - timedelta(seconds=1)
    await site.change(update(OrderRatingModel).values(closes_at=past, edited_at=past))


async def milestone(
    by: Member, order: str, kind: str, *, late: bool = False, put_off: bool = False
) -> None:
    """One that is done."""
    at = (await by.site.clock()).now()
    due = at - timedelta(days=1) if late else at + timedelta(days=1)
    day = date(2026, 5, 24)
    id = uuid7()
    told = {"group_order_id": UUID(order), "kind": kind, "planned_on": day, "due_at": due}
    told |= {"done_at": at, "done_by": by.id, "created_at": at, "version": 1}
    await by.site.change(insert(OrderMilestoneModel).values(id=id, **told))
    if put_off:
        move = {"was_on": day - timedelta(days=9), "planned_on": day, "reason": "Customs"}
        who = {"moved_by": by.id, "moved_at": at}
        row = {"id": uuid7(), "milestone_id": id, **move, **who}
        await by.site.change(insert(MilestoneMoveModel).values(row))


async def test_orders_are_counted_by_what_came_of_them(site: Site) -> None:
    olga, ann = await somebody(site), await somebody(site, 1)
    _ = await a_draft(olga)
    assert await record(olga, ann) == await record(olga, olga) == NOTHING
    for state in ("closed", "cancelled", "failed", "closed"):
        order = await an_ended_order(olga, state)
    await join(order, ann)
    over, order = order, await an_order(olga)
    await a_refund(ann, over)
    await a_refund(ann, over, state="confirmed", ended_at=(await site.clock()).now())
    await site.run("UPDATE group_orders SET stalled_at = created_at WHERE state = 'open'")
    at = (await site.clock()).now()
    disputed = {"disputed_at": at, "dispute_kind": "damaged", "decided_at": at}
    await an_allocation(ann, order, number=2, decision="upheld", **disputed)
    ends = {"closed": 2, "cancelled": 1, "failed": 1, "live": 1, "stalled": 1}
    assert await record(olga, ann) == NOTHING | ends | {"refunds_open": 1, "disputes_lost": 1}
    assert await record(ann, olga) == NOTHING, "that is nobody else's"


async def test_a_milestone_is_on_time_by_its_first_day(site: Site) -> None:
    olga, ann = await somebody(site), await somebody(site, 1)
    order = await an_order(olga)
    await milestone(olga, order, "ordered")
    await milestone(olga, order, "seller_shipped", late=True)
    await milestone(olga, order, "arrived", put_off=True)
    shown = await record(olga, ann)
    assert (shown["milestones_reached"], shown["milestones_on_time"]) == (3, 1)


async def lost(holder: Member, order: str, number: int) -> None:
    """A dispute, opened now, that a moderator decides a day later."""
    at = (await holder.site.clock()).now()
    told = {"disputed_at": at, "dispute_kind": "damaged", "decision": "upheld"}
    await an_allocation(holder, order, number=number, decided_at=at + timedelta(days=1), **told)


async def test_what_has_happened_before_a_handover_stays_with_who_organised_then(
    site: Site,
) -> None:
    scene, ann = await a_scene(site, joiners=0), await somebody(site, 1)
    olga, cora = scene.olga, scene.cora
    await lost(ann, scene.order, 2)
    await milestone(olga, scene.order, "ordered")
    await a_refund(ann, scene.order)
    await scene.steps(olga, cora, scene.mia)
    before = {"milestones_reached": 1, "milestones_on_time": 1, "disputes_lost": 1}
    now = {"live": 1, "refunds_open": 1}
    assert await record(olga, ann) == NOTHING | before
    assert await record(cora, ann) == NOTHING | now, "what is open is for her to give back"
    await lost(ann, scene.order, 3)
    await milestone(cora, scene.order, "arrived", late=True)
    since = {"milestones_reached": 1, "disputes_lost": 1}
    assert await record(olga, ann) == NOTHING | before
    assert await record(cora, ann) == NOTHING | now | since
    again = {"co_organiser_id": str(olga.id)}
    assert (await cora.patch(f"/group-orders/{scene.order}", again)).status_code == 200
    await scene.steps(cora, olga, scene.mia)
    assert await record(olga, ann) == NOTHING | now | before, "and when it comes back to her"
    assert await record(cora, ann) == NOTHING | since


async def test_who_has_few_ratings_is_new(site: Site) -> None:
    olga, eve = await somebody(site), await somebody(site)
    order = await an_ended_order(olga)
    joiners = [await somebody(site, 1) for _ in range(3)]
    await served(order, *joiners)
    for joiner, score in zip(joiners, (5, 4, 4), strict=True):
        await rate(order, joiner, score)
    assert (await record(olga, eve))["ratings"] == 0, "nobody may read them yet"
    await show_all(site)
    shown = await record(olga, eve)
    assert (shown["new"], shown["rating"], shown["ratings"]) == (False, 4.33, 3)
    await site.run(
        "INSERT INTO rating_totals (sort, ratings, points, counted_at)"
        " VALUES ('shown', 10, 20, CURRENT_TIMESTAMP)"
    )
    assert (await record(olga, eve))["rating"] == 2.88, "(5 x 2.0 + 13) / 8 (R5)"
    await site.run(
        "UPDATE order_ratings SET hidden_at = rated_at, hidden_by = rater_id WHERE score = 5"
    )
    shown = await record(olga, eve)
    assert (shown["new"], shown["rating"], shown["ratings"]) == (True, None, 2)


async def test_three_ratings_of_one_joiner_count(site: Site) -> None:
    olga, ann = await somebody(site), await somebody(site, 1)
    for score in (1, 1, 1, 5):
        order = await an_ended_order(olga)
        await served(order, ann)
        await rate(order, ann, score)
    await show_all(site)
    shown = await record(olga, ann)
    assert (shown["rating"], shown["ratings"]) == (1.0, 3)


async def test_how_somebody_paid_says_nothing_of_how_they_organise(site: Site) -> None:
    olga, ann = await somebody(site), await somebody(site)
    order = await an_ended_order(olga)
    await served(order, ann)
    body = {"score": 1, "ratee_id": str(ann.id)}
    assert (await olga.post(f"/group-orders/{order}/ratings", body)).status_code == 201
    await show_all(site)
    assert (await record(ann, olga))["ratings"] == 0


async def test_it_is_hidden_with_its_member(site: Site) -> None:
    olga, ann = await somebody(site), await somebody(site, 1)
    await olga.block(ann)
    for reader, other in ((ann, olga), (olga, ann)):
        answer = await reader.get(f"/members/{other.id}/organiser-record")
        assert told(answer) == (404, "not-found")
