"""A change of a card, as its history keeps it: who, what, when, before and after (K2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from apps.catalogue.domain.card import Card
from apps.catalogue.domain.proposal import ProposalId
from apps.shared.domain.ids import MemberId


class ChangeKind(StrEnum):
    """What happened to a card."""

    ENTERED = "entered"
    CORRECTED = "corrected"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChange:
    """`by` nobody: an operator's import; `proposal_id` is the proposal that was accepted by it."""

    kind: ChangeKind
    before: Card | None
    after: Card
    by: MemberId | None
    proposal_id: ProposalId | None = None
    at: datetime


class CardHistory(Protocol):
    """Every change of every card; it only grows."""

    async def keep(self, changes: Sequence[CardChange]) -> None:
        """Add these in their order."""
        ...
