"""All trades, as use cases find and keep them."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Protocol

from apps.collection.contract import CopyId
from apps.shared.domain.errors import Conflict, Forbidden
from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade

REASK_AFTER = timedelta(hours=24)


class ProposalsNotAccepted(Forbidden):
    """This member takes no proposals at the moment."""


class RecentlyRejected(Conflict):
    """The same swap was turned down a short while ago; `again_at` says when to ask again."""


class TradeRepository(Protocol):
    """All trades."""

    async def get(self, id: TradeId, /) -> Trade:
        """Return the trade, unlocked; raise TradeNotFound."""
        ...

    async def lock(self, id: TradeId) -> Trade:
        """Return the trade as it now stands and nobody else can change it; raise TradeNotFound."""
        ...

    async def lock_with_rivals(
        self, id: TradeId, *, over: Collection[CopyId]
    ) -> tuple[Trade, list[Trade]]:
        """Lock the trade and, in one order for everybody, each other open one over these copies.

        Raises TradeNotFound.
        """
        ...

    async def lock_open(self, *, over: Collection[CopyId]) -> list[Trade]:
        """Lock every open trade over these copies."""
        ...

    async def lock_live(
        self, *, of: MemberId | None = None, over: CopyId | None = None
    ) -> list[Trade]:
        """Lock every live trade of this member, or over this copy."""
        ...

    async def lock_live_between(self, members: AbstractSet[MemberId]) -> list[Trade]:
        """Lock every live trade that these two have with each other."""
        ...

    async def add(self, entity: Trade, /) -> None:
        """Keep a new trade."""
        ...

    async def save(self, entity: Trade, /) -> None:
        """Keep what changed."""
        ...

    async def save_lapsed(self, trades: Sequence[Trade]) -> None:
        """Keep that these locked trades lapsed, and by whose fault, however many they are."""
        ...

    async def last_rejected(
        self, *, by: MemberId, to: MemberId, copies: AbstractSet[CopyId], since: datetime
    ) -> datetime | None:
        """Return when `to` last rejected this swap of exactly these copies, begun by `by`."""
        ...

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[TradeId]:
        """Return some live trades whose time is over, the longest overdue first, unlocked."""
        ...

    async def lost_by(
        self, members: Collection[MemberId], *, since: datetime
    ) -> Mapping[MemberId, int]:
        """Count the legs of each that were lost in the mail since then."""
        ...

    async def count_open(self, *, by: MemberId) -> int:
        """Return how many proposals of this author wait for an answer."""
        ...

    async def count_agreed(self, *, of: MemberId) -> int:
        """Return how many trades of this party are agreed and not over."""
        ...

    async def count_live(self, *, between: AbstractSet[MemberId]) -> int:
        """Return how many live trades these two have with each other."""
        ...
