"""What other contexts may know about copies, and ask of their holders."""

from collections.abc import Collection, Mapping
from typing import Protocol

from apps.catalogue.contract import CardView
from apps.collection.domain.copy import (
    AgreementId,
    Condition,
    CopyAlreadyPromised,
    CopyId,
    CopyNotForTrade,
    CopyUnlisted,
    CopyWorsened,
    Holding,
    ensure_free,
    ensure_offered,
)
from apps.collection.domain.want_group import SurplusNotAccepted, WantGroupId
from apps.shared.domain.ids import MemberId

__all__ = [
    "AgreementId",
    "CardView",
    "Condition",
    "CopyAlreadyPromised",
    "CopyId",
    "CopyNotForTrade",
    "CopyUnlisted",
    "CopyWorsened",
    "Holding",
    "Holdings",
    "SurplusNotAccepted",
    "WantGroupId",
    "Wants",
    "ensure_free",
    "ensure_offered",
]


class Holdings(Protocol):
    """Used inside the caller's unit of work; lock copies before anything else but members (P5)."""

    async def lock(self, copies: Collection[CopyId]) -> Mapping[CopyId, Holding]:
        """Let nobody else promise or change these copies, and tell how they now stand."""
        ...

    async def promise(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        """Note their owner's consent to hand all of these locked, free copies over (P2)."""
        ...

    async def expect(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        """All have consented: each receiver may count on these promised copies (P8)."""
        ...

    async def dispatch(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        """These promised copies are on their way by mail: in transit, until they arrive."""
        ...

    async def release(self, agreements: Collection[AgreementId]) -> None:
        """End every live promise under these agreements; the copies are free again (P6)."""
        ...

    async def hand_over(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        """Fulfil these promises and no others: each locked copy is now its receiver's (P7)."""
        ...

    async def let_go(self, *, of: MemberId) -> None:
        """Who has left for good keeps nothing that nobody counts on (P10)."""
        ...

    async def cards(self, copies: Collection[CopyId]) -> Mapping[CopyId, CardView]:
        """Tell which card each copy is one of."""
        ...


class Wants(Protocol):
    """What members look for, kept in step with what they are promised and get (P8)."""

    async def ensure_room(
        self, member: MemberId, copies: Collection[CopyId], *, under: AgreementId
    ) -> None:
        """Raise SurplusNotAccepted where these copies are more than a want group has slots for.

        What the agreement has promised already does not count: it is these copies.
        """
        ...

    async def settle(self, moves: Mapping[MemberId, Collection[CopyId]]) -> None:
        """These copies have arrived: lower the counts, and close the groups that are full."""
        ...
