"""A departure and a step of a trade at the same moment: nothing live is left of who left (P5)."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from apps.collection.application.follow_departed_members import HoldBinder
from apps.collection.domain.copy import CopyState
from apps.collection.infrastructure.models import CopyModel
from apps.identity.application.departures import RemoveMember
from apps.identity.contract import MemberDeparted
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.unit_of_work import DEADLOCK
from apps.trading.domain.moves import State
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository
from apps.trading.infrastructure.models import TradeModel
from apps.trading.infrastructure.repositories import SqlTradeRepository
from tests.identity.stage import built, serving
from tests.support.deals import a_deal, ensure_sound
from tests.support.departures import WHY, suspend
from tests.support.levels import raise_to
from tests.support.site import Member, Site, elsewhere, proposal
from tests.support.weakening import an_unguarded_site

ROUNDS = 15


async def accepted_while_suspended(site: Site, number: int) -> set[State]:
    """Bea accepts what Ann proposes, and one of the two is suspended; what became of it."""
    ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
    deal = await a_deal(site, author=ann, other=bea)
    rival = await a_deal(site, author=await site.join(f"eve-{number}"), other=bea, take=deal.take)
    leaver = (ann, bea)[number % 2]
    answer, _ = await asyncio.gather(deal.accept(), elsewhere(suspend(leaver)))
    assert answer.status_code in {200, 401, 409}, answer.text
    ended = {await deal.state()}
    assert ended <= {State.LAPSED, State.CANCELLED}, "it lapsed, or was agreed on and called off"
    return ended | ({await rival.state()} if leaver == bea else set())


async def test_an_acceptance_and_a_suspension_come_one_after_the_other(site: Site) -> None:
    for number in range(ROUNDS):
        assert State.PROPOSED not in await accepted_while_suspended(site, number)
    await ensure_sound(site)


async def test_without_locks_promises_would_be_left(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(6 * ROUNDS):
            try:
                await accepted_while_suspended(site, number)
                await ensure_sound(site)
            except AssertionError:
                return
        pytest.fail("sound after every round")


async def open_afterwards(site: Site, number: int) -> int:
    """Ann proposes to Bea, and one of the two is suspended."""
    ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    leaver = (ann, bea)[number % 2]
    sent, _ = await asyncio.gather(ann.post("/trades", body), elsewhere(suspend(leaver)))
    assert sent.status_code in {201, 401, 404}, sent.text
    return len(await site.ask(select(TradeModel.id).where(TradeModel.state == State.PROPOSED)))


async def test_no_proposal_outlives_a_suspension(site: Site) -> None:
    for number in range(ROUNDS):
        assert await open_afterwards(site, number) == 0
    await ensure_sound(site)


async def test_without_the_lock_one_would(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(6 * ROUNDS):
            if await open_afterwards(site, number):
                return
        pytest.fail("nothing was open in any round")


async def removed_while_accepting(site: Site, number: int) -> Member:
    """Bea's copies are asked for by three, she accepts one of them, and is removed."""
    bea = await site.join(f"bea-{number}")
    await raise_to(1, bea)  # a newcomer is locked herself before her copies
    take = [await bea.hold() for _ in range(3)]
    deals = [
        await a_deal(site, author=await site.join(f"{name}-{number}"), other=bea, take=take)
        for name in ("ann", "eve", "dan")
    ]
    removing = elsewhere((await site.port(RemoveMember))(bea.id, reason=WHY))
    answers = await asyncio.gather(*(elsewhere(deal.accept()) for deal in deals))
    await removing
    assert {answer.status_code for answer in answers} <= {200, 401, 409}
    return bea


async def test_a_removal_waits_for_copies_before_trades(site: Site) -> None:
    for number in range(ROUNDS):
        bea = await removed_while_accepting(site, number)
        left = select(CopyModel.state).where(CopyModel.owner_id == bea.id)
        assert set(await site.ask(left)) == {CopyState.GONE}
    await ensure_sound(site)


class LockNothing:
    """In place of HoldBinder."""

    async def __call__(self, departure: MemberDeparted, /) -> None:
        del departure


class Lingering(SqlTradeRepository):
    """Takes a breath behind the locks of a departure, in which an acceptance locks its copies."""

    async def lock_live(self, **which: Any) -> list[Trade]:
        found = await super().lock_live(**which)
        await asyncio.sleep(0.3)
        return found


async def test_in_the_other_order_they_would_wait_for_each_other(
    postgresql: str, keys: Path
) -> None:
    overrides = (serving(HoldBinder, LockNothing()), built(TradeRepository, Lingering))
    async with Site(postgresql, keys, *overrides) as site:
        ended: list[str | None] = []

        def note(failure: Any) -> None:
            ended.append(getattr(failure.original_exception, "sqlstate", None))

        event.listen((await site.engine()).sync_engine, "handle_error", note)
        for number in range(ROUNDS):
            with suppress(Busy):
                await removed_while_accepting(site, number)
            if DEADLOCK in ended:
                return
        pytest.fail("no two of them waited for each other")
