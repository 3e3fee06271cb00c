"""Putting errors right: an entry is reversed, never edited (G8)."""

from dataclasses import dataclass

from apps.group_orders.application.company import Company
from apps.group_orders.application.money import Funds
from apps.group_orders.application.take_payments import CALLED_OFF
from apps.group_orders.domain.bill import BillRepository, DueId
from apps.group_orders.domain.ledger import Entry, EntryKind, Ledger, LedgerEntryId, NotReversible
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import LIVE
from apps.group_orders.domain.payment import (
    AlreadyRefunded,
    PaymentId,
    PaymentRepository,
    RefundId,
    RefundRepository,
)
from apps.group_orders.domain.terms import refuse_contacts
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class ReverseEntry:
    """Take back what you have stated in the ledger: another entry moves the amount back.

    A due does not stand any more; a payment that was confirmed or disputed waits anew; a refund
    is not promised any more. What a joiner has reported is disputed instead; what they have
    confirmed, and a refund that follows from the rules, stands, and so does each refund of an order
    that was called off.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    ledger: Ledger
    bills: BillRepository
    payments: PaymentRepository
    refunds: RefundRepository
    funds: Funds
    ids: Ids
    clock: Clock

    async def __call__(
        self, id: GroupOrderId, *, by: MemberId, reverses: LedgerEntryId, reason: str
    ) -> LedgerEntryId:
        async with self.work:
            order = await self.orders.lock(id)
            part = await self.company(order, by)
            order.ensure_run_by(part)
            order.ensure_in(*LIVE, *CALLED_OFF, part=part)
            refuse_contacts({"reason": reason})
            entry = await self.ledger.entry(order.id, reverses)
            await self._undo(order, entry)
            books = await self.ledger.open(order.id, order.currency, entry.member)
            reversal = books.reverse(entry, by=by, note=reason, at=self.clock.now(), ids=self.ids)
            await self.ledger.keep(books)
        return reversal.id

    async def _undo(self, order: GroupOrder, entry: Entry) -> None:
        now = self.clock.now()
        match entry.kind:
            case EntryKind.DUE_ISSUED:
                await self.bills.reverse([DueId(entry.subject)], at=now)
            case EntryKind.PAYMENT_CONFIRMED | EntryKind.PAYMENT_DISPUTED:
                if entry.kind is EntryKind.PAYMENT_CONFIRMED:
                    fund = (await self.funds.of(order.id))[entry.member]
                    if fund.kept < entry.amount:
                        raise AlreadyRefunded
                payment = await self.payments.lock(PaymentId(entry.subject))
                payment.reopen(at=now)
                await self.payments.save(payment)
            case EntryKind.REFUND_PROMISED:
                refund = await self.refunds.lock(RefundId(entry.subject))
                if refund.promised_by is None or order.state in CALLED_OFF:
                    raise NotReversible
                refund.withdraw(at=now)
                await self.refunds.save(refund)
            case _:
                raise NotReversible
