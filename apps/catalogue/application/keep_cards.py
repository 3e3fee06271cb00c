"""Cards as curators enter and change them, and as accepted proposals do (K2)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from apps.catalogue.domain.card import (
    Card,
    CardFields,
    CardId,
    CardNotFound,
    CardRepository,
)
from apps.catalogue.domain.change import CardChange, CardHistory, ChangeKind
from apps.catalogue.domain.curator import ensure_curator
from apps.catalogue.domain.entry import EntryUnknown
from apps.catalogue.domain.idol import IdolId
from apps.catalogue.domain.proposal import ProposalId
from apps.catalogue.domain.release import ReleaseId
from apps.identity.contract import Ranks
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import Precondition, UnitOfWork, unconditional
from apps.shared.domain.ids import Clock, Ids, MemberId


class References(Protocol):
    """What cards refer to."""

    async def known(
        self, *, releases: Collection[ReleaseId], idols: Collection[IdolId]
    ) -> Collection[UUID]:
        """Return those of these that the catalogue has."""
        ...


@dataclass(frozen=True, slots=True)
class CardDesk:
    """Writes a card together with its history."""

    cards: CardRepository
    history: CardHistory
    ids: Ids
    clock: Clock

    async def enter(
        self, fields: CardFields, *, by: MemberId, proposal_id: ProposalId | None = None
    ) -> CardId:
        """Raise CodeTaken, and what `Card.draft` raises."""
        card = Card.draft(CardId(self.ids.next()), fields)
        await self.cards.keep(new=[card], changed=[])
        await self._note(ChangeKind.ENTERED, None, card, by, proposal_id)
        return card.id

    async def change(
        self,
        id: CardId,
        fields: CardFields,
        *,
        by: MemberId,
        proposal_id: ProposalId | None = None,
        unchanged: Precondition = unconditional,
    ) -> None:
        """Raise CardNotFound, and what `Card.changed` raises; what changes nothing is not kept."""
        before = (await self.cards.lock([id])).get(id)
        if before is None:
            raise CardNotFound
        await unchanged()
        after = before.changed(fields)
        if not after.same_as(before):
            await self.cards.keep(new=[], changed=[after])
            await self._note(ChangeKind.CORRECTED, before, after, by, proposal_id)

    async def merge(self, id: CardId, *, into: CardId, by: MemberId) -> None:
        """Raise CardNotFound, EntryUnknown, and what `Card.merge` raises."""
        cards = await self.cards.lock([id, into])
        if id not in cards:
            raise CardNotFound
        if into not in cards:
            raise EntryUnknown("/into")
        card, before = cards[id], replace(cards[id])
        card.merge(cards[into], at=self.clock.now())
        await self.cards.merge(card)
        await self._note(ChangeKind.MERGED, before, card, by, None)

    async def _note(
        self,
        kind: ChangeKind,
        before: Card | None,
        after: Card,
        by: MemberId,
        proposal_id: ProposalId | None,
    ) -> None:
        change = CardChange(
            kind=kind,
            before=before,
            after=after,
            by=by,
            proposal_id=proposal_id,
            at=self.clock.now(),
        )
        await self.history.keep([change])


@dataclass(frozen=True, slots=True)
class EnterCard:
    """Put a card into the catalogue; for curators."""

    work: UnitOfWork
    ranks: Ranks
    references: References
    desk: CardDesk

    async def __call__(self, fields: CardFields, *, by: MemberId) -> CardId:
        async with self.work:
            ensure_curator(await self.ranks.of(by))
            await ensure_known(self.references, fields)
            return await self.desk.enter(fields, by=by)


@dataclass(frozen=True, slots=True)
class ChangeCard:
    """Change what the catalogue says of a card; for curators. What you leave out stays."""

    work: UnitOfWork
    ranks: Ranks
    references: References
    desk: CardDesk

    async def __call__(
        self,
        id: CardId,
        fields: CardFields,
        *,
        by: MemberId,
        unchanged: Precondition = unconditional,
    ) -> None:
        async with self.work:
            ensure_curator(await self.ranks.of(by))
            await ensure_known(self.references, fields)
            await self.desk.change(id, fields, by=by, unchanged=unchanged)


@dataclass(frozen=True, slots=True)
class MergeCard:
    """Let a card that is there twice be one, found under both ids; for curators.

    Copies and want groups become those of the surviving card (P9).
    """

    work: UnitOfWork
    ranks: Ranks
    desk: CardDesk
    audit: AuditLog

    async def __call__(self, id: CardId, *, into: CardId, by: MemberId) -> None:
        async with self.work:
            ensure_curator(await self.ranks.of(by))
            await self.desk.merge(id, into=into, by=by)
            await self.audit.write("card.merge", actor=by, target=id, into=str(into))


async def ensure_known(references: References, fields: CardFields, *, below: str = "") -> None:
    """Hold that the catalogue has what the fields refer to; `below` is where they stand.

    Raises EntryUnknown.
    """
    idols = fields.get("idol_ids", ())
    releases = [fields["release_id"]] if "release_id" in fields else []
    known = await references.known(releases=releases, idols=idols)
    places: list[tuple[str, UUID]] = [("release_id", release) for release in releases]
    places += [(f"idol_ids/{place}", idol) for place, idol in enumerate(idols)]
    unknown = [f"{below}/{place}" for place, id in places if id not in known]
    if unknown:
        raise EntryUnknown(*unknown)
