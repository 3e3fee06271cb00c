"""What a trade came to is counted for its parties at once (R8)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from apps.identity.contract import Standings, TradeRecord
from apps.shared.domain.ids import MemberId
from apps.trading.domain.history import TradeEvent
from apps.trading.domain.terms import DisputeKind

FRAUD = frozenset({DisputeKind.NOT_SENT, DisputeKind.CONFIRMATION_FALSE})
"""Disputes that nobody loses by bad luck: cards kept back, or said to be handed over and not.

What was lost in the mail, bent, mixed up or missed costs level 2, but not level 1.
"""


class TrackRecords(Protocol):
    """What trades have come to."""

    async def __call__(self, members: Collection[MemberId]) -> Mapping[MemberId, TradeRecord]:
        """Count those of these members; who has none is left out."""
        ...


@dataclass(frozen=True, slots=True)
class KeepStandings:
    """Count a trade that has ended, in the same transaction; levels rise and fall by that."""

    standings: Standings
    records: TrackRecords

    async def __call__(self, event: TradeEvent) -> None:
        await self.standings.recount(event.parties, self.records, at=event.at)
