"""Matches as JSON."""

from pydantic import AwareDatetime, Field

from apps.matching.application.show_matches import (
    GainView,
    LeftOutView,
    MatchCopyView,
    MatchPartyView,
    ReasonView,
)
from apps.matching.domain.match import MatchKind
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Representation
from apps.trading.contract import Method


class MatchLegOut(Representation):
    """What one member would hand to another."""

    giver: MemberId = Field(serialization_alias="from")
    receiver: MemberId = Field(serialization_alias="to")
    copies: list[MatchCopyView]


class MatchOut(Representation):
    """A pair or ring that could be proposed now, by one of these methods."""

    id: str = Field(description="Opaque, yours, and good for 24 hours.")
    kind: MatchKind
    parties: list[MatchPartyView]
    legs: list[MatchLegOut]
    gains: list[GainView]
    reasons: list[ReasonView]
    methods: list[Method]
    score: int
    expires_at: AwareDatetime


class MatchesOut(Representation):
    """One page of matches, and what was not suggested."""

    items: list[MatchOut]
    next_cursor: str | None
    left_out: list[LeftOutView]
