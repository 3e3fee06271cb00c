"""What the database itself refuses about the ledger, whoever asks (G8, B26)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.ledger_models import LedgerAccountModel, LedgerEntryModel
from tests.group_orders.money import Shop, a_shop
from tests.group_orders.orders import an_order, organiser
from tests.support.site import Site

ACCOUNT, ENTRY = LedgerAccountModel, LedgerEntryModel


@pytest.fixture
async def shop(site: Site) -> Shop:
    shop = await a_shop(site)
    _ = await shop.bill()
    return shop


async def an_entry(shop: Shop, **more: Any) -> dict[str, Any]:
    """A further row that would be fine."""
    (last, *_) = await shop.site.ask(select(ENTRY).order_by(ENTRY.sequence.desc()))
    row = {column.name: getattr(last, column.name) for column in ENTRY.__table__.columns}
    return row | {"id": uuid7(), "sequence": last.sequence + 1} | more


async def account_of(shop: Shop, order: UUID, name: str) -> UUID:
    of_order = select(ACCOUNT.id).where(ACCOUNT.group_order_id == order, ACCOUNT.name == name)
    found: UUID = (await shop.site.ask(of_order))[0]
    return found


async def test_an_entry_is_neither_changed_nor_deleted(shop: Shop) -> None:
    (entry, *_) = await shop.site.ask(select(ENTRY))
    for change in (
        update(ENTRY).where(ENTRY.id == entry.id).values(amount=entry.amount + 1),
        update(ENTRY).values(note="Edited"),
        delete(ENTRY).where(ENTRY.id == entry.id),
        delete(ENTRY),
    ):
        with pytest.raises(DBAPIError, match=r"tr_ledger_entries_append_only|never changed"):
            await shop.site.change(change)
    (same, *_) = await shop.site.ask(select(ENTRY))
    assert (same.id, same.amount, same.note) == (entry.id, entry.amount, entry.note)


async def test_accounts_can_be_changed_and_the_row_would_be_fine(shop: Shop) -> None:
    """The control: it is the trigger that refuses, and what is wrong with the others below."""
    await shop.site.change(insert(ENTRY).values(await an_entry(shop)))
    receivable = update(ACCOUNT).where(ACCOUNT.name == "receivable")
    await shop.site.change(receivable.values(balance=ACCOUNT.balance + 1))


async def test_an_entry_is_over_two_accounts_of_its_order_and_in_its_currency(shop: Shop) -> None:
    cora = await organiser(shop.site, "cora")
    other = UUID(await an_order(cora, currency="KRW"))
    foreign = {"id": uuid7(), "group_order_id": other, "name": "vendor", "balance": 0}
    await shop.site.change(insert(ACCOUNT).values(**foreign, currency="KRW"))
    for wrong in (
        {"credit_account_id": foreign["id"]},
        {"debit_account_id": foreign["id"]},
        {"currency": "KRW"},
        {"group_order_id": other},
        {"group_order_id": other, "currency": "KRW"},
        {"credit_account_id": uuid7()},
    ):
        with pytest.raises(IntegrityError):
            await shop.site.change(insert(ENTRY).values(await an_entry(shop, **wrong)))


async def test_an_account_is_in_the_currency_of_its_order(shop: Shop) -> None:
    cora = await organiser(shop.site, "cora")
    other = UUID(await an_order(cora, currency="KRW"))
    row = {"id": uuid7(), "group_order_id": other, "name": "vendor", "balance": 0}
    with pytest.raises(IntegrityError):
        await shop.site.change(insert(ACCOUNT).values(**row, currency="EUR"))


async def test_an_order_has_each_account_once(shop: Shop) -> None:
    order = UUID(shop.order)
    for name, member in (("vendor", None), ("receivable", shop.ann.id)):
        row = {"id": uuid7(), "group_order_id": order, "name": name, "member_id": member}
        with pytest.raises(IntegrityError):
            await shop.site.change(insert(ACCOUNT).values(**row, balance=0, currency="EUR"))
    for name, member in (("vendor", shop.ann.id), ("receivable", None)):
        row = {"id": uuid7(), "group_order_id": order, "name": name, "member_id": member}
        with pytest.raises(IntegrityError):
            await shop.site.change(insert(ACCOUNT).values(**row, balance=0, currency="EUR"))


async def test_no_account_goes_below_its_floor(shop: Shop) -> None:
    for name, balance in (("reported_cash", -1), ("confirmed_cash", -1), ("refund_payable", 1)):
        lowered = update(ACCOUNT).where(ACCOUNT.name == name)
        with pytest.raises(IntegrityError):
            await shop.site.change(lowered.values(balance=balance))
        await shop.site.change(lowered.values(balance=-balance))


async def test_an_entry_is_reversed_once_in_sequence_and_for_an_amount(shop: Shop) -> None:
    (first, second, *_) = await shop.site.ask(select(ENTRY).order_by(ENTRY.sequence))
    reversal = {"kind": "reversal", "reverses_id": first.id}
    await shop.site.change(insert(ENTRY).values(await an_entry(shop, **reversal)))
    for wrong in (
        reversal,
        {"kind": "reversal"},
        {"reverses_id": second.id},
        {"sequence": second.sequence},
        {"amount": 0},
        {"amount": -5},
    ):
        row = await an_entry(shop) | {"kind": "due_issued", "reverses_id": None} | wrong
        with pytest.raises(IntegrityError):
            await shop.site.change(insert(ENTRY).values(row))
