"""Keeping one's binder."""

from dataclasses import dataclass

from apps.catalogue.contract import CardId, Catalogue
from apps.collection.application.limits import CollectionLimits
from apps.collection.domain.copy import Condition, Copy, CopyChanges, CopyRepository
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.unknown_card import CardUnknown
from apps.identity.contract import Directory
from apps.shared.application.work import Precondition, UnitOfWork, unconditional
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class AddCopy:
    """Put a card that you hold into your binder."""

    work: UnitOfWork
    copies: CopyRepository
    catalogue: Catalogue
    directory: Directory
    limits: CollectionLimits
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        *,
        by: MemberId,
        card_id: CardId,
        condition: Condition,
        for_trade: bool,
        note: str | None,
    ) -> CopyId:
        async with self.work:
            await self.directory.lock([by])
            card = (await self.catalogue.hold([card_id])).get(card_id)
            if card is None:
                raise CardUnknown("/card_id")
            copy = Copy.enter(
                CopyId(self.ids.next()),
                card_id=card,
                owner_id=by,
                condition=condition,
                for_trade=for_trade,
                note=note,
                at=self.clock.now(),
            )
            self.limits.ensure_room(1, held=await self.copies.count(of=by))
            await self.copies.add(copy)
        return copy.id


@dataclass(frozen=True, slots=True)
class ChangeCopy:
    """Change a copy of yours; unlisting it ends the proposals that count on it (T7).

    If it gets worse, those that ask for it lapse, and who was to get it has to consent anew (T19).
    """

    work: UnitOfWork
    copies: CopyRepository
    clock: Clock

    async def __call__(
        self,
        id: CopyId,
        changes: CopyChanges,
        *,
        by: MemberId,
        unchanged: Precondition = unconditional,
    ) -> None:
        async with self.work:
            copy, state = await self.copies.lock(id, of=by)
            await unchanged()
            copy.change(changes, state=state, at=self.clock.now())
            await self.copies.save(copy)


@dataclass(frozen=True, slots=True)
class RemoveCopy:
    """Take a copy out of your binder: sold, lost, or entered by mistake. Its chain stays."""

    work: UnitOfWork
    copies: CopyRepository
    clock: Clock

    async def __call__(
        self, id: CopyId, *, by: MemberId, unchanged: Precondition = unconditional
    ) -> None:
        async with self.work:
            copy, state = await self.copies.lock(id, of=by)
            await unchanged()
            copy.remove(state=state, at=self.clock.now())
            await self.copies.save(copy)
