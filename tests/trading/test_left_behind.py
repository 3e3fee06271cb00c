"""Who leaves during a dispute has left when it is over, and keeps nothing (P10, T16-T18)."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from apps.collection.domain.copy import CopyState
from apps.collection.infrastructure.models import CopyModel
from apps.operations.infrastructure.invariants import broken
from tests.support.deals import Deal, a_deal, ensure_sound, owners, promises
from tests.support.departures import reinstate, remove, suspend
from tests.support.disputes import a_moderator, a_quarrel
from tests.support.rings import a_ring, trade_of
from tests.support.site import Member, Site

Departure = Callable[[Member], Awaitable[None]]


@pytest.fixture(params=[suspend, remove], ids=["suspended", "removed"])
def depart(request: pytest.FixtureRequest) -> Departure:
    departure: Departure = request.param
    return departure


async def missed(site: Site) -> Deal:
    """Agreed on; Ann says that Bea has not come."""
    deal = await a_deal(site)
    await deal.accept()
    missing = await deal.author.post(f"{deal.path}/dispute", {"kind": "no_show", "text": "Alone."})
    assert missing.status_code == 200, missing.text
    return deal


async def resume(deal: Deal, by: Member) -> str:
    answer = await by.post(f"{deal.path}/resume")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["state"])


async def state_of(site: Site, copy: object) -> CopyState:
    (state,) = await site.ask(select(CopyModel.state).where(CopyModel.id == copy))
    return CopyState(state)


async def ensure_nothing_broken(site: Site) -> None:
    await ensure_sound(site)
    found = await broken(await site.engine())
    assert not {name for name, rows in found.items() if rows and not name.startswith("a card")}


async def test_an_agreement_is_called_off_when_its_dispute_is_over(
    site: Site, depart: Departure
) -> None:
    deal = await missed(site)
    await depart(deal.other)
    assert await deal.state() == "disputed"
    assert await resume(deal, deal.author) == "cancelled"
    assert (await deal.history())[-2:] == ["trade_resumed", "trade_cancelled"]
    assert (await trade_of(site, deal.id)).at_fault == {deal.other.id}
    assert not any((await promises(site, *deal.give, *deal.take)).values())
    left = CopyState.GONE if depart is remove else CopyState.HELD
    assert [await state_of(site, *each) for each in (deal.give, deal.take)] == [
        CopyState.HELD,
        left,
    ]
    await ensure_nothing_broken(site)


async def test_what_is_under_way_is_disputed_anew(site: Site, depart: Departure) -> None:
    deal = (await a_quarrel(site)).deal
    await depart(deal.author)
    assert await resume(deal, deal.other) == "disputed"
    dispute = (await trade_of(site, deal.id)).dispute
    assert dispute
    assert (dispute.kind, dispute.opener) == ("no_show", None)
    assert all((await promises(site, *deal.give, *deal.take)).values())
    await ensure_nothing_broken(site)


async def test_who_was_let_in_again_has_not_left(site: Site) -> None:
    deal = await missed(site)
    await suspend(deal.other)
    await reinstate(deal.other)
    assert await resume(deal, deal.author) == "accepted"
    await ensure_nothing_broken(site)


@pytest.mark.parametrize("verdict", ["complete_all", "void"])
async def test_what_a_decision_leaves_to_who_was_removed_is_gone(site: Site, verdict: str) -> None:
    quarrel, mia = await a_quarrel(site), await a_moderator(site, "mia")
    deal = quarrel.deal
    await remove(deal.author)
    await quarrel.grow_old()
    decided = await quarrel.decide(mia, verdict)
    assert decided.status_code == 200, decided.text
    hers, others = (deal.take, deal.give) if verdict == "complete_all" else (deal.give, deal.take)
    assert await owners(site, *hers) == [deal.author.id]
    assert await state_of(site, *hers) is CopyState.GONE
    assert await state_of(site, *others) is CopyState.HELD
    await ensure_nothing_broken(site)


async def test_what_a_ring_brings_to_who_was_removed_is_gone(site: Site) -> None:
    ring = await a_ring(site)
    await ring.accept()
    ann, bea, eve = ring.members
    for giver in (ann, bea):
        assert (await ring.ship(giver)).status_code == 200
        assert (await ring.receive(giver)).status_code == 200
    await remove(bea)
    assert (await ring.ship(eve)).status_code == 200
    assert (await ring.receive(eve)).status_code == 200
    assert await ring.state() == "completed"
    assert await owners(site, *ring.copies) == [bea.id, eve.id, ann.id]
    states = [await state_of(site, copy) for copy in ring.copies]
    assert states == [CopyState.GONE, CopyState.HELD, CopyState.HELD]
    await ensure_nothing_broken(site)
