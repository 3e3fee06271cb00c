"""Who sees which group order, and as what: commands, the view and the list tell it alike."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from apps.group_orders.application.company import Company
from apps.group_orders.domain.order import GroupOrderNotFound, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.identity.infrastructure.models import BlockModel
from apps.shared.application.work import UnitOfWork
from tests.group_orders.handing_over import a_moderator, join
from tests.group_orders.orders import a_draft, fan, organiser
from tests.support.site import Member, Site

SEEN_AS = {
    ("draft", "not blocked"): "organiser co_organiser staff staff - -",
    ("draft", "blocked"): "organiser co_organiser staff staff - -",
    ("open", "not blocked"): "organiser co_organiser staff staff joiner stranger",
    ("open", "blocked"): "organiser co_organiser staff staff joiner -",
    ("cancelled", "not blocked"): "organiser co_organiser staff staff joiner stranger",
    ("cancelled", "blocked"): "organiser co_organiser staff staff joiner -",
}
"""As what an order is seen by its organiser, its co-organiser, a moderator, another moderator who
has joined it, a joiner and a stranger; a dash where it is hidden from them."""


@pytest.mark.parametrize("blocked", ["not blocked", "blocked", "blocked the organiser"])
async def test_who_sees_an_order_and_as_what(site: Site, blocked: str) -> None:
    olga, cora = await organiser(site), await organiser(site, "cora")
    mia, max_ = await a_moderator(site), await a_moderator(site, "max")
    ann, bea = await fan(site, "ann"), await fan(site, "bea")
    orders = {state: await an_order_that_is(state, olga, cora) for state in STATES}
    for order in orders.values():
        await join(order, max_, ann)
    cast = (olga, cora, mia, max_, ann, bea)
    await block(olga, cast[1:], blocked)
    for place, member in enumerate(cast):
        items = (await member.get("/group-orders")).json()["items"]
        listed = {item["id"]: item for item in items}
        for state, order in orders.items():
            part = SEEN_AS[state, blocked.removesuffix(" the organiser")].split()[place]
            case = f"{member.nickname}, {state}, {blocked}"
            assert await as_told_to_commands(order, member) == part, case
            shown = await member.get(f"/group-orders/{order}")
            if part == "-":
                assert (shown.status_code, order in listed) == (404, False), case
                continue
            view = shown.json()
            assert listed.get(order) == view, case
            assert view["my_part"] == part, case
            assert view["payment_details"] == (None if part == "stranger" else "IBAN"), case


STATES: dict[str, Sequence[str]] = {
    "draft": (),
    "open": ("opened_at",),
    "cancelled": ("opened_at", "ended_at"),
}


async def an_order_that_is(state: str, olga: Member, cora: Member) -> str:
    order = await a_draft(olga, co_organiser_id=str(cora.id), payment_details="IBAN")
    row: dict[str, Any] = dict.fromkeys(STATES[state], (await olga.site.clock()).now())
    mine = update(GroupOrderModel).where(GroupOrderModel.id == UUID(order))
    await olga.site.change(mine.values(state=state, **row))
    return order


async def block(olga: Member, others: Sequence[Member], blocked: str) -> None:
    """Let her have blocked each of them, or each of them her, or nobody anybody."""
    at = (await olga.site.clock()).now()
    for other in others if blocked != "not blocked" else ():
        by, whom = (olga, other) if blocked == "blocked" else (other, olga)
        row = {"id": uuid7(), "blocker_id": by.id, "blocked_id": whom.id, "created_at": at}
        await olga.site.change(insert(BlockModel).values(row))


async def as_told_to_commands(order: str, member: Member) -> str:
    company = await member.site.port(Company)
    orders = await member.site.port(GroupOrderRepository)  # type: ignore[type-abstract]
    async with await member.site.port(UnitOfWork):  # type: ignore[type-abstract]
        try:
            return await company(await orders.get(GroupOrderId(UUID(order))), member.id)
        except GroupOrderNotFound:
            return "-"
