"""Putting errors right: an entry is reversed, never edited (G8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.group_orders.application.company import Company
from apps.group_orders.application.money import Funds, GiveBack
from apps.group_orders.application.take_payments import BEYOND, CALLED_OFF
from apps.group_orders.domain.bill import BillRepository, DueId
from apps.group_orders.domain.ledger import Entry, EntryKind, Ledger, LedgerEntryId, NotReversible
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import LIVE
from apps.group_orders.domain.payment import (
    AlreadyRefunded,
    PaymentId,
    PaymentRepository,
    Refund,
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
    that was called off. Those that rest on a payment which has not arrived after all go with its
    confirmation, unless their joiner has confirmed them.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    ledger: Ledger
    bills: BillRepository
    payments: PaymentRepository
    refunds: RefundRepository
    funds: Funds
    give_back: GiveBack
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
            now = self.clock.now()
            lost = await self._undo(order, entry)
            books = await self.ledger.open(order.id, order.currency, entry.member)
            promised = [refund.id for refund in lost]
            for each in await self._promises(order, promised):
                _ = books.reverse(each, by=None, note=reason, at=now, ids=self.ids)
            reversal = books.reverse(entry, by=by, note=reason, at=now, ids=self.ids)
            if lost:  # what they rest on beside this payment stays promised
                await self.give_back(books, [entry.member], reason=BEYOND, by=None, at=now)
            await self.ledger.keep(books)
        return reversal.id

    async def _undo(self, order: GroupOrder, entry: Entry) -> Sequence[Refund]:
        """Return the refunds that are withdrawn with it."""
        now, lost = self.clock.now(), list[Refund]()
        match entry.kind:
            case EntryKind.DUE_ISSUED:
                await self.bills.reverse([DueId(entry.subject)], at=now)
            case EntryKind.PAYMENT_CONFIRMED | EntryKind.PAYMENT_DISPUTED:
                if entry.kind is EntryKind.PAYMENT_CONFIRMED:
                    lost = await self._withdraw(order, entry)
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
        return lost

    async def _withdraw(self, order: GroupOrder, confirmed: Entry) -> list[Refund]:
        """Withdraw the latest refunds, as many as there is no other money for."""
        kept, lost = (await self.funds.of(order.id))[confirmed.member].kept, list[Refund]()
        if kept >= confirmed.amount:
            return lost
        for refund in await self.refunds.promised_to(confirmed.member, of=order.id):
            if refund.promised_by is None or order.state in CALLED_OFF:
                refund.withdraw(at=self.clock.now())
                await self.refunds.save(refund)
                lost.append(refund)
                kept += refund.amount
                if kept >= confirmed.amount:
                    return lost
        raise AlreadyRefunded

    async def _promises(self, order: GroupOrder, refunds: Sequence[RefundId]) -> Sequence[Entry]:
        if not refunds:
            return ()
        return await self.ledger.standing(order.id, EntryKind.REFUND_PROMISED, *refunds)
