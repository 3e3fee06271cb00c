"""Joiners with allocations, dues and payments, as tests make them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from apps.group_orders.infrastructure.coverage import COVERED, PAID
from apps.group_orders.infrastructure.ledger_models import LedgerAccountModel, LedgerEntryModel
from apps.group_orders.infrastructure.money_models import (
    OrderBillModel,
    OrderDueModel,
    OrderPaymentModel,
    OrderRefundModel,
)
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.rounds import allocations, an_open_round, claimed
from tests.support.site import Member, Site


async def allocated(
    by: Member, order: str, prices: dict[Member, list[int]]
) -> dict[Member, list[str]]:
    """A first-come round of so many items, claimed by members at these prices; the ids."""
    units = [(member, price) for member, each in prices.items() for price in each]
    slots = [
        {"item": f"Item {number}", "unit_price": price, "units": 1}
        for number, (_, price) in enumerate(units)
    ]
    round = await an_open_round(by, order, slots=slots)
    for number, (member, _) in enumerate(units):
        _ = await claimed(member, round, item=f"Item {number}")
    found = await allocations(by, order)
    return {
        member: [
            each["id"]
            for each in sorted(found, key=lambda each: each["id"])
            if each["member"]["id"] == str(member.id) and each["round_id"] == round
        ]
        for member in prices
    }


@dataclass
class Shop:
    """A group order with its organiser and joiners."""

    site: Site
    order: str
    olga: Member
    ann: Member
    bea: Member
    allocations: dict[Member, list[str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/group-orders/{self.order}"

    async def bill(self, kind: str = "item", *, hours: int = 96, **more: object) -> Any:
        """Issue dues; the answer."""
        due_at = (await self.site.clock()).now() + timedelta(hours=hours)
        body = {"kind": kind, "due_at": due_at.isoformat()} | more
        return await self.olga.post(f"{self.path}/dues", body)

    async def pay(self, by: Member, amount: int, *, confirmed: bool = True) -> str:
        """Report a payment, and confirm it; its id."""
        body = {"amount": amount, "method": "Bank transfer", "reference": "KC"}
        answer = await by.post(f"{self.path}/payments", body)
        assert answer.status_code == 201, answer.text
        payment = str(answer.json()["id"])
        if confirmed:
            answer = await self.olga.post(f"/payments/{payment}/confirm")
            assert answer.status_code == 200, answer.text
        return payment

    async def dues(self, by: Member) -> list[tuple[str, int, int, str]]:
        """Kind, amount, covered amount and state of each due, first issued first."""
        listed = (await by.get(f"{self.path}/dues", limit=100)).json()["items"]
        return [
            (each["kind"], each["amount"], each["covered"], each["state"])
            for each in reversed(listed)
        ]

    async def ledger(self, by: Member) -> list[Any]:
        """All entries, first one first."""
        listed = await by.get(f"{self.path}/ledger", limit=100)
        assert listed.status_code == 200, listed.text
        return list(reversed(listed.json()["items"]))

    async def refunds(self, by: Member) -> list[tuple[int, str]]:
        """Amount and state of each refund, first promised first."""
        listed = (await by.get(f"{self.path}/refunds", limit=100)).json()["items"]
        return [(each["amount"], each["state"]) for each in reversed(listed)]

    async def owed(self, by: Member) -> int:
        """What their line of the statement says."""
        statement = (await by.get(f"{self.path}/statement")).json()
        (line,) = [each for each in statement["members"] if each["member"]["id"] == str(by.id)]
        return int(line["owed"])


async def a_shop(site: Site, **more: Any) -> Shop:
    """An order in which ann has two items and bea has one."""
    olga, ann, bea = await organiser(site), await fan(site, "ann"), await fan(site, "bea")
    return await a_shop_of(olga, ann, bea, **more)


async def a_shop_of(olga: Member, ann: Member, bea: Member, **more: Any) -> Shop:
    """Likewise, of these members."""
    order = await an_order(olga, **more)
    shop = Shop(olga.site, order, olga, ann, bea)
    shop.allocations = await allocated(olga, order, {ann: [1000, 500], bea: [2000]})
    return shop


async def ensure_balanced(site: Site) -> None:
    """Every order is at zero, and every account is what its entries come to."""
    accounts = await site.ask(select(LedgerAccountModel))
    sums = {account.id: 0 for account in accounts}
    for entry in await site.ask(select(LedgerEntryModel)):
        sums[entry.debit_account_id] += entry.amount
        sums[entry.credit_account_id] -= entry.amount
    assert {account.id: account.balance for account in accounts} == sums
    assert sum(sums.values()) == 0


async def let_pass(shop: Shop, time: timedelta) -> None:
    """Move all deadlines of the order so far back, as seen from now."""
    for model, columns in (
        (OrderBillModel, ("due_at", "issued_at")),
        (OrderDueModel, ("due_at", "issued_at")),
        (OrderPaymentModel, ("reported_at", "answer_due_at")),
    ):
        of_order = model.group_order_id == UUID(shop.order)
        for row in await shop.site.ask(select(model).where(of_order)):
            moved = {name: getattr(row, name) - time for name in columns}
            await shop.site.change(update(model).where(model.id == row.id).values(**moved))


async def ensure_covered(site: Site) -> int:
    """Dues are covered as by hand: by deadline, then by id, until nothing is left; how many."""
    payments, refunds = await site.ask(select(OrderPaymentModel)), await site.ask(REFUNDS)
    async with AsyncSession(await site.engine()) as session:
        rows = (await session.execute(select(OrderDueModel, COVERED, PAID))).all()
    for known, found in (({"reported", "confirmed"}, 1), ({"confirmed"}, 2)):
        left: Counter[Any] = Counter()
        for payment in payments:
            left[of(payment)] += payment.amount if payment.state in known else 0
        for refund in refunds:
            left[of(refund)] -= refund.amount
        for due, *_ in rows:
            left[of(due)] -= min(due.amount, 0) if due.reversed_at is None else 0
        for row in sorted(rows, key=lambda row: (row[0].due_at, row[0].id)):
            due = row[0]
            if due.reversed_at is not None:
                assert row[found] == 0
            elif due.amount < 0:
                assert row[found] == due.amount
            else:
                assert row[found] == max(0, min(due.amount, left[of(due)]))
                left[of(due)] -= due.amount
    return len(rows)


REFUNDS = select(OrderRefundModel).where(OrderRefundModel.state != "withdrawn")


def of(row: Any) -> tuple[Any, Any]:
    """Whose money in which order."""
    return row.group_order_id, row.member_id
