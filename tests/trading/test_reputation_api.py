"""Reputation over HTTP: in full, and as counts beside a profile (R5-R8)."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update
from uuid_utils.compat import uuid7

from apps.trading.application.count_ratings import CountRatings
from apps.trading.domain.moves import State
from apps.trading.domain.terms import Method
from apps.trading.infrastructure.models import TradeEventModel, TradeLegModel, TradeModel
from apps.trading.infrastructure.rating_totals import RatingTotalModel
from apps.trading.infrastructure.ratings import RatingModel
from tests.support.builders import NOON
from tests.support.deals import Deal, a_deal, told
from tests.support.labour import hurry, work_once
from tests.support.rated import (
    DAY,
    HOUR,
    a_resolved_trade,
    a_swap,
    let_pass,
    rated,
    said_of,
)
from tests.support.site import Member, Site
from tests.support.weakening import let_change

NEW = {
    "new": True,
    "completed_trades": None,
    "presence_verified": None,
    "cancelled_at_fault": None,
    "disputes_lost": None,
}
NOTHING = {
    "completed": 0,
    "completed_in_person": 0,
    "completed_by_mail": 0,
    "presence_verified": 0,
    "cancelled_at_fault": 0,
    "disputes_lost": 0,
    "unanswered_proposals": 0,
    "median_answer_seconds": None,
}


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


async def reputation(of: Member, *, to: Member) -> dict[str, Any]:
    await (await of.site.port(CountRatings))()
    answer = await to.get(f"/members/{of.id}/reputation")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    assert shown.pop("member_id") == str(of.id)
    return shown


async def swaps(site: Site, ann: Member, bea: Member, *scores: int) -> list[Deal]:
    """As many completed trades, in each of which Ann gives this score and Bea a five."""
    deals = []
    for score in scores:
        deal = await a_swap(site, ann, bea)
        await rated(ann, deal, score)
        await rated(bea, deal, 5)
        deals.append(deal)
    return deals


async def test_below_three_completed_trades_somebody_is_new(
    site: Site, ann: Member, bea: Member
) -> None:
    """R5."""
    nothing = {"score": None, "ratings": None, "last_12_months": None, "all_time": None}
    for completed in range(3):
        assert await reputation(bea, to=ann) == {"new": True, **nothing}
        assert (await ann.get(f"/members/{bea.id}")).json()["reputation"] == NEW
        assert (await bea.get("/me")).json()["reputation"] == NEW, completed
        await swaps(site, ann, bea, 3)
    assert not (await reputation(bea, to=ann))["new"]
    counts = NEW | dict.fromkeys(NEW, 0) | {"new": False, "completed_trades": 3}
    assert (await ann.get(f"/members/{bea.id}")).json()["reputation"] == counts
    assert (await bea.get("/me")).json()["reputation"] == counts


async def test_a_score_is_drawn_to_the_mean_of_the_platform(
    site: Site, ann: Member, bea: Member
) -> None:
    """R5: Bea's 1, 2 and 3 and Ann's three fives make 21 of 6, that is 3.5."""
    await swaps(site, ann, bea, 1, 2, 3)
    assert (await reputation(bea, to=ann))["score"] == round((5 * 3.5 + 6) / 8, 2)
    of_ann = await reputation(ann, to=bea)
    assert (of_ann["score"], of_ann["ratings"]) == (round((5 * 3.5 + 15) / 8, 2), 3)


async def test_the_mean_of_the_platform_is_counted_by_workers_and_not_for_each_reader(
    site: Site, ann: Member, bea: Member
) -> None:
    """Ratings of one's own count at once; what all come to, with the next count."""
    await swaps(site, ann, bea, 3, 3, 3)
    path = f"/members/{bea.id}/reputation"
    uncounted = (await ann.get(path)).json()
    assert (uncounted["score"], uncounted["ratings"]) == (None, 3)
    assert (await reputation(bea, to=ann))["score"] == round((5 * 4 + 9) / 8, 2)
    await site.change(update(RatingModel).values(score=1))
    assert (await ann.get(path)).json()["score"] == round((5 * 4 + 3) / 8, 2)
    await hurry(site)
    await work_once(site)
    assert (await ann.get(path)).json()["score"] == 1
    totals = await site.ask(select(RatingTotalModel))
    assert [(row.ratings, row.points) for row in totals] == [(6, 6)]


async def test_of_a_pair_three_ratings_count_within_half_a_year_and_all_are_shown(
    site: Site, ann: Member, bea: Member
) -> None:
    """R6: the fourth counts for the mean of the platform only."""
    deals = await swaps(site, ann, bea, 1, 1, 1, 5)
    shown = await reputation(bea, to=ann)
    assert (shown["ratings"], shown["score"]) == (3, round((5 * 28 / 8 + 3) / 8, 2))
    assert len(await said_of(bea, to=ann)) == 4
    for deal in deals[:3]:
        await let_pass(site, deal, 180 * DAY)
    assert (await reputation(bea, to=ann))["ratings"] == 4


async def test_what_is_hidden_counts_for_nothing_yet(site: Site, ann: Member, bea: Member) -> None:
    """R3."""
    deals = [await a_swap(site, ann, bea) for _ in range(3)]
    await rated(ann, deals[0], 1)
    shown = await reputation(bea, to=ann)
    assert (shown["score"], shown["ratings"]) == (None, 0)
    await let_pass(site, deals[0], 14 * DAY)
    shown = await reputation(bea, to=ann)
    assert (shown["score"], shown["ratings"]) == (1, 1)


async def test_trades_are_counted_by_what_became_of_them_lately_and_ever(
    site: Site, ann: Member, bea: Member
) -> None:
    """R5."""
    await site.run("UPDATE standings SET trust_level = 2")
    met, mailed, coded = [await a_swap(site, ann, bea) for _ in range(3)]
    trade, leg = update(TradeModel), update(TradeLegModel)
    await site.change(trade.where(TradeModel.id == mailed.id).values(method=Method.MAIL))
    await site.change(leg.where(TradeLegModel.trade_id == coded.id).values(verified=True))
    await a_resolved_trade(site, ann, bea, bea)
    await a_resolved_trade(site, ann, bea)
    left = await a_deal(site, author=ann, other=bea)
    await left.accept()
    earlier = (await site.ask(select(TradeModel.accepted_at).where(TradeModel.id == left.id)))[0]
    await site.change(trade.where(TradeModel.id == left.id).values(accepted_at=earlier - 2 * HOUR))
    await bea.post(f"{left.path}/cancel")
    silent = await a_deal(site, author=ann, other=bea)
    expired = {"state": State.EXPIRED, "turn": None, "due_at": None}
    await site.change(trade.where(TradeModel.id == silent.id).values(expired))

    counts = NOTHING | {
        "completed": 3,
        "completed_in_person": 2,
        "completed_by_mail": 1,
        "presence_verified": 1,
        "disputes_lost": 1,
        "cancelled_at_fault": 1,
        "unanswered_proposals": 1,
    }
    shown = await reputation(bea, to=ann)
    assert shown["all_time"] == shown["last_12_months"]
    assert shown["all_time"] | {"median_answer_seconds": None} == counts
    assert shown["all_time"]["median_answer_seconds"] <= 5
    of_ann = (await reputation(ann, to=bea))["all_time"]
    guiltless = ("disputes_lost", "cancelled_at_fault", "unanswered_proposals")
    assert of_ann == counts | dict.fromkeys(guiltless, 0)
    for deal in (met, silent):
        await let_pass(site, deal, 366 * DAY)
    lately = (await reputation(bea, to=ann))["last_12_months"]
    assert (lately["completed"], lately["completed_in_person"]) == (2, 1)
    assert (lately["unanswered_proposals"], lately["disputes_lost"]) == (0, 1)
    assert (await reputation(bea, to=ann))["all_time"]["completed"] == 3


async def test_the_median_is_of_every_answer_to_a_revision(
    site: Site, ann: Member, bea: Member
) -> None:
    """R5: accepted after an hour, countered after two, rejected after nine."""
    deals = [await a_swap(site, ann, bea) for _ in range(3)]
    await let_change(site, "trade_events")
    await site.run("DELETE FROM trade_events")
    steps = [
        (deals[0], ann, "trade_proposed", 1, 0),
        (deals[0], bea, "trade_accepted", 1, 1),
        (deals[1], ann, "trade_proposed", 1, 0),
        (deals[1], bea, "trade_countered", 2, 2),
        (deals[1], ann, "trade_accepted", 2, 5),
        (deals[2], ann, "trade_proposed", 1, 0),
        (deals[2], bea, "trade_rejected", 1, 9),
    ]
    for sequence, (deal, actor, kind, revision, hours) in enumerate(steps, start=1):
        row = {
            "sequence": sequence,
            "hash": "",
            "kind": kind,
            "revision": revision,
            "at": NOON + hours * HOUR,
        }
        told_by = {"id": uuid7(), "trade_id": deal.id, "actor_id": actor.id}
        await site.change(insert(TradeEventModel).values(row | told_by))
    assert (await reputation(bea, to=ann))["all_time"]["median_answer_seconds"] == 2 * 3600
    assert (await reputation(ann, to=bea))["all_time"]["median_answer_seconds"] == 3 * 3600


async def test_who_is_hidden_has_neither_ratings_nor_a_reputation(ann: Member, bea: Member) -> None:
    """BL2."""
    await bea.block(ann)
    for route in ("ratings", "reputation"):
        assert told(await ann.get(f"/members/{bea.id}/{route}")) == (404, "not-found")
        assert told(await bea.get(f"/members/{ann.id}/{route}")) == (404, "not-found")
        assert (await bea.get(f"/members/{bea.id}/{route}")).status_code == 200
