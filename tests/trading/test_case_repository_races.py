"""What the repository of dispute cases promises to two who meet."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.moves import State
from apps.trading.domain.verdicts import CaseState
from tests.support.site import Site
from tests.support.stores import LOCKED, UNLOCKED, Waiting, in_turn
from tests.support.weakening import an_unguarded_site
from tests.trading.shelves import Shelves, swap, trade_id
from tests.trading.test_case_repositories import a_case


async def by_id(shelves: Shelves) -> DisputeCase:
    return await shelves.cases.lock(a_case().id)


async def by_trade(shelves: Shelves) -> DisputeCase:
    return await shelves.cases.lock_latest(trade_id(1))


LOCKS = (by_id, by_trade)
Lock = Callable[[Shelves], Awaitable[DisputeCase]]


async def withdraw(site: Site, lock: Lock, *, patience: float) -> Waiting:
    """Lock a case and withdraw it, while somebody else asks for the same lock."""
    shelves = await Shelves.of(site)
    await shelves.agree(swap(state=State.DISPUTED))
    async with shelves.work:
        await shelves.cases.add(a_case())

    async def save(case: DisputeCase) -> None:
        case.withdraw()
        await shelves.cases.save(case)

    return await in_turn(shelves.work, lambda: lock(shelves), save, patience=patience)


@pytest.mark.parametrize("lock", LOCKS)
async def test_who_locks_a_case_waits_and_sees_what_became_of_it(site: Site, lock: Lock) -> None:
    waiting = await withdraw(site, lock, patience=LOCKED)
    assert (waiting.waited, waiting.found["state"]) == (True, CaseState.WITHDRAWN)


@pytest.mark.parametrize("lock", LOCKS)
async def test_without_locks_nobody_waits(postgresql: str, keys: Path, lock: Lock) -> None:
    """The control."""
    async with an_unguarded_site(postgresql, keys) as site:
        waiting = await withdraw(site, lock, patience=UNLOCKED)
    assert (waiting.waited, waiting.found["state"]) == (False, CaseState.OPEN)
