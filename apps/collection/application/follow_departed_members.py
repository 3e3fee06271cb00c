"""What becomes of the copies of a member who leaves."""

from dataclasses import dataclass

from apps.collection.domain.copy import CopyRepository
from apps.identity.contract import DeletionAsked, MemberDeparted, MemberErased, MemberRemoved


@dataclass(frozen=True, slots=True)
class HoldBinder:
    """Lock the copies of who leaves before trading locks the trades over them (P5)."""

    copies: CopyRepository

    async def __call__(self, event: MemberDeparted | DeletionAsked) -> None:
        await self.copies.lock_all(of=event.member)


@dataclass(frozen=True, slots=True)
class ClearBinder:
    """Copies of who has left for good are gone, but for those promised or in transit (P10)."""

    copies: CopyRepository

    async def __call__(self, event: MemberRemoved | MemberErased) -> None:
        await self.copies.lock_all(of=event.member)
        await self.copies.let_go(of=event.member, at=event.at)
