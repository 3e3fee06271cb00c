"""A group order that breaks nothing, and rows beside it that do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, insert, literal, select, update
from uuid_utils.compat import uuid7

from apps.collection.infrastructure.models import CopyModel
from apps.group_orders.infrastructure.handovers import OrderHandoverModel
from apps.group_orders.infrastructure.ledger_models import LedgerAccountModel, LedgerEntryModel
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderRefundModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from tests.group_orders.money import Shop
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.rounds import allocations, an_open_round, claimed
from tests.support.site import Site

ORDER, ALLOCATION, REFUND = GroupOrderModel, OrderAllocationModel, OrderRefundModel


async def an_order_under_way(site: Site) -> str:
    """A card of it is allocated and paid for, more than it costs; what is too much goes back."""
    olga, fay = await organiser(site), await fan(site, "fay")
    order = await an_order(olga)
    _ = await claimed(fay, await an_open_round(olga, order))
    shop = Shop(site, order, olga, fay, fay)
    shop.allocations = {fay: [each["id"] for each in await allocations(olga, order)]}
    bill = await shop.bill()
    assert bill.status_code == 201, bill.text
    _ = await shop.pay(fay, 1_700)
    body = {"member_id": str(fay.id), "amount": 200, "reason": "You have paid too much."}
    answer = await olga.post(f"{shop.path}/refunds", body)
    assert answer.status_code == 201, answer.text
    return order


def copied(model: Any, **differs: Any) -> Executable:
    """Write a row once more, but for what differs."""
    columns = model.__table__.c
    told = [
        literal(differs[each.name], each.type) if each.name in differs else each for each in columns
    ]
    row = select(*told).order_by(columns.id).limit(1)
    return insert(model).from_select([each.name for each in columns], row)


def change(model: Any, **values: Any) -> Executable:
    return update(model).values(**values)


def entry(**differs: Any) -> Sequence[Executable]:
    return [copied(LedgerEntryModel, id=uuid7(), sequence=100, reverses_id=None, **differs)]


def between_itself() -> Executable:
    """An entry from an account to the same one."""
    entries = LedgerEntryModel.__table__.c
    told: Mapping[str, Any] = {
        "id": literal(uuid7(), entries.id.type),
        "sequence": literal(100, entries.sequence.type),
        "credit_account_id": entries.debit_account_id,
    }
    row = select(*(told.get(each.name, each) for each in entries)).limit(1)
    return insert(LedgerEntryModel).from_select([each.name for each in entries], row)


def a_handover(stage: Any) -> Executable:
    """To somebody who does not run the order."""
    moments = dict.fromkeys(("asked_at", "accepted_at", "approved_at", "ended_at"), stage.at)
    people = {"giver_id": stage.ann.id, "receiver_id": stage.bea.id, "asked_by": stage.bea.id}
    told = {"id": uuid7(), "group_order_id": UUID(stage.order), "approved_by": stage.stranger.id}
    return insert(OrderHandoverModel).values(**told, **people, **moments, outcome="done")


ENDED = {"ended_at": ALLOCATION.allocated_at, "end_reason": "released"}
OVER = {"ended_at": ORDER.updated_at}

PLANTED_ORDERS: Mapping[str, Callable[[Any], Sequence[Executable | str]]] = {
    "every slot of a group order is allocated once at most": lambda _: [
        "DROP INDEX uq_order_allocations_live",
        copied(ALLOCATION, id=uuid7(), copy_id=None),
    ],
    "a claim was granted what is allocated to it": lambda _: [change(ALLOCATION, **ENDED)],
    "what is allocated and still to come is expected by its holder": lambda stage: [
        change(CopyModel, owner_id=stage.stranger.id)
    ],
    "what is expected is allocated": lambda _: [change(ALLOCATION, **ENDED)],
    "nothing is still to come of a group order that is over": lambda _: [
        change(ORDER, state="failed", **OVER)
    ],
    "the accounts of a group order sum to zero": lambda _: [
        update(LedgerAccountModel).where(LedgerAccountModel.name == "vendor").values(balance=7)
    ],
    "an account is at what its entries come to": lambda _: entry(),
    "an entry is between two accounts of its group order": lambda _: [between_itself()],
    "a ledger counts its entries from one, without a gap": lambda _: entry(),
    "what is payable to a joiner is what was promised": lambda _: [
        change(REFUND, state="confirmed", ended_at=REFUND.promised_at)
    ],
    "a group order that was closed owes no refund": lambda _: [
        change(ORDER, state="closed", **OVER)
    ],
    "a group order is run by whom it was handed over to last": lambda stage: [a_handover(stage)],
}
