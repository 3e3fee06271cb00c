"""When a ring ends, everybody in it is counted anew, at once (R8)."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select, update

from apps.identity.infrastructure.standings import StandingModel
from apps.trading.domain.terms import DisputeKind
from apps.trading.infrastructure.models import TradeLegModel, TradeModel
from tests.support.deals import Deal
from tests.support.departures import suspend
from tests.support.disputes import WEEK, Quarrel, a_moderator, ensure_well
from tests.support.rings import Ring, a_ring
from tests.support.site import Site


@pytest.fixture(params=[3, 4])
async def ring(site: Site, request: pytest.FixtureRequest) -> Ring:
    ring = await a_ring(site, size=request.param)
    await ring.accept()
    return ring


async def counts(ring: Ring, *names: str) -> list[tuple[object, ...]]:
    """These columns of everybody's standing, in the order of the ring."""
    rows = await ring.site.ask(select(StandingModel))
    kept = {row.id: row for row in rows}
    return [tuple(getattr(kept[member.id], name) for name in names) for member in ring.members]


async def test_a_completed_ring_counts_for_all_and_makes_two_partners_each(ring: Ring) -> None:
    for giver in ring.members:
        ensure_well([await ring.ship(giver)])
    for giver in ring.members:
        assert await counts(ring, "completed_trades") == [(0,)] * len(ring.members)
        ensure_well([await ring.receive(giver)])
    names = ("completed_trades", "credited_trades", "proven_trades", "partners", "trust_level")
    assert await counts(ring, *names) == [(1, 1, 1, 2, 1)] * len(ring.members)


async def cancel(ring: Ring) -> None:
    agreed = select(TradeModel.accepted_at).where(TradeModel.id == ring.id)
    (at,) = await ring.site.ask(agreed)
    await ring.site.change(
        update(TradeModel).where(TradeModel.id == ring.id).values(accepted_at=at - WEEK / 7)
    )
    ensure_well([await ring.members[1].post(f"{ring.path}/cancel")])


async def leave(ring: Ring) -> None:
    await suspend(ring.members[1])


@pytest.mark.parametrize("end", [cancel, leave])
async def test_a_ring_called_off_counts_against_whose_fault_it_was(
    ring: Ring, end: Callable[[Ring], Awaitable[None]]
) -> None:
    before = await counts(ring, "updated_at")
    await end(ring)
    faults = [int(place == 1) for place in range(len(ring.members))]
    assert await counts(ring, "cancelled_at_fault") == [(fault,) for fault in faults]
    after = await counts(ring, "updated_at")
    assert all(now != then for now, then in zip(after, before, strict=True))


async def test_a_decision_about_a_ring_counts_for_all_and_an_appeal_changes_it(
    site: Site, ring: Ring
) -> None:
    bench = [await a_moderator(site, name) for name in ("mia", "max", "moe", "mel")]
    eve, bea = ring.members[2], ring.members[1]
    ensure_well([await ring.ship(ring.members[0])])
    long_ago = update(TradeLegModel).where(TradeLegModel.giver_id == bea.id)
    (ship_by,) = await site.ask(
        select(TradeLegModel.ship_by).where(TradeLegModel.giver_id == bea.id)
    )
    await site.change(long_ago.values(ship_by=ship_by - WEEK))
    complaint = {"kind": DisputeKind.NOT_SENT, "text": "Nothing was sent."}
    ensure_well([await eve.post(f"{ring.path}/dispute", complaint)])
    quarrel = Quarrel(Deal(eve, bea, ring.copies[2:3], ring.copies[1:2], ring.id))
    await quarrel.grow_old()
    found = {"at_fault": [str(bea.id)]}
    ensure_well([await quarrel.decide(each, "void", **found) for each in bench[:2]])
    others = len(ring.members) - 2
    assert await lost(ring) == [(0, False), (1, True), *[(0, False)] * others]
    ensure_well([await bea.post(f"{ring.path}/appeal", {"text": "Here is the receipt."})])
    found = {"at_fault": [str(eve.id)]}
    ensure_well([await quarrel.review(each, "changed", **found) for each in bench[2:]])
    assert await lost(ring) == [*[(0, False)] * 2, (1, True), *[(0, False)] * (others - 1)]


async def lost(ring: Ring) -> list[tuple[object, bool]]:
    found = await counts(ring, "disputes_lost", "last_fraud_at")
    return [(count, moment is not None) for count, moment in found]
