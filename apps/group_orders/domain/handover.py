"""Handing a group order over to its co-organiser (G14)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import (
    GroupOrderHandedOver,
    GroupOrderId,
    HandoverAsked,
)
from apps.group_orders.domain.terms import may_organise
from apps.identity.contract import Rank
from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.errors import Conflict, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

HandoverId = NewType("HandoverId", UUID)


class HandoverNotFound(NotFound):
    """Nobody has asked for this group order to be handed over."""


class HandoverNotAsked(Conflict):
    """Organisers ask first for an order to be handed over; then its joiners agree."""


class NoCoOrganiser(Conflict):
    """This group order has no co-organiser to whom it could be handed over."""


class CannotTakeOver(Conflict):
    """The co-organiser may not organise group orders at present."""


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    VOID = "void"


@dataclass(kw_only=True, eq=False)
class Handover(Aggregate[HandoverId]):
    """Done once its receiver, a moderator and the majority of the joiners agree.

    It is void as soon as the order is run by others than those two.
    """

    order: GroupOrderId
    giver: MemberId
    receiver: MemberId
    asked_by: MemberId
    reason: str | None
    asked_at: datetime
    accepted_at: datetime | None
    approved_by: MemberId | None
    approved_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None

    @classmethod
    def ask(
        cls, id: HandoverId, *, of: GroupOrder, by: MemberId, reason: str | None, at: datetime
    ) -> Self:
        """Raise NoCoOrganiser or ContactData."""
        if of.co_organiser is None:
            raise NoCoOrganiser
        if reason is not None:
            refuse_contact_data(reason, pointer="/reason")
        asked = cls(
            id=id,
            order=of.id,
            giver=of.organiser,
            receiver=of.co_organiser,
            asked_by=by,
            reason=reason,
            asked_at=at,
            accepted_at=None,
            approved_by=None,
            approved_at=None,
            ended_at=None,
            outcome=None,
        )
        asked.record(
            HandoverAsked(order=of.id, by=by, giver=of.organiser, receiver=of.co_organiser, at=at)
        )
        return asked

    def is_of(self, order: GroupOrder) -> bool:
        """Tell whether the order is still run by those two."""
        return (self.giver, self.receiver) == (order.organiser, order.co_organiser)

    def accept(self, *, at: datetime) -> None:
        """Its receiver is willing to answer for the order."""
        self.accepted_at = self.accepted_at or at

    def approve(self, *, by: MemberId, receiver: Rank | None, at: datetime) -> None:
        """A moderator has nothing against it, and the first one stands; raise CannotTakeOver."""
        if receiver is None or not may_organise(receiver):
            raise CannotTakeOver
        if self.approved_by is None:
            self.approved_by, self.approved_at = by, at

    def void(self, *, at: datetime) -> None:
        """Nothing comes of it."""
        self.ended_at, self.outcome = at, Outcome.VOID

    def complete(
        self,
        order: GroupOrder,
        *,
        joiners: AbstractSet[MemberId],
        agreed: AbstractSet[MemberId],
        receiver: Rank | None,
        at: datetime,
    ) -> bool:
        """Let the receiver answer for the order where all who have a say agree; tell whether so."""
        willing = self.accepted_at is not None and self.approved_at is not None
        if not willing or len(agreed & joiners) < majority(len(joiners)):
            return False
        if receiver is None or not may_organise(receiver):
            return False
        self.ended_at, self.outcome = at, Outcome.DONE
        order.organiser, order.co_organiser = self.receiver, None
        order.updated_at = at
        order.hear(at=at)
        order.record(
            GroupOrderHandedOver(order=order.id, giver=self.giver, receiver=self.receiver, at=at)
        )
        return True


def majority(joiners: int) -> int:
    """Return how many of so many joiners have to agree: more than half, of none nobody."""
    return joiners // 2 + 1 if joiners else 0


class HandoverRepository(Protocol):
    """All handovers; who uses it has locked the order."""

    async def add(self, entity: Handover, /) -> None:
        """Keep a new one; there is one at a time of an order."""
        ...

    async def save(self, entity: Handover, /) -> None:
        """Keep what changed."""
        ...

    async def pending(self, *, of: GroupOrderId) -> Handover | None:
        """Return the one that is neither done nor void."""
        ...

    async def agree(self, id: HandoverId, member: MemberId, *, at: datetime) -> None:
        """Note that a joiner agrees; a second time changes nothing."""
        ...

    async def agreed(self, id: HandoverId) -> frozenset[MemberId]:
        """Return who does."""
        ...
