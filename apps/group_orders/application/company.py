"""Who has to do with a group order, and as what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.order import GroupOrder, GroupOrderNotFound
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.identity.contract import Directory, Ranks
from apps.shared.domain.ids import MemberId


class Joiners(Protocol):
    """Who has joined which group order; used inside a unit of work."""

    async def has(self, order: GroupOrderId, member: MemberId) -> bool:
        """Tell whether this member has joined."""
        ...

    async def all(self, order: GroupOrderId) -> frozenset[MemberId]:
        """Return who has joined."""
        ...

    async def accept(
        self,
        order: GroupOrderId,
        member: MemberId,
        *,
        rules_version: int,
        reference: str,
        at: datetime,
    ) -> None:
        """Note that a member has joined on this version of the rules, or accepts it now.

        `reference` is what their payments name from then on; it stays once there is one.
        """
        ...

    async def count(self, *, of: MemberId, beside: MemberId | None = None) -> int:
        """Return how many members ask for or have something of the live orders of an organiser.

        Each counts once; so does who is about to ask, `beside` them.
        """
        ...


@dataclass(frozen=True, slots=True)
class Company:
    """What a member is to a group order."""

    joiners: Joiners
    ranks: Ranks
    directory: Directory

    async def __call__(self, order: GroupOrder, member: MemberId) -> Part:
        """Raise GroupOrderNotFound where the order is hidden from them.

        Drafts are hidden from all but who runs them and staff; other orders from those who have
        blocked the organiser or were blocked, unless they have joined before (BL2).
        """
        if member == order.organiser:
            return Part.ORGANISER
        if member == order.co_organiser:
            return Part.CO_ORGANISER
        if (await self.ranks.of(member)).role.is_staff:
            return Part.STAFF
        if order.state is OrderState.DRAFT:
            raise GroupOrderNotFound
        if await self.joiners.has(order.id, member):
            return Part.JOINER
        if order.organiser in await self.directory.hidden_from(member):
            raise GroupOrderNotFound
        return Part.STRANGER
