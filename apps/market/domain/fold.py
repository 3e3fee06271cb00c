"""The part of the market that some events are about, and what they change in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.market.domain.spells import CopyNow, Spells, WantKey, WantNow
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A trade as far as the market knows it; `moves` are the copies that each receiver gets."""

    moves: Mapping[MemberId, tuple[CopyId, ...]]
    disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """That a card was proposed to change hands, or has done so, by event number `ordinal`.

    `wanted_at` is since when its receiver had wanted one, where it was wanted and has come.
    """

    ordinal: int
    position: int
    completed: bool
    card: CardId
    giver: MemberId
    receiver: MemberId
    agreement: UUID
    at: datetime
    wanted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A trade of two that was completed undisputed, of copies of one card on each side (K5).

    `first` has given so many of `first_card` and taken so many of `second_card`.
    """

    ordinal: int
    trade: UUID
    first: MemberId
    second: MemberId
    first_card: CardId
    first_count: int
    second_card: CardId
    second_count: int
    at: datetime


@dataclass(slots=True)
class Fold:
    """What lasts of what the events are about, and what has become of it.

    It holds every lasting spell of the copies and want groups that they name, of the cards that
    are merged, the deals that they go on with, and the levels of their members.
    """

    copies: Spells[CopyId, CopyNow] = field(default_factory=Spells)
    wants: Spells[WantKey, WantNow] = field(default_factory=Spells)
    deals: dict[UUID, Deal] = field(default_factory=dict)
    levels: dict[MemberId, int] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    merges: list[tuple[CardId, CardId, int]] = field(default_factory=list)
