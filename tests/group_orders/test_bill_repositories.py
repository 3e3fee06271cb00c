"""What the repository of bills promises, in memory and in SQL."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from apps.group_orders.domain.bill import (
    Bill,
    BillId,
    Due,
    DueId,
    DueKind,
    NotLate,
    Original,
    Split,
)
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.round_events import AllocationId
from tests.group_orders.rows import an_allocation
from tests.group_orders.shelves import AN_ORDER, ANOTHER_ORDER, Shelves, a_live_order
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, a_uuid
from tests.support.site import Member, Site
from tests.support.stores import Store

A_BILL, ANOTHER_BILL = (BillId(a_uuid(number, of=39)) for number in (1, 2))


def a_due(number: int, **given: Any) -> Due:
    told: dict[str, Any] = {
        "bill": A_BILL,
        "order": AN_ORDER,
        "allocation": None,
        "member": BEA,
        "kind": DueKind.ITEM,
        "amount": 900,
        "due_at": NOON + HOUR,
        "issued_at": NOON,
        "late_for": None,
    }
    return Due(id=DueId(a_uuid(number, of=40)), **(told | given))


def a_bill(*dues: Due, **given: Any) -> Bill:
    told: dict[str, Any] = {
        "id": A_BILL,
        "order": AN_ORDER,
        "kind": DueKind.ITEM,
        "total": 900,
        "split": Split.NONE,
        "note": "5월",
        "due_at": NOON + HOUR,
        "original": Original(
            currency=Currency.EUR, amount=60, rate=Decimal(15), rated_on=date(2026, 5, 24)
        ),
        "issued_by": ANN,
        "issued_at": NOON,
    }
    return Bill(dues=dues, **(told | given))


@pytest.fixture
async def orders(shelves: Shelves) -> Shelves:
    """With two orders."""
    for id in (AN_ORDER, ANOTHER_ORDER):
        async with shelves.work:
            await shelves.orders.add(a_live_order(id))
    return shelves


@pytest.fixture
async def held(store: Store, orders: Shelves) -> tuple[AllocationId, AllocationId]:
    """Two allocations, of which no repository knows, but the tables of databases do."""
    del orders  # on which they hang
    if not isinstance(store, Site):
        return AllocationId(uuid7()), AllocationId(uuid7())
    bea = Member(store, BEA, "bea", "")
    one, other = [await an_allocation(bea, str(AN_ORDER), number=number) for number in (1, 2)]
    return AllocationId(one), AllocationId(other)


async def test_the_dues_that_stand_are_found_in_their_order(
    orders: Shelves, held: tuple[AllocationId, AllocationId]
) -> None:
    one, other = held
    last, first = a_due(3, allocation=one), a_due(1, allocation=other)
    elsewhere = a_due(4, order=ANOTHER_ORDER, bill=ANOTHER_BILL, member=EVE)
    further = a_due(2, allocation=one, kind=DueKind.EMS, member=EVE)
    async with orders.work:
        assert await orders.bills.standing(AN_ORDER) == []
        await orders.bills.add(a_bill(last, first))
        await orders.bills.add(
            a_bill(elsewhere, id=ANOTHER_BILL, order=ANOTHER_ORDER, note=None, original=None)
        )
        await orders.bills.add_dues([further])
        await orders.bills.add_dues([])
    async with orders.work:
        assert await orders.bills.standing(AN_ORDER) == [first, further, last]
        assert await orders.bills.standing(AN_ORDER, of=one) == [further, last]
        assert await orders.bills.standing(ANOTHER_ORDER, of=one) == []
        assert await orders.bills.standing(ANOTHER_ORDER) == [elsewhere]


async def test_what_was_reversed_stands_no_longer_and_may_be_charged_again(
    orders: Shelves, held: tuple[AllocationId, AllocationId]
) -> None:
    one, other = held
    dues = [
        a_due(1, allocation=one),
        a_due(2, allocation=other),
        a_due(3, allocation=other, kind=DueKind.EMS),
        a_due(4),
    ]
    async with orders.work:
        await orders.bills.add(a_bill(*dues))
        assert {*await orders.bills.paid_for(AN_ORDER)} == {one, other}
        assert not await orders.bills.paid_for(ANOTHER_ORDER)
    async with orders.work:
        await orders.bills.reverse([dues[1].id, dues[3].id], at=NOON)
        await orders.bills.reverse([], at=NOON)
        assert {*await orders.bills.paid_for(AN_ORDER)} == {one}
        assert await orders.bills.standing(AN_ORDER) == [dues[0], dues[2]]


async def test_a_due_costs_one_late_fee(orders: Shelves) -> None:
    late = a_due(1)
    fees = [a_due(number, kind=DueKind.LATE_FEE, late_for=late.id) for number in (2, 3)]
    async with orders.work:
        await orders.bills.add(a_bill(late, fees[0]))
    with pytest.raises(NotLate):
        async with orders.work:
            await orders.bills.add_dues([fees[1]])
    async with orders.work:
        assert await orders.bills.standing(AN_ORDER) == [late, fees[0]]
