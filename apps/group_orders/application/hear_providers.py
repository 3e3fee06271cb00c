"""What payment providers tell: it reports payments and takes reports back, and confirms nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.application.take_payments import Payments
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import PaymentId, PaymentSource
from apps.group_orders.domain.provider_payment import (
    SUCCEEDED,
    Counted,
    Payer,
    PaymentWord,
    ProviderEvent,
    ProviderPayment,
    TransactionId,
    TransactionOutcome,
    normalised,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Unauthenticated
from apps.shared.domain.ids import Clock, Ids, MemberId

CORRECTED = "The provider has corrected it."
TAKEN_BACK = "The provider has taken it back."


class EventForged(Unauthenticated):
    """This event is not signed by a provider that is known here, or not just now."""


class Signatures(Protocol):
    """Who tells the truth about payments."""

    def ensure(
        self,
        provider: str,
        *,
        event_id: str,
        timestamp: str,
        signature: str,
        body: bytes,
        at: datetime,
    ) -> None:
        """Hold that the provider has signed these very bytes just now; raise EventForged."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """An event, and what it has brought about."""

    id: TransactionId
    event: ProviderEvent
    order: GroupOrderId | None
    member: MemberId | None
    payment: PaymentId | None
    outcome: TransactionOutcome
    received_at: datetime


class Transactions(Protocol):
    """All that providers have told; used inside a unit of work."""

    async def lock(self, provider: str, payment: str) -> ProviderPayment:
        """Return what is known of a payment, and let nobody else hear of it meanwhile."""
        ...

    async def has(self, provider: str, event: str) -> bool:
        """Tell whether this event was heard before."""
        ...

    async def payer(self, reference: str) -> Payer | None:
        """Return whose reference this is."""
        ...

    async def add(self, transaction: Transaction) -> None:
        """Keep it for ever; the same event twice is refused (ChangedMeanwhile)."""
        ...

    async def save(self, payment: ProviderPayment) -> None:
        """Keep what is now known of a locked payment."""
        ...


@dataclass(frozen=True, slots=True)
class HearProvider:
    """Hear an event of a payment provider; each counts once, in whatever order they come.

    `payment.succeeded` reports a payment of the joiner whose reference it names, for the organiser
    to confirm; `payment.reversed` takes the report back where nobody has answered it yet. An
    event of another type, or one that fits no joiner, is kept and changes nothing else. It is
    signed as Standard Webhooks say: `webhook-signature` is over `webhook-id`,
    `webhook-timestamp` (within 5 minutes) and the body as it is sent.
    """

    work: UnitOfWork
    transactions: Transactions
    orders: GroupOrderRepository
    payments: Payments
    ids: Ids
    clock: Clock

    async def __call__(self, event: ProviderEvent) -> None:
        async with self.work:
            word = event.word
            if word is None:
                await self._ignore(event)
                return
            known = await self.transactions.lock(event.provider, word.payment)
            if await self.transactions.has(event.provider, event.id):
                return
            payer = await self.transactions.payer(normalised(word.reference or ""))
            hear = self._succeeded if event.kind == SUCCEEDED else self._reversed
            outcome = await hear(event, word, known, payer)
            await self.transactions.save(known)
            await self._keep(event, payer, known.counted, outcome)

    async def _ignore(self, event: ProviderEvent) -> None:
        if not await self.transactions.has(event.provider, event.id):
            await self._keep(event, None, None, TransactionOutcome.IGNORED)

    async def _succeeded(
        self,
        event: ProviderEvent,
        word: PaymentWord,
        known: ProviderPayment,
        payer: Payer | None,
    ) -> TransactionOutcome:
        if payer is None:
            return TransactionOutcome.UNMATCHED
        if in_the_way := known.hindrance(event, word, currency=payer.currency):
            return in_the_way
        counted = known.counted
        orders = await self._lock({payer.order, *([counted.order] if counted else ())})
        fits = await self.payments.fits(
            orders[payer.order],
            payer.member,
            word.amount,
            instead=counted.payment if counted else None,
        )
        if not fits or (
            counted and not await self._withdraw(orders[counted.order], counted, CORRECTED)
        ):
            return TransactionOutcome.TOO_LATE
        payment = await self.payments.report(
            orders[payer.order],
            payer.member,
            amount=word.amount,
            method=event.provider,
            reference=word.payment,
            source=PaymentSource.PROVIDER,
            at=self.clock.now(),
        )
        known.counted = Counted(word.occurred_at, event.id, payer.order, payer.member, payment)
        return TransactionOutcome.REPORTED

    async def _reversed(
        self,
        event: ProviderEvent,
        word: PaymentWord,
        known: ProviderPayment,
        payer: Payer | None,
    ) -> TransactionOutcome:
        del event, word
        counted, before = known.counted, known.reversed_at
        known.reversed_at = before or self.clock.now()
        if counted is None:
            return TransactionOutcome.NOTED if payer else TransactionOutcome.UNMATCHED
        if before is not None:
            return TransactionOutcome.NOTED
        orders = await self._lock({counted.order})
        if await self._withdraw(orders[counted.order], counted, TAKEN_BACK):
            return TransactionOutcome.WITHDRAWN
        return TransactionOutcome.TOO_LATE

    async def _withdraw(self, order: GroupOrder, counted: Counted, reason: str) -> bool:
        return await self.payments.withdraw(
            order, counted.payment, reason=reason, at=self.clock.now()
        )

    async def _lock(self, orders: Collection[GroupOrderId]) -> Mapping[GroupOrderId, GroupOrder]:
        return {id: await self.orders.lock(id) for id in sorted(orders)}

    async def _keep(
        self,
        event: ProviderEvent,
        payer: Payer | None,
        counted: Counted | None,
        outcome: TransactionOutcome,
    ) -> None:
        """Tie it to the joiner whom it names, or else to whose payment it is about."""
        about = payer or counted
        touched = outcome in {TransactionOutcome.REPORTED, TransactionOutcome.WITHDRAWN}
        await self.transactions.add(
            Transaction(
                id=TransactionId(self.ids.next()),
                event=event,
                order=about.order if about else None,
                member=about.member if about else None,
                payment=counted.payment if counted and touched else None,
                outcome=outcome,
                received_at=self.clock.now(),
            )
        )
