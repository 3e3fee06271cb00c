"""What ties a member to group orders."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from apps.catalogue.contract import CardId
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import ClaimId
from apps.shared.domain.ids import MemberId


class ClaimedThing(NamedTuple):
    """That a claim in a round of this order is for this card, or for no card."""

    order: GroupOrderId
    card: CardId | None


class Ties(Protocol):
    """What others count on, or owe to a member; used inside a unit of work."""

    async def binding(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Return the orders that keep a member here, by id (P10).

        Those that they organise, as long as they are under way or owe a refund; those that have
        something for them, or are about to hand out what they have claimed; and those that owe
        them a refund.
        """
        ...

    async def claimed(self, member: MemberId) -> Sequence[ClaimedThing]:
        """Return the orders under way in whose rounds a member has claims, and of which cards."""
        ...

    async def revocable(self, member: MemberId) -> Sequence[ClaimId]:
        """Return the claims of a member that can still be withdrawn, also in part, by id."""
        ...

    async def served(self, order: GroupOrderId, member: MemberId) -> bool:
        """Tell whether they had anything allocated there that they did not give up themselves."""
        ...

    async def run(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Return the orders that a member organises or helps with, and that are not over, by id."""
        ...
