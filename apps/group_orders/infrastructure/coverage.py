"""How far dues are covered: a member's payments cover their dues by deadline, then by id (G7)."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from apps.group_orders.domain.bill import DueState
from apps.group_orders.domain.payment import PaymentState, RefundState
from apps.group_orders.infrastructure.money_models import (
    OrderDueModel,
    OrderPaymentModel,
    OrderRefundModel,
)
from apps.shared.infrastructure.database import Instant

DUE, PAYMENT, REFUND = OrderDueModel, OrderPaymentModel, OrderRefundModel
OTHER = aliased(DUE)
NOW: Any = bindparam("now", type_=Instant())


def total(row: Any, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return what those of the same member in the same order come to."""
    theirs = and_(row.group_order_id == DUE.group_order_id, row.member_id == DUE.member_id, *where)
    amount = cast(func.coalesce(func.sum(row.amount), 0), BigInteger)
    return select(amount).where(theirs).correlate(DUE).scalar_subquery()


BEFORE = total(
    OTHER,
    OTHER.reversed_at.is_(None),
    OTHER.amount > 0,
    or_(OTHER.due_at < DUE.due_at, and_(OTHER.due_at == DUE.due_at, OTHER.id < DUE.id)),
)
"""What is to be covered before this one."""


def covered(*states: PaymentState) -> ColumnElement[int]:
    """Return how much of a due payments in these states cover; credits count as paid."""
    funds = (
        total(PAYMENT, or_(*(PAYMENT.state == state for state in states)))
        - total(REFUND, REFUND.state != RefundState.WITHDRAWN)
        - total(OTHER, OTHER.reversed_at.is_(None), OTHER.amount < 0)
        - BEFORE
    )
    return case(
        (DUE.reversed_at.is_not(None), 0),
        (or_(DUE.amount < 0, funds >= DUE.amount), DUE.amount),
        (funds > 0, funds),
        else_=0,
    )


COVERED = covered(PaymentState.REPORTED, PaymentState.CONFIRMED)
"""By what was reported too: that the organiser has not answered yet is not the joiner's fault."""
PAID = covered(PaymentState.CONFIRMED)
UNPAID = and_(DUE.reversed_at.is_(None), DUE.amount > 0, DUE.amount > COVERED)
STATE: ColumnElement[str] = case(
    (DUE.reversed_at.is_not(None), DueState.REVERSED.value),
    (DUE.amount == PAID, DueState.PAID.value),
    (DUE.amount == COVERED, DueState.REPORTED.value),
    (DUE.due_at <= NOW, DueState.OVERDUE.value),
    else_=DueState.OPEN.value,
)
