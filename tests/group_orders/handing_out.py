"""Group orders whose things are on their way to their joiners, as tests bring them there."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from apps.collection.infrastructure.models import CopyModel
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.progress import locked, reached
from tests.group_orders.rounds import allocations, an_open_round, claimed, step
from tests.support.authenticators import employ
from tests.support.levels import confirm_address
from tests.support.site import Member, Site

PRICE = 1_500
STEPS = ("ordered", "arrived", "domestic_shipped", "delivered")


@dataclass
class Parcel:
    """What ann and bea get from an order of olga's: a card each, and an item for ann."""

    site: Site
    order: str
    olga: Member
    ann: Member
    bea: Member

    @property
    def path(self) -> str:
        return f"/group-orders/{self.order}"

    async def of(self, member: Member, *, live: bool = True) -> list[dict[str, Any]]:
        """The allocations of a joiner, cards first."""
        found = await allocations(member, self.order, live=live)
        return sorted(found, key=lambda each: each["card_id"] is None)

    async def card_of(self, member: Member) -> str:
        """The id of the allocation of their card."""
        return str((await self.of(member))[0]["id"])

    async def reach(self, *kinds: str) -> None:
        for kind in kinds:
            told = {"shipments": await self.shipments()} if kind == "domestic_shipped" else {}
            _ = await reached(self.olga, self.order, kind, **told)

    async def shipments(self) -> list[dict[str, str | None]]:
        return [
            {"member_id": str(self.ann.id), "carrier": "Post", "tracking_number": "RR1"},
            {"member_id": str(self.bea.id), "carrier": "7-ELEVEN", "tracking_number": None},
        ]

    async def copy_of(self, allocation: dict[str, Any]) -> tuple[str, UUID]:
        """The state of the copy that was expected, and whose it is."""
        (copy,) = await self.site.ask(
            select(CopyModel).where(CopyModel.id == UUID(allocation["copy_id"]))
        )
        return str(copy.state), copy.owner_id

    async def pay(self, by: Member, amount: int, *, confirmed: bool = True) -> str:
        body = {"amount": amount, "method": "Bank transfer", "reference": "KC"}
        payment = str((await by.post(f"{self.path}/payments", body)).json()["id"])
        if confirmed:
            answer = await self.olga.post(f"/payments/{payment}/confirm")
            assert answer.status_code == 200, answer.text
        return payment

    async def bill(self) -> None:
        """Let everybody owe the price of what is theirs."""
        due_at = (await self.site.clock()).now() + timedelta(days=4)
        body = {"kind": "item", "due_at": due_at.isoformat()}
        answer = await self.olga.post(f"{self.path}/dues", body)
        assert answer.status_code == 201, answer.text

    async def refunds(self, by: Member) -> list[dict[str, Any]]:
        return list((await by.get(f"{self.path}/refunds")).json()["items"])


async def a_parcel(site: Site, *kinds: str, mark: str = "", **more: Any) -> Parcel:
    """An order with all of it allocated, locked, and brought as far as these milestones."""
    olga = await organiser(site, f"olga{mark}")
    ann, bea = await fan(site, f"ann{mark}"), await fan(site, f"bea{mark}")
    order = await an_order(olga, **more)
    (card,) = await site.some_cards(1)
    slots = [
        {"card_id": str(card), "unit_price": PRICE, "units": 2},
        {"item": "Poster", "unit_price": 500, "units": 1},
    ]
    round = await an_open_round(olga, order, slots=slots)
    for member in (ann, bea):
        _ = await claimed(member, round)
    _ = await claimed(ann, round, item="Poster")
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    parcel = Parcel(site, order, olga, ann, bea)
    if kinds:
        await locked(olga, order)
        await parcel.reach(*kinds)
    return parcel


async def a_moderator(site: Site, nickname: str = "max") -> Member:
    staff = await fan(site, nickname)
    await employ(staff, "moderator")
    await confirm_address(staff)
    return staff
