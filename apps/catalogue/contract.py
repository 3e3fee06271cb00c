"""What other contexts may know of the catalogue: cards by id, as they are shown to members."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from apps.catalogue.domain.card import CardId, CardMerged, Kind
from apps.catalogue.domain.group import GroupId
from apps.catalogue.domain.idol import IdolId
from apps.catalogue.domain.names import MOST_WORDS
from apps.catalogue.domain.release import ReleaseId

__all__ = [
    "MOST_WORDS",
    "CardId",
    "CardMerged",
    "CardOfGroup",
    "CardView",
    "CardsOfGroups",
    "Catalogue",
    "Found",
    "GroupId",
    "GroupRef",
    "IdolId",
    "IdolRef",
    "Kind",
    "ReleaseId",
    "ReleaseRef",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRef:
    """A group by name."""

    id: GroupId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdolRef:
    """An idol by stage name."""

    id: IdolId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRef:
    """A release by title."""

    id: ReleaseId
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A card with all that tells it from others; its idols in the order in which it shows them."""

    id: CardId
    code: str
    group: GroupRef
    idols: tuple[IdolRef, ...]
    release: ReleaseRef
    kind: Kind
    retailer: str | None
    version: str | None
    number: str | None
    image_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A card that free words may mean.

    `why` names the parts of the card that they name (group, idols, release, retailer, version), and
    `score` is how many of its parts this is, from 0 to 1; "names" stands for words that only its
    further names contain.
    """

    card: CardView
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOfGroup:
    """That a card presents a group, and the day on which its release came out."""

    card: CardId
    group: GroupId
    released_on: date


class CardsOfGroups(Protocol):
    """All cards there are and ever were, by group."""

    async def __call__(self) -> Sequence[CardOfGroup]:
        """Return each card for the group of its release, and for those of its idols by then."""
        ...


class Catalogue(Protocol):
    """The cards there are."""

    async def cards(self, ids: Collection[CardId]) -> Mapping[CardId, CardView]:
        """Return the cards that these ids stand for, in two questions however many they are.

        The id of a merged card stands for the surviving one.
        """
        ...

    async def hold(self, ids: Collection[CardId]) -> Mapping[CardId, CardId]:
        """Tell which cards these ids stand for; none is merged until this unit of work ends.

        Whoever lets something new refer to a card asks so, after members were locked and before
        anything else is. Unknown ids are left out. Raises Busy.
        """
        ...

    async def namesakes(self, ids: Collection[CardId]) -> Mapping[CardId, CardId]:
        """Tell which ids stand for the cards that these stand for, and for which, in one question.

        Those asked for are among them, and so is each that was merged into the same card.
        """
        ...

    async def presents(self, group: GroupId, release: ReleaseId | None) -> bool:
        """Tell whether there is this group and, where one is named, this release of it."""
        ...

    async def by_code(self, codes: Collection[str]) -> Mapping[str, CardView]:
        """Return those of these codes that exist, in two questions likewise."""
        ...

    async def find(self, texts: Collection[str]) -> Mapping[str, Sequence[Found]]:
        """Search the cards that each of these texts may mean, at most 20 of them, best first.

        Costs up to two questions for each text, and one for all of them.
        """
        ...
