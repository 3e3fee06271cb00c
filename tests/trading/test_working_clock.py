"""Time ends trades by the database's clock, by itself, and neither early nor stuck (T8, T13)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from dishka import Provider
from sqlalchemy import select

from apps.main import by_the_databases_clock
from apps.shared.infrastructure.clock import SystemClock
from apps.shared.infrastructure.jobs import JobModel
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from apps.trading.infrastructure.repositories import SqlTradeRepository
from tests.support.deals import Deal, a_deal, ensure_sound
from tests.support.labour import LONG_AGO, hurry, work_once
from tests.support.site import Site

LATER = timedelta(days=9)


@asynccontextmanager
async def with_a_deal(url: str, keys: Path, *overrides: Provider) -> AsyncIterator[Deal]:
    async with Site(url, keys, *overrides) as site:
        yield await a_deal(site, author=await site.join("ann"), other=await site.join("bea"))


@pytest.fixture
async def deal(url: str, keys: Path) -> AsyncIterator[Deal]:
    async with with_a_deal(url, keys, by_the_databases_clock()) as deal:
        yield deal


async def work(deal: Deal) -> State:
    """Let a worker do what is due, however lately it was done; return what the trade came to."""
    await hurry(deal.author.site)
    await work_once(deal.author.site)
    await ensure_sound(deal.author.site)
    return await deal.state()


async def test_a_worker_ends_a_proposal_whose_time_is_over_and_not_before(deal: Deal) -> None:
    assert await work(deal) is State.PROPOSED
    await deal.author.site.run(f"UPDATE trades SET due_at = {LONG_AGO}, answer_due_at = {LONG_AGO}")
    assert await work(deal) is State.EXPIRED


async def test_a_worker_ends_a_swap_that_nobody_made_and_not_before(deal: Deal) -> None:
    await deal.accept()
    assert await work(deal) is State.ACCEPTED
    await deal.author.site.run(f"UPDATE trades SET due_at = {LONG_AGO}, accepted_at = {LONG_AGO}")
    assert await work(deal) is State.CANCELLED


def put_the_machine_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SystemClock().now()
    monkeypatch.setattr(SystemClock, "now", lambda _: now + LATER)


async def test_a_machine_that_is_ahead_ends_nothing_early(
    deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_the_machine_ahead(monkeypatch)
    assert await work(deal) is State.PROPOSED


async def test_control_by_the_clock_of_the_machine_it_would(
    url: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with with_a_deal(url, keys) as deal:
        put_the_machine_ahead(monkeypatch)
        assert await work(deal) is State.EXPIRED


async def test_a_trade_that_cannot_be_ended_holds_up_no_other(
    deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = deal.author.site
    other = await a_deal(site, author=await site.join("cat"), other=await site.join("dot"))
    await site.run(f"UPDATE trades SET due_at = {LONG_AGO}, answer_due_at = {LONG_AGO}")
    lock = SqlTradeRepository.lock

    async def stumble(trades: SqlTradeRepository, id: TradeId) -> Trade:
        if id == deal.id:
            raise ZeroDivisionError
        return await lock(trades, id)

    monkeypatch.setattr(SqlTradeRepository, "lock", stumble)
    with pytest.raises(ExceptionGroup, match="could not be dealt with"):
        await (await site.port(ExpireTrades))()
    assert (await deal.state(), await other.state()) == (State.PROPOSED, State.EXPIRED)
    assert await work(deal) is State.PROPOSED
    (told,) = await site.ask(select(JobModel.last_error).where(JobModel.kind == "trades.expire"))
    assert told == "ExceptionGroup: Some trades could not be dealt with (1 sub-exception)"
    monkeypatch.setattr(SqlTradeRepository, "lock", lock)
    assert await work(deal) is State.EXPIRED
