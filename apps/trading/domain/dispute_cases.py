"""All dispute cases, as use cases find and keep them."""

from typing import Protocol

from apps.shared.domain.errors import Conflict, NotFound
from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.terms import TradeId
from apps.trading.domain.verdicts import CaseId


class DisputedAlready(Conflict):
    """A case about this trade is open already."""


class CaseNotFound(NotFound):
    """There is no such case."""


class DisputeCaseRepository(Protocol):
    """All cases."""

    async def get(self, id: CaseId, /) -> DisputeCase:
        """Return the case, unlocked; raise CaseNotFound."""
        ...

    async def add(self, entity: DisputeCase, /) -> None:
        """Keep a new one; raise DisputedAlready while another of the same trade is open."""
        ...

    async def save(self, entity: DisputeCase, /) -> None:
        """Keep what changed."""
        ...

    async def lock(self, id: CaseId) -> DisputeCase:
        """Return it for nobody else to change meanwhile; raise CaseNotFound."""
        ...

    async def lock_latest(self, trade_id: TradeId) -> DisputeCase:
        """Lock the last one of a trade, the only one that can be open; raise CaseNotFound."""
        ...
