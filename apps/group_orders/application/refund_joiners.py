"""Refunds: promised by whoever runs the order, confirmed by whoever gets them (G8, G11)."""

from dataclasses import dataclass

from apps.group_orders.application.company import Company
from apps.group_orders.application.issue_bill import JoinerUnknown, missing
from apps.group_orders.application.money import Funds, promise
from apps.group_orders.application.take_payments import CALLED_OFF
from apps.group_orders.domain.ledger import EntryKind, Ledger
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import LIVE, Part
from apps.group_orders.domain.payment import (
    ReceiverOnly,
    Refund,
    RefundId,
    RefundNotFound,
    RefundRepository,
    RefundTooLarge,
)
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class PromiseRefund:
    """Promise a joiner money back: at most what has arrived from them beyond what they owe.

    Where they owe less than was charged, reverse a due or issue an adjustment first.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    funds: Funds
    refunds: RefundRepository
    ledger: Ledger
    ids: Ids
    clock: Clock

    async def __call__(
        self, id: GroupOrderId, *, by: MemberId, member_id: MemberId, amount: int, reason: str
    ) -> RefundId:
        async with self.work:
            order, now = await self.orders.lock(id), self.clock.now()
            part = await self.company(order, by)
            order.ensure_run_by(part)
            order.ensure_in(*LIVE, *CALLED_OFF, part=part)
            fund = (await self.funds.of(order.id)).get(member_id)
            if fund is None:
                raise JoinerUnknown(errors=[missing("/member_id")])
            if amount > fund.spare:
                raise RefundTooLarge(most=fund.spare)
            refund = Refund.promise(
                RefundId(self.ids.next()),
                order=order.id,
                member=member_id,
                amount=amount,
                reason=reason,
                by=by,
                at=now,
            )
            books = await self.ledger.open(order.id, order.currency, member_id)
            promise(books, refund, by=by, ids=self.ids)
            await self.refunds.add_all([refund])
            await self.ledger.keep(books)
        return refund.id


@dataclass(frozen=True, slots=True)
class ConfirmRefund:
    """Say that a refund has reached you; where its receiver is silent, a moderator decides so."""

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    refunds: RefundRepository
    ledger: Ledger
    audit: AuditLog
    ids: Ids
    clock: Clock

    async def __call__(self, id: RefundId, *, by: MemberId) -> None:
        """A moderator who runs the order themselves decides nothing."""
        async with self.work:
            order = await self.orders.lock(await self.refunds.order_of(id))
            refund, now = await self.refunds.lock(id), self.clock.now()
            part = await self.company(order, by)
            if refund.member == by:
                refund.confirm(at=now)
            elif part is Part.STAFF:
                refund.decide(by=by, at=now)
                await self.audit.write("refund.decide", actor=by, target=id, amount=refund.amount)
            elif part.runs_it:
                raise ReceiverOnly
            else:
                raise RefundNotFound
            books = await self.ledger.open(order.id, order.currency, refund.member)
            _ = books.post(
                EntryKind.REFUND_CONFIRMED,
                member=refund.member,
                amount=refund.amount,
                subject=refund.id,
                by=by,
                at=now,
                ids=self.ids,
            )
            await self.refunds.save(refund)
            await self.ledger.keep(books)
