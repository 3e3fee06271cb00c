"""What comes of a closed round: rings are put to their members, and followed to their end."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from apps.matching.infrastructure.round_models import MatchingRoundModel
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.infrastructure.models import TradeModel
from tests.matching.fans import (
    Circle,
    a_circle,
    a_round,
    accept,
    close,
    fan,
    join,
    opener,
    published,
    reject,
    result,
    state,
    want,
    work,
)
from tests.support.authenticators import employ
from tests.support.deals import promises, told
from tests.support.departures import suspend
from tests.support.site import Member, Site


async def ring_of(round: str, member: Member) -> dict[str, Any]:
    """The one ring that this member is in, as they see it."""
    rings: list[dict[str, Any]] = (await result(round, member))["rings"]
    assert len(rings) == 1, rings
    return rings[0]


async def test_each_ring_is_a_trade_that_nobody_has_consented_to(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await published(hall, olga, circle)
    assert await state(round, olga) == "published"
    for member in circle.members:
        ring = await ring_of(round, member)
        assert (ring["state"], ring["cards"], ring["reason"]) == ("proposed", 3, None)
        assert set(ring["members"]) == {str(each.id) for each in circle.members}
        trade = (await member.get(f"/trades/{ring['trade_id']}")).json()
        assert trade["allowed_actions"] == ["accept", "reject"]
        assert not any(party["consented"] for party in trade["parties"])
    assert not any((await promises(hall, *circle.copies)).values())


async def test_pairs_are_rings_of_two(hall: Site) -> None:
    olga, pair = await opener(hall), await a_circle(hall, 2)
    round = await published(hall, olga, pair, max_length=2)
    ring = await ring_of(round, pair.members[0])
    await accept(ring["trade_id"], *pair.members)
    await work(hall)
    assert (await ring_of(round, pair.members[1]))["state"] == "accepted"


async def test_longer_rings_than_the_round_has_are_not_found(hall: Site) -> None:
    olga, four = await opener(hall), await a_circle(hall, 4)
    short = await published(hall, olga, four)
    assert await state(short, olga) == "settled"
    assert (await result(short, olga))["runs"][0]["cards"] == 0
    long = await published(hall, olga, four, max_length=4)
    assert (await result(long, olga))["runs"][0]["rings_by_length"] == {"4": 1}


async def test_the_operation_tells_when_all_is_published(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await a_round(olga)
    await join(round, *circle.members)
    operation = (await close(round, olga)).headers["Location"].removeprefix("/api/v1")
    await work(hall)
    ended = (await olga.get(operation)).json()
    assert (ended["status"], ended["progress"]) == ("succeeded", 100)
    href = ended["result"]["href"].removeprefix("/api/v1")
    assert (await olga.get(href)).json()["runs"][0]["cards"] == 3


async def test_the_clock_closes_a_round_and_its_opener_has_the_operation(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await a_round(olga)
    await join(round, *circle.members)
    await work(hall)
    assert await state(round, olga) == "open"
    rows = update(MatchingRoundModel).values(closes_at=MatchingRoundModel.created_at)
    await hall.change(rows)
    late = await circle.members[0].post(f"/rounds/{round}/join")
    assert told(late) == (409, "invalid-transition")
    await work(hall)
    shown = (await olga.get(f"/rounds/{round}")).json()
    assert shown["state"] == "published"
    ended = (await olga.get(f"/operations/{shown['operation_id']}")).json()
    assert ended["status"] == "succeeded"


async def test_a_round_is_settled_once_its_trades_are_over(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await published(hall, olga, circle)
    trade = (await ring_of(round, circle.members[0]))["trade_id"]
    await accept(trade, *circle.members)
    await work(hall)
    assert (await ring_of(round, circle.members[0]))["state"] == "accepted"
    assert await state(round, olga) == "published"
    await ship_all(trade, circle.members)
    await work(hall)
    assert (await ring_of(round, circle.members[0]))["state"] == "completed"
    assert await state(round, olga) == "settled"
    (run,) = (await result(round, olga))["runs"]
    assert run["rings_by_state"] == {"completed": 1}


async def ship_all(trade: str, members: Sequence[Member]) -> None:
    legs = (await members[0].get(f"/trades/{trade}")).json()["legs"]
    by_id = {str(member.id): member for member in members}
    shipment = {"carrier": "Korea Post", "tracking_number": "RR 1"}
    for leg in legs:
        answer = await by_id[leg["from"]].post(f"/trades/{trade}/legs/{leg['id']}/ship", shipment)
        assert answer.status_code == 200, answer.text
    for leg in legs:
        answer = await by_id[leg["to"]].post(f"/trades/{trade}/legs/{leg['id']}/receive")
        assert answer.status_code == 200, answer.text


async def test_who_is_refused_is_matched_again_with_who_is_left(hall: Site) -> None:
    """Bea and Eve both have what Ann wants, and want what she has; one of them is left over."""
    olga, ann, bea, eve = [await opener(hall), *[await fan(hall, n) for n in ("ann", "bea", "eve")]]
    first, second = await hall.some_cards(2)
    for one, has, wants in ((ann, first, second), (bea, second, first), (eve, second, first)):
        await one.hold(has)
        await want(one, wants)
    round = await published(hall, olga, Circle((ann, bea, eve), (), ()), max_length=2)
    ring = await ring_of(round, ann)
    chosen, other = (bea, eve) if str(bea.id) in ring["members"] else (eve, bea)
    assert (await result(round, other))["rings"] == []
    await reject(ring["trade_id"], chosen)
    await work(hall)
    old, new = (await result(round, ann))["rings"]
    assert (old["state"], old["reason"], old["generation"]) == ("dissolved", "rejected", 1)
    assert (new["state"], new["generation"]) == ("proposed", 2)
    assert set(new["members"]) == {str(ann.id), str(other.id)}
    await accept(new["trade_id"], ann, other)
    await work(hall)
    assert await state(round, olga) == "published"
    await ship_all(new["trade_id"], (ann, other))
    await work(hall)
    assert await state(round, olga) == "settled"


async def test_who_has_refused_is_not_asked_for_the_same_again(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await published(hall, olga, circle)
    await reject((await ring_of(round, circle.members[0]))["trade_id"], circle.members[1])
    await work(hall)
    assert await state(round, olga) == "settled"
    runs = (await result(round, olga))["runs"]
    assert [(run["generation"], run["cards"]) for run in runs] == [(2, 0), (1, 3)]
    assert (await ring_of(round, circle.members[0]))["reason"] == "rejected"


async def test_who_lets_the_time_pass_is_asked_no_more(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await published(hall, olga, circle)
    ann, bea, eve = circle.members
    await accept((await ring_of(round, ann))["trade_id"], ann, bea)
    due = {"due_at": TradeModel.created_at, "answer_due_at": TradeModel.created_at}
    await hall.change(update(TradeModel).values(**due))
    assert await (await hall.port(ExpireTrades))() == 1
    await work(hall)
    assert (await ring_of(round, eve))["reason"] == "expired"
    assert await state(round, olga) == "settled"
    staff = await hall.join("staff")
    await employ(staff, "moderator")
    again, _ = (await result(round, staff, input="true"))["runs"]
    left = {member for _, _, member, _ in again["input"]["offers"]}
    assert left == {str(ann.id), str(bea.id)}


async def test_a_ring_that_is_impossible_by_now_is_dissolved_and_says_why(hall: Site) -> None:
    """Between closing and publishing, what was frozen has changed."""
    olga = await opener(hall)
    circles = [await a_circle(hall, start=3 * n, mark=str(n)) for n in range(4)]
    round = await a_round(olga)
    for circle in circles:
        await join(round, *circle.members)
    _ = await close(round, olga)
    unlisted, unwanted, suspended, _ = circles
    answer = await unlisted.members[0].patch(
        f"/me/copies/{unlisted.copies[0]}", {"for_trade": False}
    )
    assert answer.status_code == 200
    assert (await unwanted.members[0].delete(f"/me/wants/{unwanted.wants[0]}")).status_code == 204
    await suspend(suspended.members[0])
    await work(hall)
    asked = [await ring_of(round, circle.members[1]) for circle in circles]
    assert [ring["reason"] for ring in asked] == [
        "copy_unavailable",
        "no_longer_wanted",
        "party_unavailable",
        None,
    ]
    assert [ring["trade_id"] is None for ring in asked] == [True, True, True, False]


async def test_who_is_suspended_or_leaves_is_in_no_open_round(hall: Site) -> None:
    olga, ann, bea = await opener(hall), await fan(hall, "ann"), await fan(hall, "bea")
    opened, closed = await a_round(olga), await a_round(olga)
    for round in (opened, closed):
        await join(round, ann, bea)
    _ = await close(closed, olga)
    await suspend(ann)
    assert (await olga.get(f"/rounds/{opened}")).json()["members"] == 1
    assert (await olga.get(f"/rounds/{closed}")).json()["members"] == 2


async def test_a_round_nobody_has_joined_is_settled_at_once(hall: Site) -> None:
    olga = await opener(hall)
    round = await a_round(olga)
    _ = await close(round, olga)
    await work(hall)
    assert await state(round, olga) == "settled"
    (run,) = (await result(round, olga))["runs"]
    assert (run["members"], run["cards"], run["bound"]) == (0, 0, 0)
