"""Rounds, claims, allocations and money of group orders, put into the tables as they come to be."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.money_models import OrderPaymentModel, OrderRefundModel
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderRoundModel,
    OrderSlotModel,
)
from tests.group_orders.handing_over import join
from tests.support.site import Member, Site


async def a_round(site: Site, order: str, **more: Any) -> UUID:
    """An open one, of one poster."""
    at = (await site.clock()).now()
    moments = dict.fromkeys(("opened_at", "created_at", "updated_at"), at)
    told = {"title": "First", "policy": "priority", "state": "open", "number": 1, "version": 1}
    told |= {"closes_at": at + timedelta(days=1), "group_order_id": UUID(order)}
    id = uuid7()
    await site.change(insert(OrderRoundModel).values(id=id, **told | moments | more))
    slot = {"id": uuid7(), "round_id": id, "number": 1, "item": "poster", "unit_price": 900}
    await site.change(insert(OrderSlotModel).values(slot))
    return id


async def a_claim(member: Member, round: UUID, **more: Any) -> UUID:
    at = (await member.site.clock()).now()
    told = {"round_id": round, "member_id": member.id, "sequence": 1, "item": "poster"}
    told |= {"quantity": 1, "rank": 1, "granted": 0, "state": "submitted", "submitted_at": at}
    id = uuid7()
    await member.site.change(insert(OrderClaimModel).values(id=id, **told | more))
    return id


async def an_allocation(member: Member, order: str, *, number: int = 1, **more: Any) -> UUID:
    """Of the poster of a round of its own, which is over."""
    site, at = member.site, (await member.site.clock()).now()
    times = dict.fromkeys(("closed_at", "allocated_at"), at)
    round = await a_round(site, order, number=number, state="allocated", **times)
    claim = await a_claim(member, round, granted=1, state="allocated")
    slots = select(OrderSlotModel.id).where(OrderSlotModel.round_id == round)
    (slot,) = await site.ask(slots)
    told = {"slot_id": slot, "round_id": round, "group_order_id": UUID(order)}
    told |= {"claim_id": claim, "member_id": member.id, "unit_price": 900, "allocated_at": at}
    id = uuid7()
    await site.change(insert(OrderAllocationModel).values(id=id, **told | more))
    return id


async def served(order: str, *members: Member) -> None:
    """These have joined, and something was allocated to each."""
    await join(order, *members)
    for number, member in enumerate(members, 1):
        await an_allocation(member, order, number=number)


async def a_refund(member: Member, order: str, **more: Any) -> UUID:
    at = (await member.site.clock()).now()
    told = {"group_order_id": UUID(order), "member_id": member.id, "amount": 900}
    told |= {"reason": "It was called off.", "state": "promised", "promised_at": at}
    id = uuid7()
    await member.site.change(insert(OrderRefundModel).values(id=id, **told | more))
    return id


async def a_payment(member: Member, order: str, **more: Any) -> UUID:
    at = (await member.site.clock()).now()
    told = {"group_order_id": UUID(order), "member_id": member.id, "amount": 900}
    told |= {"method": "transfer", "source": "member", "state": "reported", "reported_at": at}
    id = uuid7()
    row = told | {"answer_due_at": at + timedelta(hours=72)} | more
    await member.site.change(insert(OrderPaymentModel).values(id=id, **row))
    return id
