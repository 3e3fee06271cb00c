"""Every order is at zero at every instant, whatever many do with its money at once (B25)."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import BigInteger, bindparam, insert, update

from apps.group_orders.domain.ledger import Books
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.infrastructure import ledger
from apps.group_orders.infrastructure.ledger import ACCOUNTS, ENTRY, SqlLedger, row_of
from apps.group_orders.infrastructure.orders import SqlGroupOrderRepository
from tests.group_orders.money import ensure_covered
from tests.soak.ledger_play import LedgerPlay
from tests.support.budget import Budget
from tests.support.site import Site

ROOM: dict[str, Any] = {"group_orders_open_max": 1_000_000}


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(url, keys, **ROOM) as site:
        yield site


async def test_random_operations_keep_every_order_at_zero(site: Site, budget: Budget) -> None:
    play = LedgerPlay(site, budget.random(), pause=budget.of(0.05, 0.3))
    operations = budget.of(400, 100_000)
    await play.run(operations, orders=3, writers=6, each=budget.of(200, 700))
    assert play.wrong == []
    assert play.tried >= operations
    assert play.done.total() > operations / 2
    assert min(play.done[move] for move in ("bill", "confirm", "refund", "reverse")) > 0
    assert "by the database itself" not in play.refused
    if not budget.is_long:
        assert await ensure_covered(site) > operations / 20
    entries = (await play.ask("SELECT COUNT(*) FROM ledger_entries"))[0][0]
    budget.tell(
        f"{play.tried:,} operations, {play.refused.total():,} of them refused by rules,"
        f" {entries:,} entries, {play.samples:,} samples, all at zero;"
        f" {min(play.rates)} to {max(play.rates)} a second"
    )


async def test_where_one_side_only_is_posted_it_is_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: of two changes of balances the second is left out."""
    lost = ledger.MOVE.where(bindparam("moved", type_=BigInteger()) > 0)
    monkeypatch.setattr(ledger, "MOVE", lost)
    play = LedgerPlay(site, Random(1))
    await play.run(30, orders=1, writers=1, each=30)
    assert any("an order comes to" in wrong for wrong in play.wrong)


async def test_balances_that_are_read_and_then_written_are_lost(
    postgresql: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the lock on the order, two at once write what they have read."""

    async def unlocked(self: SqlGroupOrderRepository, id: GroupOrderId) -> Any:
        return await self.get(id)

    async def written(self: SqlLedger, books: Books) -> None:
        session = self._current.session
        rows = [
            row_of(books, entry) | {"sequence": numbers.getrandbits(60)} for entry in books.posted
        ]
        await session.execute(insert(ENTRY), rows)
        touched = {id for entry in books.posted for id in (entry.debit, entry.credit)}
        for account in books.accounts:
            if account.id in touched:
                this = update(ACCOUNTS).where(ACCOUNTS.c.id == account.id)
                await session.execute(this.values(balance=account.balance))
        books.posted.clear()

    numbers = Random(1)
    monkeypatch.setattr(SqlGroupOrderRepository, "lock", unlocked)
    monkeypatch.setattr(SqlLedger, "keep", written)
    async with Site(postgresql, keys, **ROOM) as site:
        play = LedgerPlay(site, Random(1))
        await play.run(120, orders=1, writers=8, each=120)
    assert any("its entries come to" in wrong for wrong in play.wrong)
