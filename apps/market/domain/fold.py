"""The part of the market that some events are about, and what they change in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.market.domain.spells import CopyNow, Spells, Wants
from apps.shared.domain.ids import MemberId

Key = TypeVar("Key")
State = TypeVar("State")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A trade as far as the market knows it; `moves` are the copies that each receiver gets."""

    moves: Mapping[MemberId, tuple[CopyId, ...]]
    disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """That a card was proposed to change hands, or has done so, by event number `ordinal`.

    `wanted_at` is since when its receiver had wanted one, where it was wanted and has come.
    `author` is who proposed it; nobody did where that was a round of matching.
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
    author: MemberId | None = None


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


class Known(dict[Key, State]):
    """What was known before, and `news`: which of it is said anew."""

    def __init__(self, before: Mapping[Key, State] | None = None) -> None:
        super().__init__(before or {})
        self.news: dict[Key, State] = {}

    def __setitem__(self, key: Key, state: State) -> None:
        super().__setitem__(key, state)
        self.news[key] = state


@dataclass(slots=True)
class Fold:
    """What lasts of what the events are about, and what has become of it.

    It holds every lasting spell of the copies and want groups that they name, of the cards that
    are merged, the deals that they go on with, and the levels of their members.
    """

    copies: Spells[CopyId, CopyNow] = field(default_factory=Spells)
    wants: Wants = field(default_factory=Wants)
    deals: Known[UUID, Deal] = field(default_factory=Known)
    levels: Known[MemberId, int] = field(default_factory=Known)
    moves: list[Move] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    merges: list[tuple[CardId, CardId, int]] = field(default_factory=list)
