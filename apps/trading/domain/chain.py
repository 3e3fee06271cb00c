"""The history of a trade as a chain: each event holds the digest of the one before it (K7)."""

import json
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import TradeId


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a trade, or that there is none yet: its place and its hash."""

    sequence: int = 0
    hash: str | None = None


COMMITMENT = "sha256:"
"""What a digest of words begins with, where it stands for them as a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a member gave as a reason, beside the chain: they can be erased, and it still holds."""

    salt: str
    text: str

    @property
    def commitment(self) -> str:
        """What the chain has of them; without the salt nobody can tell whether a guess is right."""
        return COMMITMENT + sha256((self.salt + self.text).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of a trade as its history tells it, in the order in which it is digested."""

    previous_hash: str | None
    """Of the event before it in the same trade; None of the first."""
    trade_id: TradeId
    sequence: int
    """Counts the events of the trade, from 1."""
    id: UUID
    kind: str
    revision: int
    actor_id: MemberId | None
    reason: str | None
    """One of ours, or the commitment to a member's words."""
    at: datetime

    @property
    def hash(self) -> str:
        """SHA-256 over a JSON array of all fields, as docs/trade-history.md gives it."""
        return sha256(self.canonical.encode()).hexdigest()

    @property
    def canonical(self) -> str:
        """The array without spaces: ids as text, the moment in UTC with six decimals."""
        told = [str(value) if isinstance(value, UUID) else value for value in astuple(self)[:-1]]
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return json.dumps([*told, at], ensure_ascii=False, separators=(",", ":"))

    def follows(self, head: Head, kept: str) -> bool:
        """Tell whether it is the next one behind this head, and has the hash that was kept."""
        linked = (self.sequence, self.previous_hash) == (head.sequence + 1, head.hash)
        return linked and self.hash == kept
