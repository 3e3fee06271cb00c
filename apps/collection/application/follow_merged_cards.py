"""What becomes of copies and want groups when their card is merged into another one."""

from dataclasses import dataclass

from apps.catalogue.contract import CardMerged
from apps.collection.domain.copy import CopyRepository
from apps.collection.domain.want_group import WantGroupRepository


@dataclass(frozen=True, slots=True)
class FollowMergedCard:
    """They are of the surviving card from now on, and none is lost (P9)."""

    copies: CopyRepository
    wants: WantGroupRepository

    async def __call__(self, event: CardMerged) -> None:
        await self.copies.follow(event.card, into=event.into)
        await self.wants.follow(event.card, into=event.into)
