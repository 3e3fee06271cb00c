"""What the repository of trades promises to two who meet; memory has one task at a time."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from apps.trading.domain.trade import Trade
from tests.support.builders import ANN, BEA, HOUR, NOON
from tests.support.site import Site
from tests.support.stores import LOCKED, UNLOCKED, Waiting, facts, in_turn
from tests.support.weakening import an_unguarded_site
from tests.trading.shelves import A1, A2, B1, B2, Shelves, swap, trade_id


async def one(shelves: Shelves) -> Trade:
    return await shelves.trades.lock(trade_id(1))


async def a_rival(shelves: Shelves) -> Trade:
    _, (rival,) = await shelves.trades.lock_with_rivals(trade_id(2), over=[A1])
    return rival


async def over_a_copy(shelves: Shelves) -> Trade:
    (trade,) = await shelves.trades.lock_open(over=[A1])
    return trade


async def of_a_pair(shelves: Shelves) -> Trade:
    trade, _ = await shelves.trades.lock_live_between({ANN, BEA})
    return trade


LOCKS = (one, a_rival, over_a_copy, of_a_pair)
Lock = Callable[[Shelves], Awaitable[Trade]]


def counter(trade: Trade) -> None:
    trade.counter(by=BEA, revision=1, give=[B1, B2], take=[A1], at=NOON + HOUR)


async def revise(site: Site, lock: Lock, *, patience: float) -> Waiting:
    """Lock a trade in one of the ways and change it, while somebody else asks for the same."""
    shelves = await Shelves.of(site)
    await shelves.agree(swap(1), swap(2, give=[A2], take=[B2]))

    async def save(trade: Trade) -> None:
        counter(trade)
        await shelves.trades.save(trade)

    return await in_turn(shelves.work, lambda: lock(shelves), save, patience=patience)


@pytest.mark.parametrize("lock", LOCKS)
async def test_who_locks_a_trade_waits_and_sees_what_became_of_it(site: Site, lock: Lock) -> None:
    """That saving unseen changes is refused is shown in test_trade_rows."""
    waiting = await revise(site, lock, patience=LOCKED)
    countered = swap(1)
    counter(countered)
    assert waiting.waited
    assert waiting.found == facts(countered)


@pytest.mark.parametrize("lock", LOCKS)
async def test_without_locks_nobody_waits_for_a_trade(
    postgresql: str, keys: Path, lock: Lock
) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        waiting = await revise(site, lock, patience=UNLOCKED)
    assert not waiting.waited
    assert waiting.found == facts(swap(1))
