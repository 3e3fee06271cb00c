"""Payments, which joiners report and organisers confirm, and refunds, the other way round (G8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.domain.errors import Conflict, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.contract import InvalidTransition

PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)

ANSWERED_WITHIN = timedelta(hours=72)
"""After that a payment is flagged; it is never confirmed by itself."""


class PaymentNotFound(NotFound):
    """There is no such payment."""


class RefundNotFound(NotFound):
    """There is no such refund."""


class JoinersOnly(Forbidden):
    """Only who has joined this group order may do this."""


class ReceiverOnly(Forbidden):
    """Only who gets the money can say that it has arrived, or a moderator in their place."""


class RefundTooLarge(Conflict):
    """This member has not paid so much beyond what they owe."""


class PaymentTooLarge(Conflict):
    """This group order is closed, and you do not owe so much in it."""


class AlreadyRefunded(Conflict):
    """A part of this payment has gone back, or you have promised it: withdraw that refund first."""


class PaymentSource(StrEnum):
    """Who says that something was paid."""

    MEMBER = "member"
    PROVIDER = "provider"


class PaymentState(StrEnum):
    """What has become of a payment."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"


class RefundState(StrEnum):
    """What has become of a refund; `decided`: a moderator has found that it was paid."""

    PROMISED = "promised"
    CONFIRMED = "confirmed"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class PaymentAction(StrEnum):
    """What who runs the order can do with a payment."""

    CONFIRM = "confirm"
    DISPUTE = "dispute"


class RefundAction(StrEnum):
    """What its receiver can do with a refund."""

    CONFIRM = "confirm"


@dataclass(kw_only=True, eq=False)
class Payment(Aggregate[PaymentId]):
    """Money that a joiner has sent, as they say or their provider."""

    order: GroupOrderId
    member: MemberId
    amount: int
    method: str
    reference: str | None
    picture_url: str | None
    source: PaymentSource
    state: PaymentState
    reported_at: datetime
    answer_due_at: datetime
    flagged_at: datetime | None
    answered_at: datetime | None
    reason: str | None

    @classmethod
    def report(
        cls,
        id: PaymentId,
        *,
        order: GroupOrderId,
        member: MemberId,
        amount: int,
        method: str,
        reference: str | None,
        picture_url: str | None,
        source: PaymentSource,
        at: datetime,
    ) -> Self:
        """Let it wait for the organiser's answer."""
        return cls(
            id=id,
            order=order,
            member=member,
            amount=amount,
            method=method,
            reference=reference,
            picture_url=picture_url,
            source=source,
            state=PaymentState.REPORTED,
            reported_at=at,
            answer_due_at=at + ANSWERED_WITHIN,
            flagged_at=None,
            answered_at=None,
            reason=None,
        )

    def confirm(self, *, at: datetime) -> None:
        """It has arrived; raise InvalidTransition."""
        self._answer(PaymentState.CONFIRMED, None, at)

    def dispute(self, *, reason: str, at: datetime) -> None:
        """It has not; raise InvalidTransition."""
        self._answer(PaymentState.DISPUTED, reason, at)

    def withdraw(self, *, reason: str, at: datetime) -> None:
        """It was never meant, or has gone back; raise InvalidTransition."""
        self._answer(PaymentState.WITHDRAWN, reason, at)

    def reopen(self, *, at: datetime) -> None:
        """Take back how it was answered: it waits anew; raise InvalidTransition."""
        if self.state not in {PaymentState.CONFIRMED, PaymentState.DISPUTED}:
            raise self._refusal()
        self.state, self.answered_at, self.reason = PaymentState.REPORTED, None, None
        self.answer_due_at, self.flagged_at = at + ANSWERED_WITHIN, None

    def _answer(self, state: PaymentState, reason: str | None, at: datetime) -> None:
        if self.state is not PaymentState.REPORTED:
            raise self._refusal()
        self.state, self.reason, self.answered_at = state, reason, at

    def _refusal(self) -> InvalidTransition:
        return InvalidTransition(state=self.state, allowed_actions=payment_actions(self.state))


def payment_actions(state: PaymentState) -> list[PaymentAction]:
    """Return what who runs the order can do with a payment in this state."""
    return [*PaymentAction] if state is PaymentState.REPORTED else []


@dataclass(kw_only=True, eq=False)
class Refund(Aggregate[RefundId]):
    """Money that is to go back to a joiner; `promised_by` is nobody where it follows by itself."""

    order: GroupOrderId
    member: MemberId
    amount: int
    reason: str
    state: RefundState
    promised_by: MemberId | None
    promised_at: datetime
    ended_at: datetime | None
    decided_by: MemberId | None

    @classmethod
    def promise(
        cls,
        id: RefundId,
        *,
        order: GroupOrderId,
        member: MemberId,
        amount: int,
        reason: str,
        by: MemberId | None,
        at: datetime,
    ) -> Self:
        """Let it wait for the joiner to say that it has arrived."""
        return cls(
            id=id,
            order=order,
            member=member,
            amount=amount,
            reason=reason,
            state=RefundState.PROMISED,
            promised_by=by,
            promised_at=at,
            ended_at=None,
            decided_by=None,
        )

    def confirm(self, *, at: datetime) -> None:
        """It has arrived; raise InvalidTransition."""
        self._end(RefundState.CONFIRMED, at)

    def decide(self, *, by: MemberId, at: datetime) -> None:
        """A moderator has found that it was paid; raise InvalidTransition."""
        self._end(RefundState.DECIDED, at)
        self.decided_by = by

    def withdraw(self, *, at: datetime) -> None:
        """It was promised by mistake; raise InvalidTransition."""
        self._end(RefundState.WITHDRAWN, at)

    def _end(self, state: RefundState, at: datetime) -> None:
        if self.state is not RefundState.PROMISED:
            raise InvalidTransition(state=self.state, allowed_actions=refund_actions(self.state))
        self.state, self.ended_at = state, at


def refund_actions(state: RefundState) -> list[RefundAction]:
    """Return what its receiver can do with a refund in this state."""
    return [*RefundAction] if state is RefundState.PROMISED else []


class PaymentRepository(Protocol):
    """All payments. What belongs to an order is changed while the order is locked."""

    async def order_of(self, id: PaymentId) -> GroupOrderId:
        """Return in which order it is; raise PaymentNotFound."""
        ...

    async def lock(self, id: PaymentId) -> Payment:
        """Return it as it now stands; raise PaymentNotFound."""
        ...

    async def add(self, entity: Payment, /) -> None:
        """Keep a new one."""
        ...

    async def save(self, entity: Payment, /) -> None:
        """Keep what changed."""
        ...


class RefundRepository(Protocol):
    """All refunds, likewise."""

    async def order_of(self, id: RefundId) -> GroupOrderId:
        """Return in which order it is; raise RefundNotFound."""
        ...

    async def lock(self, id: RefundId) -> Refund:
        """Return it as it now stands; raise RefundNotFound."""
        ...

    async def promised_to(self, member: MemberId, *, of: GroupOrderId) -> list[Refund]:
        """Return those of this order that have not reached them yet, latest first."""
        ...

    async def add_all(self, entities: list[Refund], /) -> None:
        """Keep new ones."""
        ...

    async def save(self, entity: Refund, /) -> None:
        """Keep what changed."""
        ...
