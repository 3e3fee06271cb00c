"""Proposals as everybody who is signed in may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.catalogue.contract import CardId
from apps.catalogue.domain.proposal import Aim, ProposalAction, ProposalId, ProposalState
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """`card` has what is proposed to be said of the card, and nothing that is to stay."""

    id: ProposalId
    aim: Aim
    state: ProposalState
    proposer_id: MemberId | None
    card_id: CardId | None
    card: Mapping[str, Any]
    note: str | None
    confirmed_by: Sequence[MemberId]
    decided_by: MemberId | None
    decided_at: datetime | None
    created_at: datetime
    allowed_actions: Sequence[ProposalAction]


class ShowProposal(Protocol):
    """One proposal, with what you can do about it."""

    async def __call__(self, id: ProposalId, *, to: MemberId) -> ProposalView:
        """Raise ProposalNotFound."""
        ...


class ListProposals(Protocol):
    """Proposals, newest first; of several states one suffices."""

    async def __call__(
        self, *, to: MemberId, states: Sequence[ProposalState], after: str | None, limit: int
    ) -> Page[ProposalView]:
        """Return one page."""
        ...
