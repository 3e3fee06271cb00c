"""The history of a trade whose decision was appealed, and the check of it (T22)."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from apps.operations.infrastructure.invariants import broken
from apps.trading.infrastructure.models import TradeEventModel
from tests.support.disputes import Quarrel, a_moderator, a_quarrel, ensure_well
from tests.support.site import Member, Site
from tests.support.weakening import let_change
from tests.trading.test_history_api import EVENTS, Fault, events, fault, shown

__all__ = ["fault"]

ENDS = "a history ends with the last change of its trade"
TOLD = "an appeal is told by the history of its trade"
APPEAL = ("decision_appealed", "appeal_decided")


@pytest.fixture
async def bench(site: Site) -> list[Member]:
    return [await a_moderator(site, name) for name in ("mia", "max", "moe")]


@pytest.fixture
async def quarrel(site: Site, bench: list[Member]) -> Quarrel:
    """Decided by one: nobody was at fault."""
    quarrel = await a_quarrel(site, heard=True)
    ensure_well([await quarrel.decide(bench[0])])
    return quarrel


async def checked(quarrel: Quarrel, fault: Fault) -> list[Any]:
    """What the recipe finds for each party, and what the operator's check finds."""
    deal, found = quarrel.deal, await broken(await quarrel.site.engine())
    parties = (deal.author, deal.other)
    told = [fault(await shown(each, deal), await events(each, deal)) for each in parties]
    return [*told, found[ENDS], found[TOLD]]


async def test_it_is_sound_at_each_step_of_an_appeal(
    quarrel: Quarrel, bench: list[Member], fault: Fault
) -> None:
    assert await checked(quarrel, fault) == [None, None, 0, 0]
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    assert await checked(quarrel, fault) == [None, None, 0, 0]
    ensure_well([await quarrel.review(bench[1])])
    assert (await quarrel.deal.history())[-2:] == [*APPEAL]
    assert await checked(quarrel, fault) == [None, None, 0, 0]


async def test_it_is_sound_after_a_change_of_fault(
    site: Site, bench: list[Member], fault: Fault
) -> None:
    quarrel = await a_quarrel(site, heard=True)
    ann = quarrel.deal.author
    ensure_well([await quarrel.decide(each, at_fault=[str(ann.id)]) for each in bench[:2]])
    ensure_well([await quarrel.appeal(ann), await quarrel.review(bench[2], "changed")])
    assert "fault_changed" in await quarrel.deal.history()
    assert await checked(quarrel, fault) == [None, None, 0, 0]


async def test_moderators_stand_in_cases_and_not_in_histories(
    site: Site, bench: list[Member]
) -> None:
    quarrel = await a_quarrel(site, heard=True)
    ann, bea = quarrel.deal.author, quarrel.deal.other
    ensure_well([await quarrel.decide(each, at_fault=[str(ann.id)]) for each in bench[:2]])
    ensure_well([await quarrel.appeal(ann), await quarrel.review(bench[2], "changed")])
    history = await events(bea, quarrel.deal)
    told = {event["kind"]: event["actor_id"] for event in history[-4:]}
    assert told == {
        "trade_resolved": None,
        "decision_appealed": str(ann.id),
        "appeal_decided": None,
        "fault_changed": None,
    }
    actors = {row.actor_id for row in await site.ask(select(TradeEventModel))}
    assert actors == {ann.id, bea.id, None}
    decision = (await bench[0].get(await quarrel.path())).json()["decision"]
    assert decision["decided_by"] == str(bench[0].id), "which is where moderators look"


@pytest.mark.parametrize("kind", [*APPEAL, "trade_resolved"])
async def test_what_is_lost_of_it_shows(
    quarrel: Quarrel, bench: list[Member], fault: Fault, kind: str
) -> None:
    """The last event of an appeal is missed by the operator's check alone, who knows the case."""
    ensure_well([await quarrel.appeal(quarrel.deal.author), await quarrel.review(bench[1])])
    await let_change(quarrel.site, "trade_events")
    await quarrel.site.change(delete(EVENTS).where(EVENTS.c.kind == kind))
    by_ann, by_bea, ends, told = await checked(quarrel, fault)
    assert (by_ann is None) == (by_bea is None) == (kind == "appeal_decided")
    assert (ends, told) == ((1, 0) if kind == "trade_resolved" else (0, 1))
