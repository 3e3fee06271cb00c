"""Whose role is taken away decides nothing any more, also in the middle of it (T22)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from apps.shared.application.work import UnitOfWork
from apps.trading.domain.trades import TradeRepository
from tests.support.deals import told
from tests.support.departures import suspend
from tests.support.disputes import Quarrel, a_moderator, a_quarrel, ensure_well, step_down
from tests.support.site import Member, Site, elsewhere
from tests.support.stores import LOCKED

Leave = Callable[[Member], Awaitable[None]]


@pytest.fixture
async def bench(site: Site) -> list[Member]:
    return [await a_moderator(site, name) for name in ("mia", "max", "moe", "may")]


@pytest.fixture(params=[step_down, suspend])
def leave(request: pytest.FixtureRequest) -> Leave:
    way: Leave = request.param
    return way


async def test_what_a_former_moderator_found_is_not_confirmed(
    site: Site, bench: list[Member], leave: Leave
) -> None:
    """The next one to find it is the first, and has to be confirmed in turn."""
    quarrel = await a_quarrel(site, heard=True)
    mia, max_, moe, _ = bench
    fault: dict[str, Any] = {"at_fault": [str(quarrel.deal.author.id)]}
    ensure_well([await quarrel.decide(mia, **fault)])
    await leave(mia)
    first = (await quarrel.decide(max_, **fault)).json()
    assert (first["state"], first["awaiting_confirmation"]) == ("open", True)
    assert (first["decision"]["decided_by"], await quarrel.at_fault()) == (str(max_.id), set())
    second = (await quarrel.decide(moe, **fault)).json()
    assert (second["state"], second["decision"]["confirmed_by"]) == ("decided", str(moe.id))
    assert await quarrel.at_fault() == {quarrel.deal.author.id}


async def test_nor_does_it_stand_in_the_way_of_another_decision(
    site: Site, bench: list[Member]
) -> None:
    quarrel = await a_quarrel(site, heard=True)
    ensure_well([await quarrel.decide(bench[0], at_fault=[str(quarrel.deal.author.id)])])
    await step_down(bench[0])
    assert (await quarrel.decide(bench[1])).json()["state"] == "decided"


async def test_what_one_found_on_appeal_is_not_confirmed(
    site: Site, bench: list[Member], leave: Leave
) -> None:
    quarrel = await a_quarrel(site, heard=True)
    mia, max_, moe, may = bench
    fault: dict[str, Any] = {"outcome": "changed", "at_fault": [str(quarrel.deal.other.id)]}
    ensure_well([await quarrel.decide(mia), await quarrel.appeal(quarrel.deal.author)])
    ensure_well([await quarrel.review(max_, **fault)])
    await leave(max_)
    ensure_well([await quarrel.review(moe, **fault)])
    assert await quarrel.at_fault() == set()
    ensure_well([await quarrel.review(may, **fault)])
    assert await quarrel.at_fault() == {quarrel.deal.other.id}


async def decided_meanwhile(site: Site, step: Callable[[Member], Awaitable[None]]) -> Quarrel:
    """A moderator decides, waits for the trade, and `step` happens before it is their turn."""
    quarrel, mia = await a_quarrel(site, heard=True), await a_moderator(site, "mia")
    trades = await site.port(TradeRepository)  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await trades.lock(quarrel.deal.id)
        deciding = elsewhere(quarrel.decide(mia))
        await asyncio.sleep(LOCKED)
        assert not deciding.done()
        await elsewhere(step(mia))  # type: ignore[arg-type]
    answer = await deciding
    assert told(answer) in {(403, "moderators-only"), (200, None)}
    return quarrel


async def nothing(member: Member) -> None:
    del member


async def test_who_is_no_moderator_when_their_turn_comes_has_not_decided(
    postgresql: str, keys: Path
) -> None:
    async with Site(postgresql, keys) as site:
        assert await (await decided_meanwhile(site, step_down)).deal.state() == "disputed"


async def test_who_still_is_one_has(postgresql: str, keys: Path) -> None:
    """The control: it was the role alone."""
    async with Site(postgresql, keys) as site:
        assert await (await decided_meanwhile(site, nothing)).deal.state() == "resolved"
