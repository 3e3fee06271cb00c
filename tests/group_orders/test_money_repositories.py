"""What the ledger and the repositories of payments and refunds promise, in memory and in SQL."""

from typing import Any

import pytest

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import (
    AccountName,
    AlreadyReversed,
    Books,
    Entry,
    EntryKind,
    LedgerEntryId,
    LedgerEntryNotFound,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import (
    Payment,
    PaymentId,
    PaymentNotFound,
    PaymentSource,
    PaymentState,
    Refund,
    RefundId,
    RefundNotFound,
    RefundState,
)
from apps.shared.domain.ids import MemberId
from tests.group_orders.shelves import AN_ORDER, ANOTHER_ORDER, Shelves, a_live_order
from tests.support.accounts import TICK
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, CountingIds, a_uuid
from tests.support.stores import facts, kept

A_DUE, ANOTHER_DUE = a_uuid(1, of=38), a_uuid(2, of=38)
IDS = CountingIds()


def a_payment(number: int = 1, **given: Any) -> Payment:
    """One with all that a payment can have."""
    told: dict[str, Any] = {
        "order": AN_ORDER,
        "member": BEA,
        "amount": 12_000,
        "method": "카카오페이",
        "reference": "KCS-4711",
        "picture_url": "https://shots.example/1",
        "source": PaymentSource.PROVIDER,
        "state": PaymentState.DISPUTED,
        "reported_at": NOON - TICK,
        "answer_due_at": NOON + HOUR,
        "flagged_at": NOON,
        "answered_at": NOON + TICK,
        "reason": "Nothing has arrived.",
    }
    return Payment(id=PaymentId(a_uuid(number, of=36)), **(told | given))


def a_reported_payment(number: int = 1, **given: Any) -> Payment:
    """One that waits for its answer."""
    nothing = dict.fromkeys(("reference", "picture_url", "flagged_at", "answered_at", "reason"))
    return a_payment(number, **(nothing | {"state": PaymentState.REPORTED} | given))


def a_refund(number: int = 1, **given: Any) -> Refund:
    """One with all that a refund can have."""
    told: dict[str, Any] = {
        "order": AN_ORDER,
        "member": BEA,
        "amount": 900,
        "reason": "It was paid beyond what is due.",
        "state": RefundState.DECIDED,
        "promised_by": ANN,
        "promised_at": NOON,
        "ended_at": NOON + HOUR,
        "decided_by": EVE,
    }
    return Refund(id=RefundId(a_uuid(number, of=37)), **(told | given))


def a_promised_refund(number: int = 1, **given: Any) -> Refund:
    """One that waits for the joiner's word."""
    nothing = dict.fromkeys(("promised_by", "ended_at", "decided_by"))
    return a_refund(number, **(nothing | {"state": RefundState.PROMISED} | given))


@pytest.fixture
async def orders(shelves: Shelves) -> Shelves:
    """With two orders."""
    for id in (AN_ORDER, ANOTHER_ORDER):
        async with shelves.work:
            await shelves.orders.add(a_live_order(id))
    return shelves


async def test_a_payment_comes_back_and_changes(orders: Shelves) -> None:
    async with orders.work:
        await orders.payments.add(a_reported_payment())
        await orders.payments.add(a_payment(2, order=ANOTHER_ORDER))
    assert await kept(orders.payments, a_payment(2).id, by=orders.work) == facts(
        a_payment(2, order=ANOTHER_ORDER)
    )
    async with orders.work:
        assert await orders.payments.order_of(a_payment(2).id) == ANOTHER_ORDER
        assert facts(await orders.payments.lock(a_payment().id)) == facts(a_reported_payment())
        await orders.payments.save(a_payment())
    assert await kept(orders.payments, a_payment().id, by=orders.work) == facts(a_payment())


async def test_a_refund_comes_back_and_changes(orders: Shelves) -> None:
    other = a_refund(2, order=ANOTHER_ORDER)
    async with orders.work:
        await orders.refunds.add_all([a_promised_refund(), other])
    assert await kept(orders.refunds, other.id, by=orders.work) == facts(other)
    async with orders.work:
        assert await orders.refunds.order_of(other.id) == ANOTHER_ORDER
        assert facts(await orders.refunds.lock(a_refund().id)) == facts(a_promised_refund())
        await orders.refunds.save(a_refund())
    assert await kept(orders.refunds, a_refund().id, by=orders.work) == facts(a_refund())


async def test_what_is_promised_to_a_joiner_is_found_latest_first(orders: Shelves) -> None:
    first, last = a_promised_refund(1), a_promised_refund(2)
    others = [a_promised_refund(3, order=ANOTHER_ORDER), a_promised_refund(4, member=EVE)]
    async with orders.work:
        await orders.refunds.add_all([first, last, a_refund(5), *others])
    async with orders.work:
        found = await orders.refunds.promised_to(BEA, of=AN_ORDER)
        assert [facts(each) for each in found] == [facts(last), facts(first)]
        assert await orders.refunds.promised_to(EVE, of=ANOTHER_ORDER) == []


async def test_what_is_not_there_is_missed(orders: Shelves) -> None:
    for find in (orders.payments.order_of, orders.payments.lock):
        with pytest.raises(PaymentNotFound):
            async with orders.work:
                await find(a_payment().id)
    for seek in (orders.refunds.order_of, orders.refunds.lock):
        with pytest.raises(RefundNotFound):
            async with orders.work:
                await seek(a_refund().id)
    with pytest.raises(LedgerEntryNotFound):
        async with orders.work:
            await orders.ledger.entry(AN_ORDER, LedgerEntryId(a_uuid(9)))


async def opened(shelves: Shelves, *members: MemberId, order: GroupOrderId = AN_ORDER) -> Books:
    return await shelves.ledger.open(order, Currency.KRW, *members)


def charge(books: Books, member: MemberId, amount: int, about: Any = A_DUE) -> Entry:
    return books.post(
        EntryKind.DUE_ISSUED,
        member=member,
        amount=amount,
        subject=about,
        by=ANN,
        at=NOON,
        ids=IDS,
        against=AccountName.VENDOR,
        note="Item",
    )


def balances(books: Books) -> dict[tuple[str, MemberId | None], int]:
    """Of the accounts on which there is anything."""
    return {(each.name, each.member): each.balance for each in books.accounts if each.balance}


async def test_an_order_has_each_account_once_and_those_of_members_as_asked(
    orders: Shelves,
) -> None:
    async with orders.work:
        first = await opened(orders, BEA, BEA)
        again = await opened(orders, EVE, BEA)
        await opened(orders, ANN, order=ANOTHER_ORDER)
    assert (first.id, first.currency, first.last, first.posted) == (AN_ORDER, Currency.KRW, 0, [])
    assert len(first.accounts) == len(AccountName)
    assert len(again.accounts) == len(AccountName) + 2
    kept_on = {account.id for account in again.accounts}
    assert {account.id for account in first.accounts} < kept_on
    async with orders.work:
        of_all = await opened(orders)
        assert await orders.ledger.members(AN_ORDER) == [BEA, EVE]
        assert await orders.ledger.members(ANOTHER_ORDER) == [ANN]
    assert {account.member for account in of_all.accounts} == {None}
    assert {account.id for account in of_all.accounts} < kept_on


async def test_what_is_posted_is_kept_with_its_balances(orders: Shelves) -> None:
    async with orders.work:
        books = await opened(orders, BEA, EVE)
        first, second = charge(books, BEA, 900), charge(books, EVE, 400, ANOTHER_DUE)
        await orders.ledger.keep(books)
        assert books.posted == []
        third = charge(books, BEA, 50)
        await orders.ledger.keep(books)
        await orders.ledger.keep(books)
    async with orders.work:
        books = await opened(orders, BEA, EVE)
        assert [await orders.ledger.entry(AN_ORDER, each.id) for each in (first, second)] == [
            first,
            second,
        ]
        standing = orders.ledger.standing
        assert await standing(AN_ORDER, EntryKind.DUE_ISSUED, A_DUE) == [first, third]
        assert await standing(AN_ORDER, EntryKind.DUE_ISSUED) == []
        assert await standing(AN_ORDER, EntryKind.PAYMENT_REPORTED, A_DUE) == []
        assert await standing(ANOTHER_ORDER, EntryKind.DUE_ISSUED, A_DUE) == []
        with pytest.raises(LedgerEntryNotFound):
            await orders.ledger.entry(ANOTHER_ORDER, first.id)
    assert books.last == third.sequence == 3
    assert balances(books) == {
        (AccountName.RECEIVABLE, BEA): 950,
        (AccountName.RECEIVABLE, EVE): 400,
        (AccountName.VENDOR, None): -1350,
    }


async def test_what_was_reversed_stands_no_longer_and_is_reversed_once(orders: Shelves) -> None:
    async with orders.work:
        books = await opened(orders, BEA)
        first, second = charge(books, BEA, 900), charge(books, BEA, 400, ANOTHER_DUE)
        reversal = books.reverse(first, by=None, note="By mistake", at=NOON + HOUR, ids=IDS)
        await orders.ledger.keep(books)
    async with orders.work:
        assert await orders.ledger.entry(AN_ORDER, reversal.id) == reversal
        assert await orders.ledger.standing(AN_ORDER, EntryKind.DUE_ISSUED, A_DUE, ANOTHER_DUE) == [
            second
        ]
        assert balances(await opened(orders, BEA)) == {
            (AccountName.RECEIVABLE, BEA): 400,
            (AccountName.VENDOR, None): -400,
        }
    with pytest.raises(AlreadyReversed):
        async with orders.work:
            await orders.ledger.entry(AN_ORDER, first.id)
