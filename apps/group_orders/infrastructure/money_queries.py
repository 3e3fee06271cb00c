"""Questions about dues, payments and refunds: a page in one SELECT, and names in another."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, select

from apps.group_orders.application.show_money import (
    BillView,
    DueView,
    ListDues,
    ListPayments,
    ListRefunds,
    OriginalView,
    PayerView,
    PaymentView,
    RefundView,
    ShowBill,
    ShowPayment,
    ShowRefund,
)
from apps.group_orders.domain.bill import BillId, DueState
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import Part
from apps.group_orders.domain.payment import PaymentId, RefundId, payment_actions, refund_actions
from apps.group_orders.infrastructure.coverage import COVERED, PAID, STATE
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import (
    OrderBillModel,
    OrderDueModel,
    OrderPaymentModel,
    OrderRefundModel,
)
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.identity.contract import Directory
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ORDER, BILL, DUE = GroupOrderModel, OrderBillModel, OrderDueModel
PAYMENT, REFUND = OrderPaymentModel, OrderRefundModel
RUNNERS = (ORDER.organiser_id, ORDER.co_organiser_id)
DUES = (
    select(
        *(DUE.id, DUE.bill_id, DUE.kind, DUE.allocation_id, DUE.member_id, DUE.amount),
        *(DUE.late_for, DUE.due_at, DUE.issued_at, DUE.reversed_at),
        *(ORDER.currency, BILL.note),
        COVERED.label("covered"),
        PAID.label("paid"),
        STATE.label("state"),
    )
    .join(ORDER, ORDER.id == DUE.group_order_id)
    .join(BILL, BILL.id == DUE.bill_id)
)
PAYMENTS = select(*(column for column in PAYMENT.__table__.columns), ORDER.currency, *RUNNERS).join(
    ORDER, ORDER.id == PAYMENT.group_order_id
)
REFUNDS = select(*(column for column in REFUND.__table__.columns), ORDER.currency, *RUNNERS).join(
    ORDER, ORDER.id == REFUND.group_order_id
)
BILLS = Question(
    select(*(column for column in BILL.__table__.columns), ORDER.currency)
    .join(ORDER, ORDER.id == BILL.group_order_id)
    .where(BILL.id == bindparam("id"))
)


def lists(rows: Select[*tuple[Any, ...]], kind: Any) -> dict[bool, Question]:
    """Return the questions for a page of all rows of an order, and of one member's."""
    page = rows.where(kind.group_order_id == bindparam("order"), kind.id < bindparam("before"))
    page = page.order_by(kind.id.desc()).limit(bindparam("limit"))
    return {True: Question(page), False: Question(page.where(kind.member_id == bindparam("me")))}


DUE_LISTS, PAYMENT_LISTS = lists(DUES, DUE), lists(PAYMENTS, PAYMENT)
REFUND_LISTS = lists(REFUNDS, REFUND)
OF_BILL = Question(DUES.where(DUE.bill_id == bindparam("bill")).order_by(DUE.id))
ONE_PAYMENT = Question(PAYMENTS.where(PAYMENT.id == bindparam("id")))
ONE_REFUND = Question(REFUNDS.where(REFUND.id == bindparam("id")))
SAME_OF_DUES = (
    *("id", "bill_id", "kind", "allocation_id", "amount", "covered", "paid", "currency", "note"),
    *("late_for", "due_at", "issued_at", "reversed_at"),
)
SAME_OF_PAYMENTS = (
    *("id", "amount", "currency", "method", "reference", "picture_url", "source", "state"),
    *("reported_at", "answer_due_at", "flagged_at", "answered_at", "reason"),
)
SAME_OF_REFUNDS = (*("id", "amount", "currency", "reason", "state", "promised_at", "ended_at"),)
"""What views and their rows call alike."""


class MoneyReads:
    """What questions about the money of an order share."""

    def __init__(self, reads: Reads, orders: OrderReads, directory: Directory) -> None:
        self._reads = reads
        self._orders = orders
        self._directory = directory

    async def __call__(self, question: Question, /, **given: Any) -> list[Any]:
        """Ask it."""
        return await self._reads(question, **given)

    async def page(
        self,
        questions: dict[bool, Question],
        view: Callable[[Any, PayerView, Part], Any],
        id: GroupOrderId,
        *,
        to: MemberId,
        after: str | None,
        limit: int,
        **given: Any,
    ) -> Page[Any]:
        """Show a page of all rows to who may see all, and of their own to everybody else."""
        _, part = await self._orders.one(id, to=to)
        own = {} if part.sees_all else {"me": to}
        page = await self._reads.newest_first(
            questions[part.sees_all], after=after, limit=limit, order=id, **own, **given
        )
        people = await self.people(page.items, to=to)
        return Page([view(row, people[row.member_id], part) for row in page.items], page.next)

    async def one(
        self, question: Question, view: Callable[[Any, PayerView, Part], Any], **given: Any
    ) -> Any:
        """Show one row to somebody who may see it."""
        to: MemberId = given.pop("to")
        (row,) = await self._reads(question, **given)
        runs = to in (row.organiser_id, row.co_organiser_id)
        people = await self.people([row], to=to)
        return view(row, people[row.member_id], Part.ORGANISER if runs else Part.JOINER)

    async def people(self, rows: Sequence[Any], *, to: MemberId) -> dict[MemberId, PayerView]:
        """Return who these rows are about."""
        ids = {row.member_id for row in rows}
        known = await self._directory.members(ids, to=to) if ids else {}
        return {
            id: PayerView(id=id, nickname=known[id].nickname if id in known else None) for id in ids
        }


def due_view(row: Any, member: PayerView, part: Part) -> DueView:
    """Put one together."""
    del part
    same = {name: getattr(row, name) for name in SAME_OF_DUES}
    return DueView(member=member, state=DueState(row.state), **same)


def payment_view(row: Any, member: PayerView, part: Part) -> PaymentView:
    """Put one together; who runs the order answers it."""
    same = {name: getattr(row, name) for name in SAME_OF_PAYMENTS}
    can = payment_actions(row.state) if part.runs_it else []
    return PaymentView(member=member, allowed_actions=can, **same)


def refund_view(row: Any, member: PayerView, part: Part) -> RefundView:
    """Put one together; whoever does not run the order is its receiver, or a moderator."""
    same = {name: getattr(row, name) for name in SAME_OF_REFUNDS}
    can = [] if part.runs_it else refund_actions(row.state)
    return RefundView(member=member, allowed_actions=can, **same)


class SqlListDues(ListDues):
    """A page, each due with what covers it."""

    def __init__(self, money: MoneyReads, clock: Clock) -> None:
        self._money = money
        self._clock = clock

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[DueView]:
        """Read it."""
        asked: dict[str, Any] = {"to": to, "after": after, "limit": limit}
        now = self._clock.now()
        return await self._money.page(DUE_LISTS, due_view, id, now=now, **asked)


class SqlShowBill(ShowBill):
    """A row, and its dues."""

    def __init__(self, money: MoneyReads, clock: Clock) -> None:
        self._money = money
        self._clock = clock

    async def __call__(self, id: BillId, *, to: MemberId) -> BillView:
        """Read them."""
        (bill,) = await self._money(BILLS, id=id)
        dues = await self._money(OF_BILL, bill=id, now=self._clock.now())
        people = await self._money.people(dues, to=to)
        return BillView(
            id=bill.id,
            kind=bill.kind,
            total=bill.total,
            currency=bill.currency,
            split=bill.split,
            note=bill.note,
            due_at=bill.due_at,
            original=bill.rate
            and OriginalView(
                currency=bill.original_currency,
                amount=bill.original_amount,
                rate=bill.rate,
                rated_on=bill.rated_on,
            ),
            issued_at=bill.issued_at,
            dues=[due_view(row, people[row.member_id], Part.ORGANISER) for row in dues],
        )


class SqlListPayments(ListPayments):
    """A page."""

    def __init__(self, money: MoneyReads) -> None:
        self._money = money

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[PaymentView]:
        """Read it."""
        asked: dict[str, Any] = {"to": to, "after": after, "limit": limit}
        return await self._money.page(PAYMENT_LISTS, payment_view, id, **asked)


class SqlShowPayment(ShowPayment):
    """One row."""

    def __init__(self, money: MoneyReads) -> None:
        self._money = money

    async def __call__(self, id: PaymentId, *, to: MemberId) -> PaymentView:
        """Read it."""
        view: PaymentView = await self._money.one(ONE_PAYMENT, payment_view, id=id, to=to)
        return view


class SqlListRefunds(ListRefunds):
    """A page."""

    def __init__(self, money: MoneyReads) -> None:
        self._money = money

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[RefundView]:
        """Read it."""
        asked: dict[str, Any] = {"to": to, "after": after, "limit": limit}
        return await self._money.page(REFUND_LISTS, refund_view, id, **asked)


class SqlShowRefund(ShowRefund):
    """One row."""

    def __init__(self, money: MoneyReads) -> None:
        self._money = money

    async def __call__(self, id: RefundId, *, to: MemberId) -> RefundView:
        """Read it."""
        view: RefundView = await self._money.one(ONE_REFUND, refund_view, id=id, to=to)
        return view
