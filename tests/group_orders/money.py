"""Joiners with allocations, dues and payments, as tests make them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.ledger_models import LedgerAccountModel, LedgerEntryModel
from apps.group_orders.infrastructure.models import OrderJoinerModel
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderRoundModel,
    OrderSlotModel,
)
from tests.group_orders.orders import an_order, fan, organiser
from tests.support.site import Member, Site


async def joined(order: str, *members: Member) -> None:
    """As a claim does it."""
    for member in members:
        row = {"group_order_id": UUID(order), "member_id": member.id, "rules_version": 1}
        row |= {"reference": member.id.hex[-8:], "joined_at": (await member.site.clock()).now()}
        await member.site.change(insert(OrderJoinerModel).values(row))


async def allocated(order: str, prices: dict[Member, list[int]]) -> dict[Member, list[str]]:
    """A first-come round of so many items, allocated to members at these prices; the ids."""
    site = next(iter(prices)).site
    at, round = (await site.clock()).now(), uuid7()
    number = len(await site.ask(select(OrderRoundModel.id))) + 1
    row: dict[str, Any] = {"id": round, "group_order_id": UUID(order), "number": number}
    row |= {"title": "First", "policy": "first_come", "state": "open", "closes_at": at}
    row |= {"opened_at": at, "created_at": at, "updated_at": at, "version": 1}
    rows: list[tuple[Any, dict[str, Any]]] = [(OrderRoundModel, row)]
    ids: dict[Member, list[str]] = {}
    units = [(member, price) for member, each in prices.items() for price in each]
    for number, (member, price) in enumerate(units, start=1):
        slot, claim, allocation = uuid7(), uuid7(), uuid7()
        item = f"Item {number}"
        row = {"id": slot, "round_id": round, "number": number, "item": item, "unit_price": price}
        rows.append((OrderSlotModel, row))
        row = {"id": claim, "round_id": round, "member_id": member.id, "sequence": number}
        row |= {"item": item, "quantity": 1, "granted": 1, "state": "allocated"}
        rows.append((OrderClaimModel, row | {"submitted_at": at}))
        row = {"id": allocation, "slot_id": slot, "round_id": round, "claim_id": claim}
        row |= {"group_order_id": UUID(order), "member_id": member.id, "unit_price": price}
        rows.append((OrderAllocationModel, row | {"allocated_at": at}))
        ids.setdefault(member, []).append(str(allocation))
    for model, values in rows:
        await site.change(insert(model).values(values))
    return ids


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

    async def bill(self, kind: str = "item", *, hours: int = 96, **more: Any) -> Any:
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
    order = await an_order(olga, **more)
    await joined(order, ann, bea)
    shop = Shop(site, order, olga, ann, bea)
    shop.allocations = await allocated(order, {ann: [1000, 500], bea: [2000]})
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
