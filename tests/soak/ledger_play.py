"""Whatever can be done with the money of group orders, at random and by many at once (B25)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from apps.group_orders.application.claim_slots import SubmitClaim
from apps.group_orders.application.correct_ledger import ReverseEntry
from apps.group_orders.application.hand_on import (
    AcceptTransfer,
    ReleaseAllocation,
    TransferAllocation,
)
from apps.group_orders.application.issue_bill import BillTerms, IssueBill
from apps.group_orders.application.refund_joiners import ConfirmRefund, PromiseRefund
from apps.group_orders.application.take_payments import (
    ConfirmPayment,
    DisputePayment,
    Payments,
    ReportPayment,
)
from apps.group_orders.domain.allocation import ReleaseReason
from apps.group_orders.domain.bill import DueKind, Split
from apps.group_orders.domain.ledger import LedgerEntryId
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import PaymentSource
from apps.group_orders.domain.round_events import AllocationId, OrderRoundId
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import Clock, MemberId
from tests.group_orders.orders import an_order, organiser
from tests.group_orders.rounds import an_open_round
from tests.soak.ledger_checks import FLOORS, GAPS, LINES, SAMPLE, STRAY, TWICE
from tests.soak.ledger_table import MOVES, Table
from tests.support.site import Member, Site, elsewhere

ITEMS = [f"Item {number}" for number in range(8)]
SHARED = [DueKind.EMS, DueKind.DOMESTIC, DueKind.CUSTOMS, DueKind.FEE]


@dataclass
class LedgerPlay:
    """Writers who do something random in some orders, and a reader who looks on."""

    site: Site
    random: Random
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    pause: float = 0.05
    samples: int = 0
    wrong: list[str] = field(default_factory=list)
    fans: list[Member] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    rates: list[int] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """How many operations there were, done or refused by a rule."""
        return self.done.total() + self.refused.total()

    async def run(self, operations: int, *, orders: int, writers: int, each: int) -> None:
        """Play with so many orders at once until each has seen so many operations, then anew."""
        self.fans = [await organiser(self.site, f"fan{n}", level=1) for n in range(4)]
        while self.tried < operations:
            self.tables = [await self._table() for _ in range(orders)]
            begun, before = monotonic(), self.tried
            until = min(operations, before + each * orders)
            over = asyncio.Event()
            reader = elsewhere(self._watch(over))
            await asyncio.gather(*(elsewhere(self._write(until)) for _ in range(writers)))
            over.set()
            await reader
            self.rates.append(round((until - before) / (monotonic() - begun)))
        for question in (STRAY, GAPS, TWICE, FLOORS, LINES):
            if found := (await self.ask(question))[0][0]:
                self.wrong.append(f"{found} of {question}")

    async def _table(self) -> Table:
        olga = await organiser(self.site, f"olga{uuid7().hex[-12:]}", level=3)
        order = await an_order(olga)
        slots = [{"item": item, "unit_price": 7, "units": 1} for item in ITEMS]
        round = await an_open_round(olga, order, slots=slots)
        table = Table(GroupOrderId(UUID(order)), OrderRoundId(UUID(round)), olga.id)
        for number, item in enumerate(ITEMS):
            await self._claim(table, self.fans[number % len(self.fans)].id, item)
        return table

    async def _write(self, until: int) -> None:
        names, weights = zip(*MOVES.items(), strict=True)
        while self.tried < until:
            move = self.random.choices(names, weights)[0]
            table = self.random.choice(self.tables)
            try:
                await getattr(self, f"_{move}")(table, self.random.choice(self.fans).id)
                self.done[move] += 1
            except DomainError as refusal:
                self.refused[type(refusal).__name__] += 1
            except IntegrityError:
                self.refused["by the database itself"] += 1
            except LookupError:
                await asyncio.sleep(0)

    async def _watch(self, over: asyncio.Event) -> None:
        while True:
            last = over.is_set()
            await self._sample()
            if last:
                return
            await asyncio.sleep(self.pause)

    async def _sample(self) -> None:
        totals: Counter[Any] = Counter()
        these = " OR ".join([await self._in(table) for table in self.tables])
        for order, name, balance, moved in await self.ask(SAMPLE.format(these=f"({these})")):
            totals[order] += balance
            if balance != moved:
                self.wrong.append(f"{name} has {balance}, its entries come to {moved}")
        self.wrong += [f"an order comes to {total}" for total in totals.values() if total]
        self.samples += 1

    async def ask(self, question: str) -> list[Any]:
        async with (await self.site.engine()).connect() as connection:
            return list((await connection.execute(text(question))).all())

    async def _in(self, table: Table) -> str:
        """Say that a row is of this order, as the database writes ids."""
        sqlite = await self.site.dialect() == "sqlite"
        return f"group_order_id = '{table.order.hex if sqlite else table.order}'"

    async def _claim(self, table: Table, member: MemberId, item: str | None = None) -> None:
        _ = await (await self.site.port(SubmitClaim))(
            table.round,
            by=member,
            card_id=None,
            item=item or self.random.choice(ITEMS),
            quantity=1,
            rank=None,
            rules_version=1,
        )

    async def _bill(self, table: Table, member: MemberId) -> None:
        kind = self.random.choice([DueKind.ITEM, DueKind.ADJUSTMENT, *SHARED])
        shared, adjusted = kind in SHARED, kind is DueKind.ADJUSTMENT
        total = self.random.randint(1, 99) if shared else self.random.choice([-20, -3, 8, 15])
        terms = BillTerms(
            kind=kind,
            total=total if shared or adjusted else None,
            split=self.random.choice([Split.UNIT, Split.VALUE]) if shared else None,
            allocation_ids=None,
            weights=None,
            member_id=member if adjusted else None,
            late_for=None,
            due_at=(await self.site.clock()).now() + timedelta(days=3),
            note=None,
            original=None,
        )
        _ = await (await self.site.port(IssueBill))(table.order, terms, by=table.olga)

    async def _report(self, table: Table, member: MemberId) -> None:
        payment = await (await self.site.port(ReportPayment))(
            table.order,
            by=member,
            amount=self.random.randint(1, 60),
            method="Bank transfer",
            reference=None,
            picture_url=None,
        )
        table.payments.append(payment)

    async def _report_for(self, table: Table, member: MemberId) -> None:
        await self._locked(
            table,
            lambda payments, order, at: payments.report(
                order,
                member,
                amount=self.random.randint(1, 60),
                method="Card",
                reference=None,
                source=PaymentSource.PROVIDER,
                at=at,
            ),
        )

    async def _withdraw(self, table: Table, member: MemberId) -> None:
        del member
        payment = self._some(table.payments)
        await self._locked(
            table,
            lambda payments, order, at: payments.withdraw(
                order, payment, reason="It went back.", at=at
            ),
        )

    async def _locked(
        self, table: Table, step: Callable[[Payments, Any, Any], Awaitable[Any]]
    ) -> None:
        payments = await self.site.port(Payments)  # type: ignore[type-abstract]
        orders = await self.site.port(GroupOrderRepository)  # type: ignore[type-abstract]
        at = (await self.site.port(Clock)).now()  # type: ignore[type-abstract]
        async with await self.site.port(UnitOfWork):  # type: ignore[type-abstract]
            found = await step(payments, await orders.lock(table.order), at)
        if not isinstance(found, bool):
            table.payments.append(found)

    async def _confirm(self, table: Table, member: MemberId) -> None:
        del member
        await (await self.site.port(ConfirmPayment))(self._some(table.payments), by=table.olga)

    async def _dispute(self, table: Table, member: MemberId) -> None:
        del member
        payment = self._some(table.payments)
        await (await self.site.port(DisputePayment))(payment, by=table.olga, reason="No.")

    async def _promise(self, table: Table, member: MemberId) -> None:
        refund = await (await self.site.port(PromiseRefund))(
            table.order,
            by=table.olga,
            member_id=member,
            amount=self.random.randint(1, 15),
            reason="Too much.",
        )
        table.refunds.append((refund, member))

    async def _refund(self, table: Table, member: MemberId) -> None:
        del member
        refund, receiver = self._some(table.refunds)
        await (await self.site.port(ConfirmRefund))(refund, by=receiver)

    async def _reverse(self, table: Table, member: MemberId) -> None:
        del member
        id = table.order.hex if await self.site.dialect() == "sqlite" else str(table.order)
        last = f"SELECT id FROM ledger_entries WHERE group_order_id = '{id}'"
        entries = await self.ask(f"{last} ORDER BY sequence DESC LIMIT 20")
        if not entries:
            raise LookupError
        entry = LedgerEntryId(UUID(str(self.random.choice(entries)[0])))
        reverse = await self.site.port(ReverseEntry)
        _ = await reverse(table.order, by=table.olga, reverses=entry, reason="A mistake.")

    async def _offer(self, table: Table, member: MemberId) -> None:
        allocation, holder = await self._allocation(table)
        transfer = await self.site.port(TransferAllocation)
        await transfer(allocation, by=holder, to=member)
        table.offers.append((allocation, member))

    async def _accept(self, table: Table, member: MemberId) -> None:
        del member
        allocation, receiver = self._some(table.offers)
        _ = await (await self.site.port(AcceptTransfer))(allocation, by=receiver, rules_version=1)

    async def _release(self, table: Table, member: MemberId) -> None:
        del member
        allocation, _ = await self._allocation(table)
        release = await self.site.port(ReleaseAllocation)
        await release(allocation, by=table.olga, reason=ReleaseReason.RELEASED)

    async def _allocation(self, table: Table) -> tuple[AllocationId, MemberId]:
        live = f"{await self._in(table)} AND ended_at IS NULL"
        found = await self.ask(f"SELECT id, member_id FROM order_allocations WHERE {live}")
        allocation, member = self._some(found)
        return AllocationId(UUID(str(allocation))), MemberId(UUID(str(member)))

    def _some(self, made: list[Any]) -> Any:
        """Return one of the latest; raise LookupError where there is none."""
        return self.random.choice(made[-12:])
