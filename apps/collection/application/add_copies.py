"""Putting many cards into one's binder at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.catalogue.contract import CardId, Catalogue
from apps.collection.application.limits import CollectionLimits
from apps.collection.domain.copy import Condition, Copy, CopyRepository
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.unknown_card import CardUnknown
from apps.identity.contract import Directory
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import Clock, Ids, MemberId

MOST_AT_ONCE = 2_000
"""Copies that one request makes at most, which is more than a binder of the free plan holds."""


class TooManyAtOnce(DomainError):
    """These are more copies than one request may make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Copies of one card that are all alike."""

    card_id: CardId
    condition: Condition
    for_trade: bool
    note: str | None = None
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class AddCopies:
    """Put many cards that you hold into your binder: all of them or, if one is refused, none."""

    work: UnitOfWork
    copies: CopyRepository
    catalogue: Catalogue
    directory: Directory
    limits: CollectionLimits
    ids: Ids
    clock: Clock

    async def __call__(self, piles: Sequence[Pile], *, by: MemberId) -> list[CopyId]:
        ensure_few(piles)
        async with self.work:
            await self.directory.lock([by])
            held = await self.copies.count(of=by)
            self.limits.ensure_room(sum(pile.quantity for pile in piles), held=held)
            copies = await self._enter(piles, by)
            await self.copies.add_all(copies)
        return [copy.id for copy in copies]

    async def _enter(self, piles: Sequence[Pile], by: MemberId) -> list[Copy]:
        """Hold the cards, which others might merge meanwhile, and put copies of them down."""
        cards = await self.catalogue.hold({pile.card_id for pile in piles})
        unknown = [place for place, pile in enumerate(piles) if pile.card_id not in cards]
        if unknown:
            raise CardUnknown(*(f"/items/{place}/card_id" for place in unknown))
        now = self.clock.now()
        return [
            Copy.enter(
                CopyId(self.ids.next()),
                card_id=cards[pile.card_id],
                owner_id=by,
                condition=pile.condition,
                for_trade=pile.for_trade,
                note=pile.note,
                at=now,
            )
            for pile in piles
            for _ in range(pile.quantity)
        ]


def ensure_few(piles: Sequence[Pile]) -> None:
    """Hold that the piles together are not too high; raise TooManyAtOnce from where they are."""
    total, errors = 0, []
    for place, pile in enumerate(piles):
        total += pile.quantity
        if total > MOST_AT_ONCE:
            detail = f"Up to here these are {total} copies, and {MOST_AT_ONCE} are allowed."
            pointer = f"/items/{place}/quantity"
            errors.append({"pointer": pointer, "code": "too-many-at-once", "detail": detail})
    if errors:
        raise TooManyAtOnce(errors=errors)
