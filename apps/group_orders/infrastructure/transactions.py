"""What providers have told, kept and found in SQL."""

from sqlalchemy import exists, insert, select, update

from apps.group_orders.application.hear_providers import Transaction, Transactions
from apps.group_orders.domain.provider_payment import Counted, Payer, ProviderPayment
from apps.group_orders.infrastructure.models import GroupOrderModel, OrderJoinerModel
from apps.group_orders.infrastructure.transaction_models import (
    OrderTransactionModel,
    ProviderPaymentModel,
)
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.replies import INSERT

ROW, PAYMENT, ORDER, JOINER = (
    OrderTransactionModel,
    ProviderPaymentModel,
    GroupOrderModel,
    OrderJoinerModel,
)
UNSEEN = {"synchronize_session": False}


class SqlTransactions(Transactions):
    """Events are only added; a payment has one row, which is there before it is locked."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def lock(self, provider: str, payment: str) -> ProviderPayment:
        """Make the row unless it is there, and lock it."""
        session = self._current.session
        upsert = INSERT[session.get_bind().dialect.name](PAYMENT).values(
            provider=provider, external_payment_id=payment
        )
        await session.execute(
            upsert.on_conflict_do_nothing(
                index_elements=[PAYMENT.provider, PAYMENT.external_payment_id]
            )
        )
        row = (
            await session.execute(
                select(*PAYMENT.__table__.columns)
                .where(PAYMENT.provider == provider, PAYMENT.external_payment_id == payment)
                .with_for_update()
            )
        ).one()
        counted = row.payment_id and Counted(
            at=row.counted_at,
            event=row.counted_event_id,
            order=row.group_order_id,
            member=row.member_id,
            payment=row.payment_id,
        )
        return ProviderPayment(
            provider=provider, external_id=payment, counted=counted, reversed_at=row.reversed_at
        )

    async def has(self, provider: str, event: str) -> bool:
        """Look for the key."""
        heard = exists().where(ROW.provider == provider, ROW.event_id == event)
        return bool(await self._current.session.scalar(select(heard)))

    async def payer(self, reference: str) -> Payer | None:
        """Look in the index of references."""
        found = await self._current.session.execute(
            select(JOINER.group_order_id, JOINER.member_id, ORDER.currency)
            .join(ORDER, ORDER.id == JOINER.group_order_id)
            .where(JOINER.reference == reference)
        )
        row = found.one_or_none()
        return row and Payer(row.group_order_id, row.member_id, row.currency.value)

    async def add(self, transaction: Transaction) -> None:
        """Insert a row."""
        event, word = transaction.event, transaction.event.word
        told = {
            "external_payment_id": word and word.payment,
            "reference": word and word.reference,
            "amount": word and word.amount,
            "currency": word and word.currency,
            "occurred_at": word and word.occurred_at,
        }
        await self._current.session.execute(
            insert(ROW).values(
                id=transaction.id,
                provider=event.provider,
                event_id=event.id,
                kind=event.kind,
                received_at=transaction.received_at,
                body_digest=event.body_digest,
                group_order_id=transaction.order,
                member_id=transaction.member,
                payment_id=transaction.payment,
                outcome=transaction.outcome,
                **told,
            )
        )

    async def save(self, payment: ProviderPayment) -> None:
        """Change the row."""
        counted = payment.counted
        await self._current.session.execute(
            update(PAYMENT)
            .where(
                PAYMENT.provider == payment.provider,
                PAYMENT.external_payment_id == payment.external_id,
            )
            .values(
                counted_at=counted and counted.at,
                counted_event_id=counted and counted.event,
                group_order_id=counted and counted.order,
                member_id=counted and counted.member,
                payment_id=counted and counted.payment,
                reversed_at=payment.reversed_at,
            ),
            execution_options=UNSEEN,
        )
