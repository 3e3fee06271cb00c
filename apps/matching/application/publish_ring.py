"""Putting a ring of a round to its members."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from apps.collection.contract import (
    CopyAlreadyPromised,
    CopyId,
    OfferedCopy,
    OpenLists,
    OpenWant,
    WantGroupId,
    suits,
)
from apps.identity.contract import EmailNotVerified, TrustLevelTooLow, UserNotFound
from apps.matching.application.runs import PlannedRing, Rings
from apps.matching.domain.planned_ring import Dissolution
from apps.matching.domain.ring import Ring
from apps.shared.application.work import ChangedMeanwhile, UnitOfWork
from apps.shared.domain.errors import Busy, DomainError
from apps.shared.domain.ids import Clock
from apps.trading.contract import RingProposals

PARTY_IS_MISSING = (UserNotFound, TrustLevelTooLow, EmailNotVerified)


class Unwanted(Exception):
    """A card of the ring is not wanted any more by who would get it."""


class ProposedBefore(Exception):
    """Another worker was faster."""


@dataclass(frozen=True, slots=True)
class PublishRing:
    """Make a ring a proposed trade, once; one that has become impossible is dissolved instead."""

    work: UnitOfWork
    rings: Rings
    lists: OpenLists
    propose: RingProposals
    clock: Clock

    async def __call__(self, planned: PlannedRing) -> None:
        try:
            await self._propose(planned)
        except ProposedBefore:
            return
        except Unwanted:
            await self._dissolve(planned, Dissolution.NO_LONGER_WANTED)
        except (Busy, ChangedMeanwhile):
            raise
        except PARTY_IS_MISSING:
            await self._dissolve(planned, Dissolution.PARTY_UNAVAILABLE)
        except DomainError:
            await self._dissolve(planned, Dissolution.COPY_UNAVAILABLE)

    async def _propose(self, planned: PlannedRing) -> None:
        """Keep the trade and what it is for in one transaction."""
        async with self.work:
            await self._ensure_it_holds(planned.ring)
            trade = await self.propose(
                {leg[0].giver: [gift.copy for gift in leg] for leg in planned.ring.legs}
            )
            if not await self.rings.propose(planned.id, trade, at=self.clock.now()):
                raise ProposedBefore

    async def _ensure_it_holds(self, ring: Ring) -> None:
        """Look at the lists of its members as they are now."""
        offers = {copy.id: copy for copy in await self.lists.offers(ring.members)}
        wants = {want.id: want for want in await self.lists.wants(ring.members)}
        if any(gift.copy not in offers for gift in ring.gifts):
            raise CopyAlreadyPromised
        if not are_wanted(ring, offers, wants):
            raise Unwanted

    async def _dissolve(self, planned: PlannedRing, reason: Dissolution) -> None:
        async with self.work:
            await self.rings.dissolve(planned.id, reason, at=self.clock.now())


def are_wanted(
    ring: Ring,
    offers: Mapping[CopyId, OfferedCopy],
    wants: Mapping[WantGroupId, OpenWant],
) -> bool:
    """Tell whether each copy is of a card, and as good, as its group asks for, and has a slot."""
    taken = Counter(gift.group for gift in ring.gifts)
    return all(
        (want := wants.get(gift.group)) is not None
        and gift.card in want.card_ids
        and taken[gift.group] <= want.slots
        and suits(offers[gift.copy].condition, want.min_condition)
        for gift in ring.gifts
    )
