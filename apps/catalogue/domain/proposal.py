"""A card proposal: a member says what the catalogue lacks or has wrong; others confirm it (K2)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.catalogue.domain.card import CardFields, CardId
from apps.catalogue.domain.curator import CuratorsOnly, curates
from apps.identity.contract import Rank, TrustLevelTooLow
from apps.shared.domain.errors import Conflict, DomainError, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

ProposalId = NewType("ProposalId", UUID)

CONFIRMATIONS_NEEDED = 2
LEVEL_NEEDED = 2
"""The trust level from which a member's confirmation counts."""


class ProposalNotFound(NotFound):
    """There is no such proposal."""


class ProposalDecided(Conflict):
    """This proposal was accepted or rejected already."""


class AlreadyConfirmed(Conflict):
    """You have confirmed this proposal; it takes somebody else now."""


class OwnProposal(Forbidden):
    """Somebody else has to confirm what you propose."""


class CorrectsNothing(DomainError):
    """A correction says something else than the catalogue."""


class Aim(StrEnum):
    """What becomes of the catalogue if a proposal is accepted."""

    ADDITION = "addition"
    CORRECTION = "correction"


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ProposalAction(StrEnum):
    """What a member can do about a proposal."""

    CONFIRM = "confirm"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All that decides what a member may do about a proposal."""

    state: ProposalState
    proposer_id: MemberId
    confirmed_by: Collection[MemberId]

    def hinders_confirming(self, member: Rank) -> DomainError | None:
        """Return why this member cannot confirm it, if so."""
        if not curates(member) and member.trust_level < LEVEL_NEEDED:
            return TrustLevelTooLow(f"It takes trust level {LEVEL_NEEDED} to confirm a proposal.")
        if member.id == self.proposer_id:
            return OwnProposal()
        if self.state is not ProposalState.OPEN:
            return ProposalDecided()
        return AlreadyConfirmed() if member.id in self.confirmed_by else None

    def hinders_rejecting(self, member: Rank) -> DomainError | None:
        """Return why this member cannot reject it, if so; its proposer may think better of it."""
        if not curates(member) and member.id != self.proposer_id:
            return CuratorsOnly()
        return None if self.state is ProposalState.OPEN else ProposalDecided()

    def allowed_actions(self, member: Rank) -> list[ProposalAction]:
        """Return what this member can do."""
        hindrances = {
            ProposalAction.CONFIRM: self.hinders_confirming(member),
            ProposalAction.REJECT: self.hinders_rejecting(member),
        }
        return [action for action, hindrance in hindrances.items() if hindrance is None]


@dataclass(kw_only=True, eq=False)
class CardProposal(Aggregate[ProposalId]):
    """`card_id` is the card to correct, or the one that an accepted addition has become."""

    proposer_id: MemberId
    aim: Aim
    card_id: CardId | None
    fields: CardFields
    note: str | None
    state: ProposalState
    confirmed_by: tuple[MemberId, ...]
    decided_by: MemberId | None
    decided_at: datetime | None
    created_at: datetime

    @classmethod
    def propose(
        cls,
        id: ProposalId,
        *,
        by: MemberId,
        card_id: CardId | None,
        fields: CardFields,
        note: str | None,
        at: datetime,
    ) -> Self:
        """Propose a correction of a card or, without one, an addition."""
        return cls(
            id=id,
            proposer_id=by,
            aim=Aim.CORRECTION if card_id else Aim.ADDITION,
            card_id=card_id,
            fields=fields,
            note=note,
            state=ProposalState.OPEN,
            confirmed_by=(),
            decided_by=None,
            decided_at=None,
            created_at=at,
        )

    @property
    def review(self) -> Review:
        """How it stands."""
        return Review(
            state=self.state, proposer_id=self.proposer_id, confirmed_by=self.confirmed_by
        )

    def confirm(self, member: Rank, *, at: datetime) -> None:
        """Say that it is right; the second member to say so, or a curator, accepts it.

        Raises TrustLevelTooLow, OwnProposal, ProposalDecided, AlreadyConfirmed.
        """
        if hindrance := self.review.hinders_confirming(member):
            raise hindrance
        self.confirmed_by = (*self.confirmed_by, member.id)
        if curates(member) or len(self.confirmed_by) >= CONFIRMATIONS_NEEDED:
            self._decide(ProposalState.ACCEPTED, by=member.id, at=at)

    def reject(self, member: Rank, *, at: datetime) -> None:
        """Say that it is wrong. Raises CuratorsOnly, ProposalDecided."""
        if hindrance := self.review.hinders_rejecting(member):
            raise hindrance
        self._decide(ProposalState.REJECTED, by=member.id, at=at)

    def _decide(self, state: ProposalState, *, by: MemberId, at: datetime) -> None:
        self.state, self.decided_by, self.decided_at = state, by, at


class CardProposalRepository(Protocol):
    """All proposals."""

    async def add(self, entity: CardProposal, /) -> None:
        """Keep a new one."""
        ...

    async def save(self, entity: CardProposal, /) -> None:
        """Keep what changed."""
        ...

    async def lock(self, id: ProposalId) -> CardProposal:
        """Return it for nobody else to decide meanwhile; raise ProposalNotFound."""
        ...
