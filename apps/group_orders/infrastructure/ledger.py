"""The ledger in SQL: what is posted is inserted, and moves balances in the same transaction."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, insert, select, update
from sqlalchemy.orm import aliased

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import (
    OF_A_MEMBER,
    AccountName,
    AlreadyReversed,
    Books,
    Entry,
    EntryKind,
    Ledger,
    LedgerAccountId,
    LedgerEntryId,
    LedgerEntryNotFound,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.infrastructure.ledger_models import LedgerAccountModel, LedgerEntryModel
from apps.shared.domain.ids import Ids, MemberId
from apps.shared.infrastructure.current import Current

ACCOUNT, ENTRY = LedgerAccountModel, LedgerEntryModel
REVERSAL = aliased(ENTRY)
ACCOUNTS: Any = ACCOUNT.__table__
MOVE = (
    update(ACCOUNTS)
    .where(ACCOUNTS.c.id == bindparam("account"))
    .values(balance=ACCOUNTS.c.balance + bindparam("moved"))
)
"""The balance is added to where it stands, so that no other change of it could be overwritten."""


class SqlLedger(Ledger):
    """As many statements for one entry as for a hundred, under the lock on the order's row."""

    def __init__(self, current: Current, ids: Ids) -> None:
        self._current = current
        self._ids = ids

    async def open(self, order: GroupOrderId, currency: Currency, *members: MemberId) -> Books:
        """Read the accounts, having made those that are missing, and where the sequence ends."""
        wanted: list[tuple[AccountName, MemberId | None]] = [
            (name, member)
            for name in AccountName
            for member in (sorted(set(members)) if name in OF_A_MEMBER else [None])
        ]
        rows = await self._read(order, members)
        known = {(row.name, row.member_id) for row in rows}
        if missing := [place for place in wanted if place not in known]:
            await self._current.session.execute(
                insert(ACCOUNT),
                [
                    {
                        "id": LedgerAccountId(self._ids.next()),
                        "group_order_id": order,
                        "name": name,
                        "member_id": member,
                        "currency": currency,
                        "balance": 0,
                    }
                    for name, member in missing
                ],
            )
            rows = await self._read(order, members)
        last = select(func.max(ENTRY.sequence)).where(ENTRY.group_order_id == order)
        return Books(
            id=order,
            currency=currency,
            accounts=[row.account() for row in rows],
            last=await self._current.session.scalar(last) or 0,
        )

    async def members(self, order: GroupOrderId) -> list[MemberId]:
        """Read a range of the index of the order."""
        theirs = select(ACCOUNT.member_id).where(
            ACCOUNT.group_order_id == order, ACCOUNT.name == AccountName.RECEIVABLE
        )
        found = await self._current.session.scalars(theirs.order_by(ACCOUNT.member_id))
        return [member for member in found if member is not None]

    async def keep(self, books: Books) -> None:
        """Insert the entries, and move each account that they touch once."""
        if not books.posted:
            return
        session, moved = self._current.session, defaultdict[LedgerAccountId, int](int)
        for entry in books.posted:
            moved[entry.debit] += entry.amount
            moved[entry.credit] -= entry.amount
        await session.execute(insert(ENTRY), [row_of(books, entry) for entry in books.posted])
        changes = [{"account": id, "moved": moved[id]} for id in sorted(moved) if moved[id]]
        if changes:
            await (await session.connection()).execute(MOVE, changes)
        self._current.transaction.changed[id(books)] = books
        books.posted.clear()

    async def entry(self, order: GroupOrderId, id: LedgerEntryId) -> Entry:
        """Read it by its key, and look whether another reverses it."""
        session = self._current.session
        row = await session.scalar(
            select(ENTRY).where(ENTRY.id == id, ENTRY.group_order_id == order)
        )
        if row is None:
            raise LedgerEntryNotFound
        if await session.scalar(select(exists().where(ENTRY.reverses_id == id))):
            raise AlreadyReversed
        return row.entry()

    async def standing(self, order: GroupOrderId, kind: EntryKind, *subjects: UUID) -> list[Entry]:
        """Read them by their subjects."""
        reversed_ = exists().where(REVERSAL.reverses_id == ENTRY.id)
        found = await self._current.session.scalars(
            select(ENTRY)
            .where(
                ENTRY.group_order_id == order,
                ENTRY.kind == kind,
                ENTRY.subject_id.in_(subjects),
                ~reversed_,
            )
            .order_by(ENTRY.sequence)
        )
        return [row.entry() for row in found]

    async def _read(
        self, order: GroupOrderId, members: tuple[MemberId, ...]
    ) -> list[LedgerAccountModel]:
        found = await self._current.session.scalars(
            select(ACCOUNT)
            .where(
                ACCOUNT.group_order_id == order,
                ACCOUNT.member_id.is_(None) | ACCOUNT.member_id.in_(members),
            )
            .execution_options(populate_existing=True)
        )
        return list(found)


def row_of(books: Books, entry: Entry) -> dict[str, Any]:
    """Return an entry as a row."""
    return {
        "id": entry.id,
        "group_order_id": books.id,
        "sequence": entry.sequence,
        "kind": entry.kind,
        "debit_account_id": entry.debit,
        "credit_account_id": entry.credit,
        "amount": entry.amount,
        "currency": books.currency,
        "member_id": entry.member,
        "subject_id": entry.subject,
        "actor_id": entry.actor,
        "reverses_id": entry.reverses,
        "note": entry.note,
        "at": entry.at,
    }
