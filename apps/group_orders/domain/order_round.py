"""An order round: some slots, and the time in which members claim them (G2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

from apps.group_orders.domain.draw import DrawInput, commitment_of, digest_of
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.round_events import (
    OrderRoundAllocated,
    OrderRoundCancelled,
    OrderRoundClosed,
    OrderRoundId,
    OrderRoundOpened,
    OrderRoundSettled,
)
from apps.group_orders.domain.round_steps import (
    ARROWS,
    OrderRoundAction,
    OrderRoundState,
    allowed_actions,
)
from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.errors import Conflict, DomainError, NotFound
from apps.shared.domain.model import Aggregate
from apps.trading.contract import InvalidTransition

OPEN_FOR = timedelta(days=90)
"""The longest time from now until a round closes."""
MOST_ROUNDS = 20
"""Of one group order."""


class OrderRoundNotFound(NotFound):
    """There is no such order round."""


class NotInRound(NotFound):
    """No slot of this round is of that."""


class NoDraw(NotFound):
    """Nothing is drawn in this round, or it was not opened yet."""


class OrderNotOpen(Conflict):
    """The group order is not open: nobody joins it now."""


class RoundsStillOpen(Conflict):
    """Rounds of this group order are open; close or cancel them first."""


class EndOfRoundOutOfRange(DomainError):
    """An order round closes at a moment within the next 90 days."""


@dataclass(kw_only=True, eq=False)
class OrderRound(Aggregate[OrderRoundId]):
    """`seed` is secret until it is revealed; `input` is what a draw is made from, once fixed."""

    order: GroupOrderId
    number: int
    title: str
    policy: Policy
    state: OrderRoundState
    closes_at: datetime
    seed_commitment: str | None
    seed: str | None
    input: str | None
    claims_digest: str | None
    revealed_at: datetime | None
    opened_at: datetime | None
    closed_at: datetime | None
    allocated_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def plan(
        cls,
        id: OrderRoundId,
        *,
        order: GroupOrder,
        by: Part,
        number: int,
        title: str,
        policy: Policy,
        closes_at: datetime,
        at: datetime,
    ) -> Self:
        """Raise OrganisersOnly, InvalidTransition, EndOfRoundOutOfRange or ContactData."""
        order.ensure_run_by(by)
        order.ensure_in(OrderState.DRAFT, OrderState.OPEN, part=by)
        ensure_in_range(closes_at, at)
        refuse_contact_data(title, pointer="/title")
        return cls(
            id=id,
            order=order.id,
            number=number,
            title=title,
            policy=policy,
            state=OrderRoundState.PLANNED,
            closes_at=closes_at,
            seed_commitment=None,
            seed=None,
            input=None,
            claims_digest=None,
            revealed_at=None,
            opened_at=None,
            closed_at=None,
            allocated_at=None,
            created_at=at,
            updated_at=at,
        )

    @property
    def is_drawn(self) -> bool:
        """Whether it is a lottery."""
        return self.policy is Policy.LOTTERY

    @property
    def turns_seed(self) -> str | None:
        """The seed that says whose turn it is, once everybody may know it."""
        return self.seed if self.revealed_at is not None else None

    @property
    def hands_out(self) -> bool:
        """Whether a slot that comes free goes to who waits."""
        at_once = self.policy is Policy.FIRST_COME
        taking = at_once and self.state in {OrderRoundState.OPEN, OrderRoundState.CLOSED}
        return taking or self.state is OrderRoundState.ALLOCATED

    def open(self, order: GroupOrder, *, by: Part, seed: str, at: datetime) -> None:
        """Let members claim; a lottery commits itself to this seed.

        Raises OrganisersOnly, OrderNotOpen, InvalidTransition or EndOfRoundOutOfRange.
        """
        order.ensure_run_by(by)
        ensure_open(order)
        self._ensure(OrderRoundAction.OPEN, order, by)
        ensure_in_range(self.closes_at, at)
        if self.is_drawn:
            self.seed, self.seed_commitment = seed, commitment_of(seed)
        self._move(OrderRoundState.OPEN, at)
        self.opened_at = at
        self.record(OrderRoundOpened(order=self.order, round=self.id, at=at))

    def ensure_may_close(self, order: GroupOrder, *, by: Part) -> None:
        """Raise OrganisersOnly or InvalidTransition."""
        order.ensure_run_by(by)
        self._ensure(OrderRoundAction.CLOSE, order, by)

    def close(self, drawn_from: DrawInput, *, at: datetime) -> None:
        """Let nobody claim any more; a lottery fixes what it draws from."""
        if self.is_drawn:
            self.input = drawn_from.text
            self.claims_digest = digest_of(self.input)
        self._move(OrderRoundState.CLOSED, at)
        self.closed_at = at
        self.record(OrderRoundClosed(order=self.order, round=self.id, at=at))

    def allocate(self, order: GroupOrder, *, by: Part, at: datetime) -> None:
        """Be allocated, once and for all; a lottery reveals its seed.

        Raises OrganisersOnly or InvalidTransition.
        """
        order.ensure_run_by(by)
        self._ensure(OrderRoundAction.ALLOCATE, order, by)
        if self.is_drawn:
            self.revealed_at = at
        self._move(OrderRoundState.ALLOCATED, at)
        self.allocated_at = at
        self.record(OrderRoundAllocated(order=self.order, round=self.id, at=at))

    def ensure_may_cancel(self, order: GroupOrder, *, by: Part) -> None:
        """Raise OrganisersOnly or InvalidTransition."""
        order.ensure_run_by(by)
        self._ensure(OrderRoundAction.CANCEL, order, by)

    def cancel(self, *, at: datetime) -> None:
        """Come to nothing."""
        self._move(OrderRoundState.CANCELLED, at)
        self.record(OrderRoundCancelled(order=self.order, round=self.id, at=at))

    def settle(self, *, at: datetime) -> None:
        """Be over."""
        self._move(OrderRoundState.SETTLED, at)
        self.record(OrderRoundSettled(order=self.order, round=self.id, at=at))

    def ensure_takes_claims(self, order: GroupOrder, *, part: Part, at: datetime) -> None:
        """Raise OrderNotOpen or InvalidTransition."""
        ensure_open(order)
        if self.state is not OrderRoundState.OPEN or at >= self.closes_at:
            raise self.refusal(order, part)

    def refusal(self, order: GroupOrder, part: Part) -> InvalidTransition:
        """Return what tells somebody of this part that the round is in another state."""
        actions = allowed_actions(self.state, order.state, part)
        return InvalidTransition(state=self.state, allowed_actions=actions)

    def _ensure(self, action: OrderRoundAction, order: GroupOrder, part: Part) -> None:
        if action not in allowed_actions(self.state, order.state, part):
            raise self.refusal(order, part)

    def _move(self, state: OrderRoundState, at: datetime) -> None:
        """Take a step of the table; any other is a fault of ours."""
        if (self.state, state) not in ARROWS:
            raise AssertionError(f"There is no step from {self.state} to {state}.")
        self.state, self.updated_at = state, at


def ensure_open(order: GroupOrder) -> None:
    """Raise OrderNotOpen."""
    if order.state is not OrderState.OPEN:
        raise OrderNotOpen


def ensure_in_range(closes_at: datetime, now: datetime) -> None:
    """Raise EndOfRoundOutOfRange."""
    if not now < closes_at <= now + OPEN_FOR:
        raise EndOfRoundOutOfRange


class OrderRoundRepository(Protocol):
    """All order rounds. Their group order is locked before they are."""

    async def get(self, id: OrderRoundId, /) -> OrderRound:
        """Return the round, unlocked; raise OrderRoundNotFound."""
        ...

    async def lock(self, id: OrderRoundId) -> OrderRound:
        """Return it as it now stands and nobody else can change it; raise OrderRoundNotFound."""
        ...

    async def add(self, entity: OrderRound, /) -> None:
        """Keep a new round."""
        ...

    async def save(self, entity: OrderRound, /) -> None:
        """Keep what changed."""
        ...

    async def count(self, *, of: GroupOrderId) -> int:
        """Return how many rounds an order has; the last one has this number."""
        ...

    async def has_open(self, order: GroupOrderId) -> bool:
        """Tell whether a round of this order takes claims."""
        ...

    async def unfinished(self, *, of: GroupOrderId) -> Sequence[OrderRound]:
        """Return the rounds of a locked order that are neither settled nor cancelled."""
        ...

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[OrderRoundId]:
        """Return some open rounds that are to be closed by now, the longest overdue first."""
        ...
