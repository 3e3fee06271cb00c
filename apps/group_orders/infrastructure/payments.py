"""Payments and refunds, found and kept in SQL, and what they come to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
    union_all,
)

from apps.group_orders.application.money import Fund, Funds, OpenRefunds
from apps.group_orders.application.take_payments import CALLED_OFF
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import (
    Payment,
    PaymentId,
    PaymentNotFound,
    PaymentRepository,
    PaymentState,
    Refund,
    RefundId,
    RefundNotFound,
    RefundRepository,
    RefundState,
)
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import (
    OrderDueModel,
    OrderPaymentModel,
    OrderRefundModel,
)
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.repository import SqlRepository

ORDER, DUE = GroupOrderModel, OrderDueModel
PAYMENT, REFUND = OrderPaymentModel, OrderRefundModel
ID: Any = bindparam("order", type_=DUE.group_order_id.type)
FUNDS = union_all(
    *(
        select(
            row.member_id,
            literal(what).label("what"),
            cast(func.sum(row.amount), BigInteger).label("amount"),
        )
        .where(row.group_order_id == ID, condition)
        .group_by(row.member_id)
        for what, row, condition in (
            ("owed", DUE, DUE.reversed_at.is_(None)),
            ("confirmed", PAYMENT, PAYMENT.state == PaymentState.CONFIRMED),
            ("refunded", REFUND, REFUND.state != RefundState.WITHDRAWN),
        )
    )
)


class SqlPaymentRepository(SqlRepository[Payment, PaymentId], PaymentRepository):
    """Payments, each changed under the lock on its order."""

    row = OrderPaymentModel
    missing = PaymentNotFound

    async def order_of(self, id: PaymentId) -> GroupOrderId:
        """Read it by the key."""
        return await order_of(self._current, PAYMENT, id) or _missing(PaymentNotFound)

    async def lock(self, id: PaymentId) -> Payment:
        """Lock the row."""
        return await self._locked(id)


class SqlRefundRepository(SqlRepository[Refund, RefundId], RefundRepository):
    """Refunds, likewise."""

    row = OrderRefundModel
    missing = RefundNotFound

    async def order_of(self, id: RefundId) -> GroupOrderId:
        """Read it by the key."""
        return await order_of(self._current, REFUND, id) or _missing(RefundNotFound)

    async def lock(self, id: RefundId) -> Refund:
        """Lock the row."""
        return await self._locked(id)

    async def promised_to(self, member: MemberId, *, of: GroupOrderId) -> list[Refund]:
        """Lock the rows."""
        rows = await self._current.session.scalars(
            select(REFUND)
            .where(
                REFUND.group_order_id == of,
                REFUND.member_id == member,
                REFUND.state == RefundState.PROMISED,
            )
            .order_by(REFUND.id.desc())
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return [self._read(row) for row in rows.all()]


async def order_of(current: Current, row: Any, id: Any) -> GroupOrderId | None:
    """Return in which order this is, unlocked: the order is locked first."""
    found: GroupOrderId | None = await current.session.scalar(
        select(row.group_order_id).where(row.id == id)
    )
    return found


def _missing(refusal: type[Exception]) -> Any:
    raise refusal


class SqlFunds(Funds):
    """Three sums in one statement."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def of(self, order: GroupOrderId) -> Mapping[MemberId, Fund]:
        """Put together what the sums say of each member."""
        await self._current.transaction.flush()
        funds: dict[MemberId, Fund] = {}
        for member, what, amount in await self._current.session.execute(FUNDS, {"order": order}):
            funds[member] = replace(funds.get(member, Fund()), **{what: amount})
        return funds


class SqlOpenRefunds(OpenRefunds):
    """Counted over a partial index of what is payable."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def of_order(self, order: GroupOrderId) -> int:
        """Count those of the order."""
        return await self._count(REFUND.group_order_id == order)

    async def of_organiser(self, member: MemberId) -> int:
        """Count those of all their orders."""
        theirs = select(ORDER.id).where(ORDER.organiser_id == member)
        return await self._count(REFUND.group_order_id.in_(theirs))

    async def awaited_of(self, member: MemberId) -> bool:
        """Look through the payments of those orders."""
        return bool(await self._current.session.scalar(select(exists(awaited(member)))))

    async def _count(self, where: Any) -> int:
        payable = select(func.count()).where(where, REFUND.state == RefundState.PROMISED)
        return await self._current.session.scalar(payable) or 0


def awaited(organiser: MemberId) -> Select[Any]:
    """Ask for their orders that were called off, and have payments that wait for an answer."""
    return (
        select(ORDER.id)
        .join(PAYMENT, PAYMENT.group_order_id == ORDER.id)
        .where(
            ORDER.organiser_id == organiser,
            ORDER.state.in_(CALLED_OFF),
            PAYMENT.state == PaymentState.REPORTED,
        )
    )
