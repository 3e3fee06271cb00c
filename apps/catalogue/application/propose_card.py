"""Proposing what the catalogue lacks or has wrong, and deciding on it (K2)."""

from dataclasses import dataclass

from apps.catalogue.application.keep_cards import CardDesk, References, ensure_known
from apps.catalogue.contract import Catalogue
from apps.catalogue.domain.card import Card, CardFields, CardId, CardRepository
from apps.catalogue.domain.entry import CodeTaken, EntryUnknown
from apps.catalogue.domain.proposal import (
    CardProposal,
    CardProposalRepository,
    CorrectsNothing,
    ProposalId,
    ProposalState,
)
from apps.identity.contract import Ranks
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class ProposeCard:
    """Propose a card that the catalogue lacks or, naming `card_id`, a correction of one it has.

    An addition tells at least code, release, idols and kind; a correction what is to change.
    """

    work: UnitOfWork
    proposals: CardProposalRepository
    cards: CardRepository
    catalogue: Catalogue
    references: References
    ids: Ids
    clock: Clock

    async def __call__(
        self, *, by: MemberId, card_id: CardId | None, fields: CardFields, note: str | None
    ) -> ProposalId:
        id = ProposalId(self.ids.next())
        async with self.work:
            await ensure_known(self.references, fields, below="/card")
            if card_id:
                card_id = await self._ensure_correction(card_id, fields)
            elif await self.cards.has(Card.draft(CardId(id), fields).code):
                raise CodeTaken
            proposal = CardProposal.propose(
                id, by=by, card_id=card_id, fields=fields, note=note, at=self.clock.now()
            )
            await self.proposals.add(proposal)
        return id

    async def _ensure_correction(self, asked: CardId, fields: CardFields) -> CardId:
        card_id = (await self.catalogue.hold([asked])).get(asked)
        if card_id is None:
            raise EntryUnknown("/card_id")
        card = (await self.cards.lock([card_id]))[card_id]
        if card.changed(fields).same_as(card):
            raise CorrectsNothing
        return card_id


@dataclass(frozen=True, slots=True)
class ConfirmProposal:
    """Say that a proposal is right: two members of trust level 2, or a curator, accept it so.

    An accepted proposal changes the catalogue at once.
    """

    work: UnitOfWork
    proposals: CardProposalRepository
    ranks: Ranks
    desk: CardDesk
    clock: Clock

    async def __call__(self, id: ProposalId, *, by: MemberId) -> None:
        async with self.work:
            proposal = await self.proposals.lock(id)
            proposal.confirm(await self.ranks.of(by), at=self.clock.now())
            if proposal.state is ProposalState.ACCEPTED:
                await self._apply(proposal, by=by)
            await self.proposals.save(proposal)

    async def _apply(self, proposal: CardProposal, *, by: MemberId) -> None:
        if proposal.card_id:
            await self.desk.change(
                proposal.card_id, proposal.fields, by=by, proposal_id=proposal.id
            )
        else:
            proposal.card_id = await self.desk.enter(
                proposal.fields, by=by, proposal_id=proposal.id
            )


@dataclass(frozen=True, slots=True)
class RejectProposal:
    """Say that a proposal is wrong; for curators, and for its proposer, who may withdraw it so."""

    work: UnitOfWork
    proposals: CardProposalRepository
    ranks: Ranks
    clock: Clock

    async def __call__(self, id: ProposalId, *, by: MemberId) -> None:
        async with self.work:
            proposal = await self.proposals.lock(id)
            proposal.reject(await self.ranks.of(by), at=self.clock.now())
            await self.proposals.save(proposal)
