"""Who has to do with a group order, and as what."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

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


class Stake(NamedTuple):
    """What a group order itself knows of somebody who comes to it."""

    member: MemberId
    organiser: MemberId
    co_organiser: MemberId | None
    joined: bool
    state: OrderState

    def part(self, *, staff: bool) -> Part:
        """Return what they are to it."""
        if self.member == self.organiser:
            return Part.ORGANISER
        if self.member == self.co_organiser:
            return Part.CO_ORGANISER
        if staff:
            return Part.STAFF
        return Part.JOINER if self.joined else Part.STRANGER


@dataclass(frozen=True, slots=True)
class Visibility:
    """Who sees a group order, and as what; commands and questions tell it by this."""

    ranks: Ranks
    directory: Directory

    async def __call__(self, stake: Stake) -> Part:
        """Raise GroupOrderNotFound where the order is hidden from them.

        Drafts are hidden from all but who runs them and staff; other orders from those who have
        blocked the organiser or were blocked, unless they have joined before (BL2).
        """
        part = stake.part(staff=False)
        if not part.runs_it and await self.of_everything(stake.member):
            part = Part.STAFF
        if stake.state is OrderState.DRAFT and not part.sees_all:
            raise GroupOrderNotFound
        if part is Part.STRANGER and stake.organiser in await self.directory.hidden_from(
            stake.member
        ):
            raise GroupOrderNotFound
        return part

    async def of_everything(self, member: MemberId) -> bool:
        """Tell whether this member is staff, from whom no order is hidden."""
        return (await self.ranks.of(member)).role.is_staff


@dataclass(frozen=True, slots=True)
class Company:
    """What a member is to a group order; used inside a unit of work."""

    joiners: Joiners
    visibility: Visibility

    async def __call__(self, order: GroupOrder, member: MemberId) -> Part:
        """Raise GroupOrderNotFound where the order is hidden from them."""
        runs_it = member in {order.organiser, order.co_organiser}
        joined = not runs_it and await self.joiners.has(order.id, member)
        return await self.visibility(
            Stake(member, order.organiser, order.co_organiser, joined, order.state)
        )
