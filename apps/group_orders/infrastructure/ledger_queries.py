"""Questions about the ledger: pages of entries, all of them as a file, and what they come to."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from apps.group_orders.application.show_money import EntryView, ExportLedger, ListEntries, ShowEntry
from apps.group_orders.application.show_statement import (
    AccountView,
    ShowStatement,
    StatementLine,
    StatementView,
    UnchargedView,
)
from apps.group_orders.domain.bill import SHARED, DueKind
from apps.group_orders.domain.ledger import AccountName, EntryKind, LedgerEntryId
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.infrastructure.ledger_models import LedgerAccountModel, LedgerEntryModel
from apps.group_orders.infrastructure.money_models import OrderBillModel, OrderDueModel
from apps.group_orders.infrastructure.money_queries import MoneyReads
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question

ENTRY, ACCOUNT = LedgerEntryModel, LedgerAccountModel
BILL, DUE = OrderBillModel, OrderDueModel
DEBIT, CREDIT = aliased(ACCOUNT), aliased(ACCOUNT)
REVERSAL, UNDONE = aliased(ENTRY), aliased(ENTRY)

PORTION = 500
LAST = 2**63 - 1

CHARGED = cast(func.coalesce(func.sum(DUE.amount), 0), BigInteger)
UNCHARGED = Question(
    select(
        BILL.id.label("bill_id"),
        BILL.kind,
        BILL.total,
        (BILL.total - CHARGED).label("amount"),
    )
    .outerjoin(DUE, and_(DUE.bill_id == BILL.id, DUE.reversed_at.is_(None)))
    .where(
        BILL.group_order_id == bindparam("order"),
        or_(*(BILL.kind == kind for kind in sorted({*SHARED, DueKind.ITEM}))),
    )
    .group_by(BILL.id, BILL.kind, BILL.total)
    .having(BILL.total > CHARGED)
    .order_by(BILL.id)
)
"""Of the bills that rest on allocations."""
OWED = case(
    (DEBIT.name == AccountName.RECEIVABLE, ENTRY.amount),
    (CREDIT.name == AccountName.RECEIVABLE, -ENTRY.amount),
    else_=0,
)
"""By how much an entry changes what its member owes."""
ENTRIES = (
    select(
        *(ENTRY.id, ENTRY.sequence, ENTRY.kind, ENTRY.member_id, ENTRY.amount, ENTRY.currency),
        *(ENTRY.subject_id, ENTRY.reverses_id, ENTRY.actor_id, ENTRY.note, ENTRY.at),
        DEBIT.name.label("debit"),
        CREDIT.name.label("credit"),
        REVERSAL.id.label("reversed_by_id"),
        OWED.label("owed"),
    )
    .join(DEBIT, DEBIT.id == ENTRY.debit_account_id)
    .join(CREDIT, CREDIT.id == ENTRY.credit_account_id)
    .outerjoin(REVERSAL, REVERSAL.reverses_id == ENTRY.id)
)
ONE = Question(ENTRIES.where(ENTRY.id == bindparam("id")))
OF_ORDER = ENTRIES.where(ENTRY.group_order_id == bindparam("order"))
OWN = ENTRY.member_id == bindparam("me")
LATEST = (
    OF_ORDER.where(ENTRY.sequence < bindparam("before"))
    .order_by(ENTRY.sequence.desc())
    .limit(bindparam("limit"))
)
FIRST = (
    OF_ORDER.where(ENTRY.sequence > bindparam("behind"))
    .order_by(ENTRY.sequence)
    .limit(bindparam("limit"))
)
LISTS = {True: Question(LATEST), False: Question(LATEST.where(OWN))}
PORTIONS = {True: Question(FIRST), False: Question(FIRST.where(OWN))}

SIGN = case((ENTRY.kind == EntryKind.REVERSAL, -1), else_=1)
"""A reversal takes off what its entry had put there."""


def sum_of(kind: EntryKind) -> Any:
    """Return what entries of this kind come to, less those of them that were reversed."""
    stated = func.coalesce(UNDONE.kind, ENTRY.kind)
    amount = OWED if kind is EntryKind.DUE_ISSUED else ENTRY.amount * SIGN
    total = func.sum(case((stated == kind, amount), else_=0))
    return cast(total, BigInteger).label(kind.value)


TOTALS = (
    select(
        ENTRY.member_id,
        *(sum_of(kind) for kind in EntryKind if kind is not EntryKind.REVERSAL),
        cast(func.sum(OWED), BigInteger).label("owed"),
    )
    .join(DEBIT, DEBIT.id == ENTRY.debit_account_id)
    .join(CREDIT, CREDIT.id == ENTRY.credit_account_id)
    .outerjoin(UNDONE, UNDONE.id == ENTRY.reverses_id)
    .where(ENTRY.group_order_id == bindparam("order"))
    .group_by(ENTRY.member_id)
    .order_by(ENTRY.member_id)
)
STATEMENTS = {True: Question(TOTALS), False: Question(TOTALS.where(OWN))}
ACCOUNTS = Question(
    select(ACCOUNT.name, cast(func.sum(ACCOUNT.balance), BigInteger).label("balance"))
    .where(and_(ACCOUNT.group_order_id == bindparam("order")))
    .group_by(ACCOUNT.name)
    .order_by(ACCOUNT.name)
)
SAME = (
    *("id", "sequence", "kind", "debit", "credit", "amount", "owed", "currency", "subject_id"),
    *("reverses_id", "reversed_by_id", "actor_id", "note", "at"),
)
"""What a view and its row call alike."""


class LedgerReads:
    """What questions about the ledger share."""

    def __init__(self, money: MoneyReads, orders: OrderReads) -> None:
        self._money = money
        self._orders = orders

    async def __call__(self, question: Question, /, **given: Any) -> list[Any]:
        """Ask it."""
        return await self._money(question, **given)

    async def seen(self, id: GroupOrderId, *, to: MemberId) -> tuple[Any, dict[str, Any]]:
        """Return the order and whose rows they may see; raise GroupOrderNotFound."""
        order, part = await self._orders.one(id, to=to)
        return order, {} if part.sees_all else {"me": to}

    async def views(self, rows: Sequence[Any], *, to: MemberId) -> list[EntryView]:
        """Add nicknames."""
        people = await self._money.people(rows, to=to)
        return [
            EntryView(member=people[row.member_id], **{name: getattr(row, name) for name in SAME})
            for row in rows
        ]

    async def lines(self, rows: Sequence[Any], *, to: MemberId) -> list[StatementLine]:
        """Name what the sums are of."""
        people = await self._money.people(rows, to=to)
        return [
            StatementLine(
                member=people[row.member_id],
                charged=row.due_issued,
                reported=row.payment_reported,
                confirmed=row.payment_confirmed,
                disputed=row.payment_disputed,
                refunds_promised=row.refund_promised,
                refunds_confirmed=row.refund_confirmed,
                owed=row.owed,
            )
            for row in rows
        ]


class SqlListEntries(ListEntries):
    """A range of the index of sequences, from its end."""

    def __init__(self, ledger: LedgerReads) -> None:
        self._ledger = ledger

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[EntryView]:
        """Read it."""
        _, own = await self._ledger.seen(id, to=to)
        before = int(after) if after else LAST
        given = {"order": id, "before": before, "limit": limit + 1} | own
        rows = await self._ledger(LISTS[not own], **given)
        page = Page.cut(rows, limit=limit, key=lambda row: row.sequence)
        return Page(await self._ledger.views(page.items, to=to), page.next)


class SqlShowEntry(ShowEntry):
    """One row."""

    def __init__(self, ledger: LedgerReads) -> None:
        self._ledger = ledger

    async def __call__(self, id: LedgerEntryId, *, to: MemberId) -> EntryView:
        """Read it."""
        return (await self._ledger.views(await self._ledger(ONE, id=id), to=to))[0]


class SqlExportLedger(ExportLedger):
    """One range of the index after the other."""

    def __init__(self, ledger: LedgerReads) -> None:
        self._ledger = ledger

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId
    ) -> AsyncIterator[Sequence[EntryView]]:
        """Read on behind the last entry of each portion."""
        _, own = await self._ledger.seen(id, to=to)
        behind = 0
        while True:
            given = {"order": id, "behind": behind, "limit": PORTION} | own
            rows = await self._ledger(PORTIONS[not own], **given)
            yield await self._ledger.views(rows, to=to)
            if len(rows) < PORTION:
                return
            behind = rows[-1].sequence


class SqlShowStatement(ShowStatement):
    """Sums of the entries, and the balances beside them."""

    def __init__(self, ledger: LedgerReads) -> None:
        self._ledger = ledger

    async def __call__(self, id: GroupOrderId, *, to: MemberId) -> StatementView:
        """Add them up in the database."""
        order, own = await self._ledger.seen(id, to=to)
        rows = await self._ledger(STATEMENTS[not own], **({"order": id} | own))
        accounts = [] if own else await self._ledger(ACCOUNTS, order=id)
        uncharged = [] if own else await self._ledger(UNCHARGED, order=id)
        return StatementView(
            group_order_id=id,
            currency=order.currency,
            currency_digits=order.currency.digits,
            members=await self._ledger.lines(rows, to=to),
            accounts=[AccountView(name=row.name, balance=row.balance) for row in accounts],
            total=sum(row.balance for row in accounts),
            uncharged=[
                UnchargedView(
                    bill_id=row.bill_id, kind=row.kind, total=row.total, amount=row.amount
                )
                for row in uncharged
            ],
        )
