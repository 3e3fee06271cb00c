"""Payments: joiners report them, whoever runs the order confirms or disputes them (G8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.application.money import GiveBack
from apps.group_orders.domain.ledger import AccountName, EntryKind, Ledger
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import ENDED, LIVE, OrderState, Part
from apps.group_orders.domain.payment import (
    JoinersOnly,
    Payment,
    PaymentId,
    PaymentNotFound,
    PaymentRepository,
    PaymentSource,
    PaymentState,
    PaymentTooLarge,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId

CALLED_OFF = (OrderState.CANCELLED, OrderState.FAILED)
BEYOND = "It was paid beyond what is due."


class Payments(Protocol):
    """Payments in an order that the caller has locked, in the caller's unit of work."""

    async def report(
        self,
        order: GroupOrder,
        member: MemberId,
        *,
        amount: int,
        method: str,
        reference: str | None,
        picture_url: str | None = None,
        source: PaymentSource,
        at: datetime,
    ) -> PaymentId:
        """Let a payment of a joiner wait for confirmation.

        Raises InvalidTransition, or PaymentTooLarge where a closed order is owed less.
        """
        ...

    async def fits(
        self, order: GroupOrder, member: MemberId, amount: int, *, instead: PaymentId | None
    ) -> bool:
        """Tell whether such a report would be taken, in place of another one if there is one."""
        ...

    async def withdraw(
        self, order: GroupOrder, id: PaymentId, *, reason: str, at: datetime
    ) -> bool:
        """Take back what was reported and not yet answered; False where it was answered."""
        ...


@dataclass(frozen=True, slots=True)
class TakePayments:
    """Every report is an entry; one that is taken back is reversed."""

    payments: PaymentRepository
    ledger: Ledger
    ids: Ids

    async def report(
        self,
        order: GroupOrder,
        member: MemberId,
        *,
        amount: int,
        method: str,
        reference: str | None,
        picture_url: str | None = None,
        source: PaymentSource,
        at: datetime,
    ) -> PaymentId:
        """Also where the order has ended.

        What was under way to one that was called off arrives all the same, and a closed one is
        still owed what was not paid.
        """
        order.ensure_in(*LIVE, *ENDED, part=Part.JOINER)
        payment = Payment.report(
            PaymentId(self.ids.next()),
            order=order.id,
            member=member,
            amount=amount,
            method=method,
            reference=reference,
            picture_url=picture_url,
            source=source,
            at=at,
        )
        books = await self.ledger.open(order.id, order.currency, member)
        if order.state is OrderState.CLOSED:
            owed = books.account(AccountName.RECEIVABLE, member).balance
            if owed <= 0:
                raise order.refusal(Part.JOINER)
            if amount > owed:
                raise PaymentTooLarge(most=owed)
        _ = books.post(
            EntryKind.PAYMENT_REPORTED,
            member=member,
            amount=amount,
            subject=payment.id,
            by=member if source is PaymentSource.MEMBER else None,
            at=at,
            ids=self.ids,
        )
        await self.payments.add(payment)
        await self.ledger.keep(books)
        return payment.id

    async def fits(
        self, order: GroupOrder, member: MemberId, amount: int, *, instead: PaymentId | None
    ) -> bool:
        """Only of a closed order it matters what is owed."""
        if order.state is not OrderState.CLOSED:
            return True
        books = await self.ledger.open(order.id, order.currency, member)
        owed = books.account(AccountName.RECEIVABLE, member).balance
        if instead is not None:
            other = await self.payments.lock(instead)
            if (other.order, other.member, other.state) == (
                *(order.id, member, PaymentState.REPORTED),
            ):
                owed += other.amount
        return amount <= owed

    async def withdraw(
        self, order: GroupOrder, id: PaymentId, *, reason: str, at: datetime
    ) -> bool:
        """Reverse the entry of the report."""
        payment = await self.payments.lock(id)
        if payment.state is not PaymentState.REPORTED:
            return False
        payment.withdraw(reason=reason, at=at)
        books = await self.ledger.open(order.id, order.currency, payment.member)
        for entry in await self.ledger.standing(order.id, EntryKind.PAYMENT_REPORTED, id):
            _ = books.reverse(entry, by=None, note=reason, at=at, ids=self.ids)
        await self.payments.save(payment)
        await self.ledger.keep(books)
        return True


@dataclass(frozen=True, slots=True)
class ReportPayment:
    """Say that you have paid, how, and under which reference; whoever runs the order answers.

    Who does not answer within 72 hours is flagged. Nothing is confirmed by itself.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    joiners: Joiners
    payments: Payments
    clock: Clock

    async def __call__(
        self,
        id: GroupOrderId,
        *,
        by: MemberId,
        amount: int,
        method: str,
        reference: str | None,
        picture_url: str | None,
    ) -> PaymentId:
        async with self.work:
            order = await self.orders.lock(id)
            _ = await self.company(order, by)
            if not await self.joiners.has(order.id, by):
                raise JoinersOnly
            return await self.payments.report(
                order,
                by,
                amount=amount,
                method=method,
                reference=reference,
                picture_url=picture_url,
                source=PaymentSource.MEMBER,
                at=self.clock.now(),
            )


@dataclass(frozen=True, slots=True)
class PaymentDesk:
    """A payment with its order, locked in turn, for who runs the order."""

    orders: GroupOrderRepository
    company: Company
    payments: PaymentRepository

    async def __call__(self, id: PaymentId, *, by: MemberId) -> tuple[GroupOrder, Payment]:
        """Raise PaymentNotFound where it is not theirs to see, or OrganisersOnly."""
        order = await self.orders.lock(await self.payments.order_of(id))
        payment = await self.payments.lock(id)
        part = await self.company(order, by)
        if not part.sees_all and payment.member != by:
            raise PaymentNotFound
        order.ensure_run_by(part)
        return order, payment


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """Say that a payment has arrived."""

    work: UnitOfWork
    desk: PaymentDesk
    payments: PaymentRepository
    ledger: Ledger
    give_back: GiveBack
    ids: Ids
    clock: Clock

    async def __call__(self, id: PaymentId, *, by: MemberId) -> None:
        """What arrives for an order that was called off is promised back at once."""
        async with self.work:
            order, payment = await self.desk(id, by=by)
            now = self.clock.now()
            payment.confirm(at=now)
            books = await self.ledger.open(order.id, order.currency, payment.member)
            _ = books.post(
                EntryKind.PAYMENT_CONFIRMED,
                member=payment.member,
                amount=payment.amount,
                subject=payment.id,
                by=by,
                at=now,
                ids=self.ids,
            )
            await self.payments.save(payment)
            if order.state in CALLED_OFF:
                await self.give_back(books, [payment.member], reason=BEYOND, by=None, at=now)
            await self.ledger.keep(books)


@dataclass(frozen=True, slots=True)
class DisputePayment:
    """Say that a payment has not arrived, and why you think so: the joiner owes it again."""

    work: UnitOfWork
    desk: PaymentDesk
    payments: PaymentRepository
    ledger: Ledger
    ids: Ids
    clock: Clock

    async def __call__(self, id: PaymentId, *, by: MemberId, reason: str) -> None:
        async with self.work:
            order, payment = await self.desk(id, by=by)
            now = self.clock.now()
            payment.dispute(reason=reason, at=now)
            books = await self.ledger.open(order.id, order.currency, payment.member)
            _ = books.post(
                EntryKind.PAYMENT_DISPUTED,
                member=payment.member,
                amount=payment.amount,
                subject=payment.id,
                by=by,
                at=now,
                ids=self.ids,
            )
            await self.payments.save(payment)
            await self.ledger.keep(books)
