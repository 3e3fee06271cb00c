"""Rings follow their trades: what has ended stays so, whatever is told again."""

from typing import Any

import pytest
from sqlalchemy import select, update

from apps.identity.contract import MemberErased
from apps.matching.application.runs import Runs
from apps.matching.domain.planned_ring import Dissolution, RingState, follow
from apps.matching.infrastructure.round_disclosure import DiscloseRounds
from apps.matching.infrastructure.round_erasure import SqlEraseGuest
from apps.matching.infrastructure.round_models import (
    MatchingEntryModel,
    MatchingRingMemberModel,
    MatchingRingModel,
    MatchingRoundModel,
)
from apps.shared.application.outbox import DeliverEvents, ResetConsumer
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.current import Current
from tests.matching.fans import (
    a_circle,
    a_round,
    accept,
    join,
    opener,
    published,
    reject,
    result,
    work,
)
from tests.support.site import Site

ENDED = (RingState.COMPLETED, RingState.DISSOLVED, RingState.BROKEN)
CASES: dict[str, tuple[RingState, Dissolution | None]] = {
    "trade_accepted": (RingState.ACCEPTED, None),
    "trade_reopened": (RingState.PROPOSED, None),
    "trade_completed": (RingState.COMPLETED, None),
    "trade_expired": (RingState.DISSOLVED, Dissolution.EXPIRED),
    "trade_lapsed": (RingState.DISSOLVED, Dissolution.LAPSED),
    "trade_cancelled": (RingState.BROKEN, Dissolution.CANCELLED),
    "trade_resolved": (RingState.BROKEN, Dissolution.RESOLVED),
}


@pytest.mark.parametrize("kind", CASES)
def test_an_event_moves_a_ring_that_has_not_ended(kind: str) -> None:
    assert follow(RingState.PROPOSED, kind, {}) == CASES[kind]
    assert [follow(state, kind, {}) for state in ENDED] == [None] * 3


def test_a_decision_that_all_cards_stay_completes_a_ring() -> None:
    told: dict[str, Any] = {"reason": "complete_all"}
    assert follow(RingState.ACCEPTED, "trade_resolved", told) == (RingState.COMPLETED, None)
    assert follow(RingState.ACCEPTED, "leg_shipped", told) is None


async def rows(site: Site) -> list[Any]:
    """What rings and their members are, as the database has it."""
    states = await site.ask(select(MatchingRingModel).order_by(MatchingRingModel.id))
    members = await site.ask(
        select(MatchingRingMemberModel).order_by(
            MatchingRingMemberModel.ring_id, MatchingRingMemberModel.member_id
        )
    )
    return [
        *((ring.state, ring.reason, ring.refused_by, ring.trade_id) for ring in states),
        *((part.ring_id, part.member_id, part.consented) for part in members),
    ]


async def test_events_that_are_told_anew_change_nothing(hall: Site) -> None:
    olga, *circles = (
        await opener(hall),
        *[await a_circle(hall, start=3 * n, mark=str(n)) for n in range(2)],
    )
    round = await published(hall, olga, *circles)
    agreed, refused = [
        (await result(round, each.members[0]))["rings"][0]["trade_id"] for each in circles
    ]
    await accept(agreed, *circles[0].members)
    await accept(refused, circles[1].members[0])
    await reject(refused, circles[1].members[1])
    await work(hall)
    before = await rows(hall)
    consented = [row[2] for row in before[2:]]
    assert sorted(consented) == [False, False, True, True, True, True]
    assert ("dissolved", "rejected", circles[1].members[1].id) in [row[:3] for row in before[:2]]
    await (await hall.port(ResetConsumer))("matching.rounds")
    assert await (await hall.port(DeliverEvents))() > 0
    assert await rows(hall) == before


async def test_acceptance_is_what_was_observed_once_there_are_twenty_answers(hall: Site) -> None:
    async def acceptance() -> float:
        async with await hall.port(UnitOfWork):  # type: ignore[type-abstract]
            return await (await hall.port(Runs)).acceptance()  # type: ignore[type-abstract]

    olga = await opener(hall)
    circles = [await a_circle(hall, 4, start=4 * n, mark=str(n)) for n in range(5)]
    assert await acceptance() == 0.95
    _ = await published(hall, olga, *circles, max_length=4)
    assert await acceptance() == 0.95
    ring, part = MatchingRingModel, MatchingRingMemberModel
    await hall.change(update(ring).values(state=RingState.ACCEPTED))
    await hall.change(update(part).values(consented=True))
    assert await acceptance() == 1
    (first, second, *_) = await hall.ask(select(ring.id).order_by(ring.position))
    one = update(ring).where(ring.id == first)
    await hall.change(one.values(state=RingState.DISSOLVED, reason=Dissolution.EXPIRED))
    await hall.change(update(part).where(part.ring_id == first).values(consented=False))
    assert await acceptance() == 16 / 20
    (no, *_) = await hall.ask(select(part.member_id).where(part.ring_id == second))
    other = update(ring).where(ring.id == second)
    rejected = {"reason": Dissolution.REJECTED, "refused_by": no}
    await hall.change(other.values(state=RingState.DISSOLVED, **rejected))
    silent = update(part).where(part.ring_id == second, part.member_id == no)
    await hall.change(silent.values(consented=False))
    assert await acceptance() == 15 / 20


async def test_what_somebody_brought_into_rounds_is_told_to_them_and_goes_with_them(
    hall: Site,
) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await published(hall, olga, circle)
    opened = await a_round(olga)
    await join(opened, olga)
    disclose = await hall.port(DiscloseRounds)
    told = await disclose(olga.id, str)
    assert [row["title"] for row in told["matching_rounds"]] == ["Seoul in May"] * 2
    assert [row["round_id"] for row in told["matching_entries"]] == [opened]
    hers = await disclose(circle.members[0].id, str)
    assert [row["state"] for row in hers["matching_rings"]] == ["proposed"]
    erase = SqlEraseGuest(await hall.port(Current))
    now = (await hall.clock()).now()
    async with await hall.port(UnitOfWork):  # type: ignore[type-abstract]
        await erase(MemberErased(member=olga.id, at=now))
    assert set(await hall.ask(select(MatchingRoundModel.title))) == {""}
    entries = await hall.ask(select(MatchingEntryModel.member_id))
    assert sorted(entries) == sorted(member.id for member in circle.members)
    assert (await result(round, circle.members[0]))["rings"]
