"""What ties a member to group orders."""

from collections.abc import Sequence
from typing import Protocol

from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.domain.ids import MemberId


class Ties(Protocol):
    """What others count on, or owe to a member; used inside a unit of work."""

    async def binding(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Return the orders that keep a member here, by id (P10).

        Those that they organise, as long as they are under way or owe a refund; those that have
        something for them, or are about to hand out what they have claimed; and those that owe
        them a refund.
        """
        ...

    async def claimed(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Return the orders under way in whose rounds a member has a claim, by id."""
        ...

    async def run(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Return the orders that a member organises or helps with, and that are not over, by id."""
        ...
