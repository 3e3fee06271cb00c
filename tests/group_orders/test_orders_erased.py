"""Nothing that a member has written into group orders is left of them, and the books still hold."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update
from uuid_utils.compat import uuid7

from apps.group_orders.application.erase_part import ErasePart
from apps.group_orders.infrastructure import erasure
from apps.group_orders.infrastructure.disclosure import DiscloseGroupOrders
from apps.group_orders.infrastructure.handovers import OrderHandoverModel
from apps.group_orders.infrastructure.ledger_models import LedgerEntryModel
from apps.group_orders.infrastructure.milestone_models import (
    MilestoneMoveModel,
    OrderMilestoneModel,
)
from apps.group_orders.infrastructure.models import GroupOrderModel, OrderJoinerModel
from apps.group_orders.infrastructure.money_models import (
    OrderBillModel,
    OrderPaymentModel,
    OrderRefundModel,
)
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel, OrderRoundModel
from apps.identity.contract import MemberErased, OpenOrders
from apps.shared.application.work import UnitOfWork
from tests.group_orders.handing_over import somebody
from tests.group_orders.money import a_shop_of
from tests.identity.stage import dump
from tests.support.lives import Canaries, well
from tests.support.site import Member, Site


@dataclass
class Past:
    """An order that is over, with words of its organiser and of a joiner wherever there can be."""

    site: Site
    order: str
    olga: Member
    ann: Member
    bea: Member
    hers: Canaries
    anns: Canaries

    async def erase(self, member: Member) -> None:
        erase = await self.site.port(ErasePart)  # type: ignore[type-abstract]
        at = (await self.site.clock()).now()
        async with await self.site.port(UnitOfWork):  # type: ignore[type-abstract]
            await erase(MemberErased(member=member.id, at=at))

    async def archive(self, member: Member) -> str:
        names = {self.olga.id: "olga", self.ann.id: "ann", self.bea.id: "bea", member.id: "me"}
        tell = await self.site.port(DiscloseGroupOrders)
        told = await tell(member.id, lambda other: names[other])
        return json.dumps(told, default=str)

    async def end(self, state: str = "closed") -> None:
        at = {"ended_at": GroupOrderModel.created_at} if state == "closed" else {"ended_at": None}
        await self.site.change(update(GroupOrderModel).values(state=state, **at))


async def a_past(site: Site) -> Past:
    hers, anns = Canaries(), Canaries()
    olga, ann, bea = await somebody(site), await somebody(site, 1), await somebody(site, 1)
    words = ("title", "description", "seller_name", "payment_details")
    shop = await a_shop_of(olga, ann, bea, **{name: hers(name) for name in words})
    well(await shop.bill(note=hers("bill")), 201)
    paid = {"amount": 1500, "method": anns("method"), "reference": anns("reference")}
    paid |= {"picture_url": f"https://pictures.example/{anns('picture')}"}
    well(await ann.post(f"{shop.path}/payments", paid), 201)
    at = (await site.clock()).now()
    order, id = {"group_order_id": UUID(shop.order)}, uuid7()
    parcel = {"carrier": hers("carrier"), "tracking_number": hers("parcel")}
    milestone = {"kind": "ordered", "planned_on": date(2026, 5, 24), "due_at": at, "version": 1}
    milestone |= {"note": hers("milestone"), "proof_url": hers("proof"), "created_at": at}
    move = {"was_on": date(2026, 5, 23), "planned_on": date(2026, 5, 24), "reason": "Customs"}
    refund = {"amount": 1, "state": "confirmed", "promised_at": at, "ended_at": at}
    people = {"giver_id": olga.id, "receiver_id": bea.id, "asked_by": olga.id, "asked_at": at}
    times = dict.fromkeys(("rated_at", "edited_at", "closes_at", "revealed_at"), at)
    rating: dict[str, Any] = {"score": 4, "tags": ["punctual"], "replied_at": at}
    anns_rating = {"rater_id": ann.id, "ratee_id": olga.id, "comment": anns("comment")}
    for change in (
        update(OrderRoundModel).values(title=hers("round")),
        update(OrderAllocationModel).values(parcel),
        update(OrderAllocationModel)
        .where(OrderAllocationModel.member_id == ann.id)
        .values(dispute_text=anns("dispute"), disputed_at=at, dispute_kind="wrong_item"),
        update(OrderPaymentModel).values(reason=hers("answer"), state="disputed", answered_at=at),
        insert(OrderMilestoneModel).values(
            id=id, **order, **milestone, done_at=at, done_by=olga.id
        ),
        insert(MilestoneMoveModel).values(
            id=uuid7(), milestone_id=id, **move, moved_by=olga.id, moved_at=at
        ),
        insert(OrderRefundModel).values(
            id=uuid7(),
            **order,
            **refund,
            member_id=ann.id,
            promised_by=olga.id,
            reason=hers("refund"),
        ),
        insert(OrderHandoverModel).values(id=uuid7(), **order, **people, reason=hers("handover")),
        insert(OrderRatingModel).values(
            id=uuid7(), **order, **rating, **times, **anns_rating, reply=hers("reply")
        ),
        insert(OrderRatingModel).values(
            id=uuid7(),
            **order,
            **rating,
            **times,
            rater_id=olga.id,
            ratee_id=ann.id,
            comment=None,
            reply=anns("answer to it"),
        ),
        update(GroupOrderModel).values(end_reason=hers("end")),
    ):
        await site.change(change)
    past = Past(site, shop.order, olga, ann, bea, hers, anns)
    await past.end()
    return past


@pytest.fixture
async def past(site: Site) -> Past:
    return await a_past(site)


async def test_no_word_of_who_organised_it_is_left(past: Past) -> None:
    assert past.hers.seen_in(await dump(past.site)) == past.hers.words.keys(), "all was there"
    await past.erase(past.olga)
    left = await dump(past.site)
    assert past.hers.seen_in(left) == set()
    assert past.anns.seen_in(left) == past.anns.words.keys()
    await the_books_hold(past)


async def test_no_word_of_who_joined_it_is_left(past: Past) -> None:
    await past.erase(past.ann)
    left = await dump(past.site)
    assert past.anns.seen_in(left) == set()
    assert past.hers.seen_in(left) == past.hers.words.keys()
    await the_books_hold(past)


async def the_books_hold(past: Past) -> None:
    """Who owed and paid what stands there as before, by ids alone."""
    site, of_ann = past.site, LedgerEntryModel.member_id == past.ann.id
    assert await site.ask(select(func.count()).where(of_ann)) == [3]
    for owner in (OrderJoinerModel, OrderPaymentModel, OrderRefundModel):
        rows = select(func.count()).where(owner.member_id == past.ann.id)
        assert await site.ask(rows) == [1], owner
    assert await site.ask(select(func.count(OrderBillModel.id))) == [1]
    (line,) = [
        each
        for each in (await past.bea.get(f"/group-orders/{past.order}/statement")).json()["members"]
        if each["member"]["id"] == str(past.bea.id)
    ]
    assert line["owed"] == 2000


FORGOTTEN = {
    "group_orders": {"title", "description", "seller_name", "payment_details", "end"},
    "order_rounds": {"round"},
    "order_allocations": {"carrier", "parcel", "dispute"},
    "order_milestones": {"milestone", "proof"},
    "order_bills": {"bill"},
    "order_payments": {"method", "reference", "picture", "answer"},
    "order_refunds": {"refund"},
    "order_handovers": {"handover"},
    "order_ratings": {"comment", "reply", "answer to it"},
}


async def test_each_table_that_was_forgotten_is_found(past: Past) -> None:
    """The control."""
    everything, words = erasure.erasing, Canaries(past.hers.words | past.anns.words)

    def without(member: Any) -> Iterator[Any]:
        return (each for each in everything(member) if str(each.table) not in FORGOTTEN)

    with patch.object(erasure, "erasing", without):
        for member in (past.olga, past.ann):
            await past.erase(member)
    assert words.seen_in(await dump(past.site)) == set().union(*FORGOTTEN.values())
    tables = {str(each.table) for each in everything(past.olga.id)}
    assert tables == FORGOTTEN.keys(), "each is one by which words would be left"


async def test_who_is_still_counted_on_is_erased_later(past: Past) -> None:
    await past.end("distributing")
    for member in (past.olga, past.bea):
        with pytest.raises(OpenOrders):
            await past.erase(member)
    assert past.hers.seen_in(await dump(past.site)) == past.hers.words.keys()


async def test_an_archive_has_ones_own_words_and_nobody_elses(past: Past) -> None:
    both = {"olga": past.hers, "ann": past.anns}
    for member, mine in ((past.olga, "olga"), (past.ann, "ann"), (past.bea, None)):
        archive = await past.archive(member)
        for name, words in both.items():
            assert words.seen_in(archive) == (words.words.keys() if name == mine else set()), name
        for each in (past.olga, past.ann, past.bea):
            assert str(each.id) not in archive


async def test_an_archive_has_ones_own_rows_only(past: Past) -> None:
    tell = await past.site.port(DiscloseGroupOrders)
    told = {
        member: {
            title: len(rows)
            for title, rows in (await tell(member.id, lambda _: "somebody")).items()
            if rows
        }
        for member in (past.olga, past.ann, past.bea)
    }
    joined = {"group_orders_joined": 1, "group_order_dues": 1}
    assert told[past.bea] == joined | {
        "group_order_claims": 1,
        "group_order_allocations": 1,
        "group_order_ledger": 1,
        "group_order_handovers": 1,
    }
    assert told[past.ann] == {
        "group_orders_joined": 1,
        "group_order_dues": 2,
        "group_order_ledger": 3,
        "group_order_claims": 2,
        "group_order_allocations": 2,
        "group_order_payments": 1,
        "group_order_refunds": 1,
        "group_order_ratings_given": 1,
        "group_order_ratings_received": 1,
    }
    assert told[past.olga] == {
        "group_orders": 1,
        "group_order_rules": 1,
        "group_order_rounds": 1,
        "group_order_parcels_sent": 3,
        "group_order_milestones": 1,
        "group_order_milestones_moved": 1,
        "group_order_bills": 1,
        "group_order_payments_disputed": 1,
        "group_order_refunds": 1,
        "group_order_handovers": 1,
        "group_order_ratings_given": 1,
        "group_order_ratings_received": 1,
    }
