"""A group order: what an organiser buys for others, and by which rules (G1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from apps.catalogue.contract import GroupId, ReleaseId
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.order_events import (
    ENDINGS,
    GroupOrderId,
    GroupOrderLocked,
    GroupOrderMoved,
    GroupOrderOpened,
    GroupOrderResumed,
    GroupOrderStalled,
)
from apps.group_orders.domain.order_steps import (
    ARROWS,
    LIVE,
    OrderAction,
    OrderState,
    Part,
    allowed_actions,
)
from apps.group_orders.domain.terms import (
    FREE_ONCE_OPEN,
    PUBLIC_WORDS,
    OrderChanges,
    Rules,
    SellerType,
    Way,
    ensure_may_organise,
    refuse_contacts,
)
from apps.identity.contract import Rank
from apps.shared.domain.country import Country
from apps.shared.domain.errors import Conflict, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.contract import InvalidTransition


class GroupOrderNotFound(NotFound):
    """There is no such group order."""


class OrganisersOnly(Forbidden):
    """Only who organises this group order may do this."""


class FixedOnceOpen(Conflict):
    """Members have joined on these terms; they stay as they were when the order was opened."""


class RulesChanged(Conflict):
    """The rules of this group order have a new version; read and accept that one."""


@dataclass(kw_only=True, eq=False)
class GroupOrder(Aggregate[GroupOrderId]):
    """`organiser` answers for it; `co_organiser` may run it too.

    `rules` are all versions, oldest first. `payment_details` are for its joiners only. Where it is
    `stalled`, milestones are overdue without a word.
    """

    organiser: MemberId
    co_organiser: MemberId | None
    title: str
    description: str | None
    group_id: GroupId
    release_id: ReleaseId | None
    seller_type: SellerType
    seller_name: str | None
    destination: Country
    ways: tuple[Way, ...]
    currency: Currency
    min_trust_level: int
    payment_details: str | None
    rules: tuple[Rules, ...]
    state: OrderState
    stalled_at: datetime | None
    opened_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def draft(
        cls,
        id: GroupOrderId,
        *,
        by: Rank,
        title: str,
        description: str | None,
        group_id: GroupId,
        release_id: ReleaseId | None,
        co_organiser_id: MemberId | None,
        seller_type: SellerType,
        seller_name: str | None,
        destination: Country,
        ways: Sequence[Way],
        currency: Currency,
        min_trust_level: int,
        payment_details: str | None,
        rules: str,
        late_fee: int | None,
        at: datetime,
    ) -> Self:
        """Raise EmailNotVerified, TrustLevelTooLow or ContactData."""
        ensure_may_organise(by)
        words = {"title": title, "description": description, "seller_name": seller_name}
        refuse_contacts(words | {"rules": rules})
        return cls(
            id=id,
            organiser=by.id,
            co_organiser=co_organiser_id,
            title=title,
            description=description,
            group_id=group_id,
            release_id=release_id,
            seller_type=seller_type,
            seller_name=seller_name,
            destination=destination,
            ways=tuple(ways),
            currency=currency,
            min_trust_level=min_trust_level,
            payment_details=payment_details,
            rules=(Rules(version=1, text=rules, late_fee=late_fee, published_at=at),),
            state=OrderState.DRAFT,
            stalled_at=None,
            opened_at=None,
            ended_at=None,
            end_reason=None,
            created_at=at,
            updated_at=at,
        )

    @property
    def current_rules(self) -> Rules:
        """The version that whoever joins now accepts."""
        return self.rules[-1]

    @property
    def is_live(self) -> bool:
        """Whether somebody may have claimed, owe or wait for something."""
        return self.state in LIVE

    def ensure_run_by(self, part: Part) -> None:
        """Raise OrganisersOnly."""
        if not part.runs_it:
            raise OrganisersOnly

    def ensure_may_call_off(self, part: Part) -> None:
        """Raise OrganisersOnly to all but who runs it and staff, or InvalidTransition."""
        if not part.sees_all:
            raise OrganisersOnly
        if OrderAction.CANCEL not in allowed_actions(self.state, part):
            raise self.refusal(part)

    def ensure_in(self, *states: OrderState, part: Part) -> None:
        """Raise InvalidTransition where it is in none of these states."""
        if self.state not in states:
            raise self.refusal(part)

    def ensure_accepted(self, version: int) -> None:
        """Hold that somebody has read the present rules; raise RulesChanged."""
        if version != self.current_rules.version:
            raise RulesChanged

    def change(self, changes: OrderChanges, *, by: Part, at: datetime) -> None:
        """Take over what is told; other words as rules are a new version of them.

        Raises OrganisersOnly, InvalidTransition, FixedOnceOpen and ContactData.
        """
        self.ensure_run_by(by)
        if OrderAction.CHANGE not in allowed_actions(self.state, by):
            raise self.refusal(by)
        given: dict[str, Any] = {**changes}
        told = {name: value for name, value in given.items() if self._differs(name, value)}
        if self.state is not OrderState.DRAFT and told.keys() - FREE_ONCE_OPEN:
            raise FixedOnceOpen(
                errors=[
                    {"pointer": f"/{name}", "code": "fixed-once-open", "detail": "This stays."}
                    for name in sorted(told.keys() - FREE_ONCE_OPEN)
                ]
            )
        refuse_contacts({name: told.get(name) for name in PUBLIC_WORDS})
        if told.keys() & {"rules", "late_fee"}:
            self._publish(changes, at)
        for name, value in told.items():
            if name not in {"rules", "late_fee"}:
                setattr(self, RENAMED.get(name, name), tuple(value) if name == "ways" else value)
        self.updated_at = at if told else self.updated_at

    def open(self, *, by: Part, at: datetime) -> None:
        """Let members join; raise OrganisersOnly or InvalidTransition."""
        self.ensure_run_by(by)
        self._move(OrderState.OPEN, by, at)
        self.opened_at = at
        self.record(GroupOrderOpened(order=self.id, at=at))

    def lock(self, *, by: Part, at: datetime) -> None:
        """Let nobody join any more; raise likewise."""
        self.ensure_run_by(by)
        self._move(OrderState.LOCKED, by, at)
        self.record(GroupOrderLocked(order=self.id, at=at))

    def reach(self, state: OrderState, *, by: Part, at: datetime) -> None:
        """Follow a milestone that was reached; raise InvalidTransition."""
        self._move(state, by, at)
        self.record(GroupOrderMoved(order=self.id, state=state, at=at))

    def stall(self, *, at: datetime) -> None:
        """Show that milestones are long overdue without a word."""
        self.stalled_at = at
        self.record(GroupOrderStalled(order=self.id, at=at))

    def hear(self, *, at: datetime) -> None:
        """Go on: there was a word of how it stands."""
        if self.stalled_at is not None:
            self.stalled_at = None
            self.record(GroupOrderResumed(order=self.id, at=at))

    def end(self, state: OrderState, *, by: Part, reason: str | None, at: datetime) -> None:
        """Close it, or call it off for a reason; raise InvalidTransition."""
        self._move(state, by, at)
        self.ended_at, self.end_reason, self.stalled_at = at, reason, None
        self.record(ENDINGS[state](order=self.id, at=at))

    def _differs(self, name: str, value: object) -> bool:
        if name == "rules":
            return value != self.current_rules.text
        if name == "late_fee":
            return value != self.current_rules.late_fee
        present: object = getattr(self, RENAMED.get(name, name))
        return value != (list(present) if isinstance(present, tuple) else present)

    def _publish(self, changes: OrderChanges, at: datetime) -> None:
        present = self.current_rules
        following = Rules(
            version=present.version + 1,
            text=changes.get("rules", present.text),
            late_fee=changes.get("late_fee", present.late_fee),
            published_at=at,
        )
        self.rules = (*self.rules, following)

    def _move(self, state: OrderState, by: Part, at: datetime) -> None:
        if (self.state, state) not in ARROWS:
            raise self.refusal(by)
        self.state, self.updated_at = state, at

    def refusal(self, part: Part) -> InvalidTransition:
        """Return what tells somebody of this part that the order is in another state."""
        return InvalidTransition(
            state=self.state, allowed_actions=allowed_actions(self.state, part)
        )


RENAMED = {"co_organiser_id": "co_organiser"}


class GroupOrderRepository(Protocol):
    """All group orders. They are locked before all that hangs on them."""

    async def get(self, id: GroupOrderId, /) -> GroupOrder:
        """Return the order, unlocked; raise GroupOrderNotFound."""
        ...

    async def lock(self, id: GroupOrderId) -> GroupOrder:
        """Return it as it now stands and nobody else can change it or what hangs on it.

        Raises GroupOrderNotFound.
        """
        ...

    async def add(self, entity: GroupOrder, /) -> None:
        """Keep a new order."""
        ...

    async def save(self, entity: GroupOrder, /) -> None:
        """Keep what changed."""
        ...

    async def count_drafts(self, *, of: MemberId) -> int:
        """Return how many drafts this organiser has."""
        ...

    async def count_live(self, *, of: MemberId) -> int:
        """Return how many orders of this organiser are neither drafts nor ended."""
        ...
