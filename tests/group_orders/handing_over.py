"""Orders that are handed over, and who has a say in it, as tests make them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from apps.group_orders.application.prepare_order import reference_of
from apps.group_orders.infrastructure.models import OrderJoinerModel
from tests.group_orders.orders import an_order, fan, organiser
from tests.support.authenticators import employ
from tests.support.site import Member, Site


async def join(order: str, *members: Member) -> None:
    """As a claim does it."""
    for member in members:
        row = {"group_order_id": UUID(order), "member_id": member.id, "rules_version": 1}
        row |= {"reference": reference_of(uuid7()), "joined_at": (await member.site.clock()).now()}
        await member.site.change(insert(OrderJoinerModel).values(row))


async def a_moderator(site: Site, nickname: str = "mia") -> Member:
    member = await fan(site, nickname)
    await employ(member, "moderator")
    return member


async def somebody(site: Site, level: int = 2) -> Member:
    return await organiser(site, f"fan{uuid7().hex[-20:]}", level=level)


@dataclass
class Scene:
    """An order with two who run it, some who have joined it, and a moderator."""

    order: str
    olga: Member
    cora: Member
    joiners: list[Member]
    mia: Member

    @property
    def path(self) -> str:
        return f"/group-orders/{self.order}/handover"

    async def step(self, by: Member, **body: Any) -> Response:
        return await by.post(self.path, body)

    async def steps(self, *by: Member) -> dict[str, Any]:
        """What the last of them is told; each is let."""
        for member in by:
            answer = await self.step(member)
            assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def run_by(self) -> tuple[str, str | None]:
        """Who organises it, and who helps."""
        shown = (await self.cora.get(f"/group-orders/{self.order}")).json()
        helper = shown["co_organiser"]
        return shown["organiser"]["id"], helper and helper["id"]


async def a_scene(site: Site, *, joiners: int = 3) -> Scene:
    olga, cora = await somebody(site), await somebody(site)
    order = await an_order(olga, co_organiser_id=str(cora.id))
    joined = [await somebody(site, level=1) for _ in range(joiners)]
    await join(order, *joined)
    return Scene(order, olga, cora, joined, await a_moderator(site, f"mod{uuid7().hex[-20:]}"))
