"""Questions about what providers have told, and what they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import PaymentId
from apps.group_orders.domain.provider_payment import TransactionId, TransactionOutcome
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionView:
    """What a provider has told of a payment, and what that has brought about when it came.

    `amount` is in minor units of `currency`, which is the provider's: where it is not that of the
    group order, the outcome is `currency_mismatch`, and nothing was reported.
    """

    id: TransactionId
    provider: str
    event_id: str
    kind: str
    external_payment_id: str
    reference: str
    amount: int
    currency: str
    member_id: MemberId
    payment_id: PaymentId | None
    outcome: TransactionOutcome
    occurred_at: datetime
    received_at: datetime


class ListTransactions(Protocol):
    """What providers have told of payments in a group order, newest first.

    Who runs the order and staff see all; everybody else what is about them.
    """

    async def __call__(
        self, order: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[TransactionView]:
        """Return one page of them; raise GroupOrderNotFound."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedView:
    """A payment of which a provider has told, and that names no joiner."""

    provider: str
    event_id: str
    external_payment_id: str
    reference: str
    amount: int
    currency: str
    occurred_at: datetime
    received_at: datetime


class ListUnmatched(Protocol):
    """Payments that name no joiner, newest first, for operators.

    What the provider has put right or taken back since is left out.
    """

    async def __call__(self, *, limit: int) -> Sequence[UnmatchedView]:
        """Return as many at most."""
        ...
