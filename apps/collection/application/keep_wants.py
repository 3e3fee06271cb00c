"""Keeping the list of what one looks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.catalogue.contract import CardId, Catalogue
from apps.collection.application.limits import CollectionLimits
from apps.collection.domain.copy import Condition
from apps.collection.domain.unknown_card import CardUnknown
from apps.collection.domain.want_group import (
    WantGroup,
    WantGroupChanges,
    WantGroupId,
    WantGroupRepository,
    each_once,
)
from apps.identity.contract import Directory
from apps.shared.application.work import Precondition, UnitOfWork, unconditional
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class OpenWantGroup:
    """Look for so many of these cards."""

    work: UnitOfWork
    wants: WantGroupRepository
    catalogue: Catalogue
    directory: Directory
    limits: CollectionLimits
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        *,
        by: MemberId,
        card_ids: Sequence[CardId],
        count: int,
        rank: int,
        min_condition: Condition | None,
    ) -> WantGroupId:
        async with self.work:
            await self.directory.lock([by])
            group = WantGroup.open(
                WantGroupId(self.ids.next()),
                member_id=by,
                card_ids=await hold_cards(self.catalogue, card_ids),
                count=count,
                rank=rank,
                min_condition=min_condition,
                at=self.clock.now(),
            )
            had, limit = await self.wants.count(of=by), self.limits.want_groups_max
            if had >= limit:
                raise LimitExceeded("want_groups_max", limit=limit, current=had)
            await self.wants.add(group)
        return group.id


@dataclass(frozen=True, slots=True)
class ChangeWantGroup:
    """Change what you look for; what you leave out stays."""

    work: UnitOfWork
    wants: WantGroupRepository
    catalogue: Catalogue
    clock: Clock

    async def __call__(
        self,
        id: WantGroupId,
        changes: WantGroupChanges,
        *,
        by: MemberId,
        unchanged: Precondition = unconditional,
    ) -> None:
        async with self.work:
            if "card_ids" in changes:
                held = await hold_cards(self.catalogue, changes["card_ids"])
                changes = {**changes, "card_ids": held}
            group = await self.wants.lock(id, of=by)
            await unchanged()
            group.change(changes, at=self.clock.now())
            await self.wants.save(group)


@dataclass(frozen=True, slots=True)
class CloseWantGroup:
    """Stop looking for these cards."""

    work: UnitOfWork
    wants: WantGroupRepository
    clock: Clock

    async def __call__(
        self, id: WantGroupId, *, by: MemberId, unchanged: Precondition = unconditional
    ) -> None:
        async with self.work:
            group = await self.wants.lock(id, of=by)
            await unchanged()
            group.close(at=self.clock.now())
            await self.wants.delete(group)


async def hold_cards(catalogue: Catalogue, card_ids: Sequence[CardId]) -> Sequence[CardId]:
    """Keep these cards from being merged meanwhile, and return what they are now, each once.

    Raises DuplicateIds, CardUnknown.
    """
    now = await catalogue.hold(each_once(card_ids))
    unknown = [f"/card_ids/{place}" for place, id in enumerate(card_ids) if id not in now]
    if unknown:
        raise CardUnknown(*unknown)
    return list(dict.fromkeys(now[id] for id in card_ids))
