"""What a payment provider tells of a payment, in whatever order its events come (D.9, B27)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType
from uuid import UUID

from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import PaymentId
from apps.shared.domain.ids import MemberId

TransactionId = NewType("TransactionId", UUID)

SUCCEEDED = "payment.succeeded"
REVERSED = "payment.reversed"


class TransactionOutcome(StrEnum):
    """What an event has brought about when it first came.

    `reported`: a payment stands as reported. `withdrawn`: a report was taken back. `too_late`: the
    organiser had answered, or closed the group order, and has to see to it. `noted`: there was
    nothing to take back, yet. `reversed`: the reversal of this payment had come before.
    `superseded`: another event about the same payment counts. `unmatched`: no joiner has this
    reference. `currency_mismatch`: the group order is in another currency. `ignored`: not about a
    payment.
    """

    REPORTED = "reported"
    WITHDRAWN = "withdrawn"
    TOO_LATE = "too_late"
    NOTED = "noted"
    REVERSED = "reversed"
    SUPERSEDED = "superseded"
    UNMATCHED = "unmatched"
    CURRENCY_MISMATCH = "currency_mismatch"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentWord:
    """What an event tells of a payment, in minor units of `currency`."""

    payment: str
    reference: str | None
    amount: int
    currency: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """One event; `word` is None where its kind is none of those that are about payments."""

    provider: str
    id: str
    kind: str
    word: PaymentWord | None
    body_digest: str


class Payer(NamedTuple):
    """The joiner whose reference a payment names."""

    order: GroupOrderId
    member: MemberId
    currency: str


class Counted(NamedTuple):
    """The success that stands for a payment, and what was reported of it."""

    at: datetime
    event: str
    order: GroupOrderId
    member: MemberId
    payment: PaymentId


@dataclass(kw_only=True)
class ProviderPayment:
    """What all events about one payment amount to, whatever their number and order.

    A reversal counts whether it comes before or after what it reverses. Of several successes the
    last one by its own time counts, and of two at one time the one with the greater id.
    """

    provider: str
    external_id: str
    counted: Counted | None
    reversed_at: datetime | None

    def hindrance(
        self, event: ProviderEvent, word: PaymentWord, *, currency: str
    ) -> TransactionOutcome | None:
        """Return why a success reports nothing to an order in this currency, if it does not."""
        if word.currency != currency:
            return TransactionOutcome.CURRENCY_MISMATCH
        if self.reversed_at is not None:
            return TransactionOutcome.REVERSED
        counted = self.counted
        if counted and (word.occurred_at, event.id) <= (counted.at, counted.event):
            return TransactionOutcome.SUPERSEDED
        return None


def normalised(reference: str) -> str:
    """Return a reference as joiners are told it, however a payer or a bank has spelt it."""
    signs = "".join(sign for sign in reference.upper() if sign.isalnum())
    return f"{signs[:2]}-{signs[2:6]}-{signs[6:]}"
