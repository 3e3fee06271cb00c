"""A card: one printed design, of a release, showing one idol or several (K1)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol, Self, TypedDict
from uuid import UUID

from apps.catalogue.domain.entry import Code, Entries, Entry, code_of, label_of, names_of
from apps.catalogue.domain.idol import IdolId
from apps.catalogue.domain.release import ReleaseId
from apps.shared.domain.errors import Conflict, DomainError, NotFound
from apps.shared.domain.model import Event

CardId = NewType("CardId", UUID)


class CardNotFound(NotFound):
    """There is no such card."""


class CardShowsNobody(DomainError):
    """A card shows at least one idol."""


class IdolShownTwice(DomainError):
    """Each idol on a card is named once."""


class UnitOfOne(DomainError):
    """A unit card shows at least two idols."""


class RetailerMissing(DomainError):
    """A pre-order benefit, a lucky draw or a fansign card names the shop that gave it."""


class CardIncomplete(DomainError):
    """A new card has a code, a release, at least one idol and a kind."""


class CodeFixed(DomainError):
    """A card keeps its code, since files know it by that."""


class MergedAlready(Conflict):
    """This card was merged into another one, and stands for that one only."""


class MergedIntoItself(DomainError):
    """A card is merged into another one."""


class Kind(StrEnum):
    """How a card came to those who have it."""

    ALBUM = "album"
    PREORDER_BENEFIT = "preorder_benefit"
    LUCKY_DRAW = "lucky_draw"
    FANSIGN = "fansign"
    BROADCAST = "broadcast"
    EVENT = "event"
    UNIT = "unit"


class CardFields(TypedDict, total=False):
    """What to say of a card; what is left out is as it was, or not there."""

    code: str
    release_id: ReleaseId
    idol_ids: Sequence[IdolId]
    kind: Kind
    retailer: str | None
    version: str | None
    number: str | None
    names: Sequence[str]


NEEDED = ("code", "release_id", "idol_ids", "kind")
GIVEN_BY_A_SHOP = {Kind.PREORDER_BENEFIT, Kind.LUCKY_DRAW, Kind.FANSIGN}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardMerged(Event):
    """Two cards were one and the same; `card` stands for `into` from now on (P9)."""

    card: CardId
    into: CardId


@dataclass(kw_only=True, eq=False)
class Card(Entry[CardId]):
    """`idol_ids` as they stand on it; `number` is printed, so it may be any text.

    `merged_into` is the surviving card, never itself a merged one, that this one stands for.
    """

    release_id: ReleaseId
    idol_ids: tuple[IdolId, ...]
    kind: Kind
    retailer: str | None
    version: str | None
    number: str | None
    image_url: str | None
    merged_into: CardId | None = None

    @classmethod
    def enter(
        cls,
        id: CardId,
        *,
        code: str,
        release_id: ReleaseId,
        idol_ids: Sequence[IdolId],
        kind: Kind,
        retailer: str | None = None,
        version: str | None = None,
        number: str | None = None,
        image_url: str | None = None,
        names: Sequence[str] = (),
    ) -> Self:
        """Put it into the catalogue.

        Raises CodeMalformed, NameMalformed, LabelMalformed, CardShowsNobody, IdolShownTwice,
        UnitOfOne, RetailerMissing.
        """
        if not idol_ids:
            raise CardShowsNobody
        if len(set(idol_ids)) < len(idol_ids):
            raise IdolShownTwice
        if kind is Kind.UNIT and len(idol_ids) == 1:
            raise UnitOfOne
        if kind in GIVEN_BY_A_SHOP and not retailer:
            raise RetailerMissing
        return cls(
            id=id,
            code=code_of(code),
            release_id=release_id,
            idol_ids=tuple(idol_ids),
            kind=kind,
            retailer=label_of(retailer) if retailer else None,
            version=label_of(version) if version else None,
            number=label_of(number) if number else None,
            image_url=image_url,
            names=names_of(names),
        )

    @classmethod
    def draft(cls, id: CardId, fields: CardFields) -> Self:
        """Put it into the catalogue as told. Raises CardIncomplete, and what `enter` raises."""
        missing = [name for name in NEEDED if name not in fields]
        if missing:
            raise CardIncomplete(missing=missing)
        return cls.enter(
            id,
            code=fields["code"],
            release_id=fields["release_id"],
            idol_ids=fields["idol_ids"],
            kind=fields["kind"],
            retailer=fields.get("retailer"),
            version=fields.get("version"),
            number=fields.get("number"),
            names=fields.get("names", ()),
        )

    def changed(self, fields: CardFields) -> Self:
        """Return the same card with these fields.

        Raises MergedAlready, CodeFixed, and what `enter` raises.
        """
        if self.merged_into:
            raise MergedAlready
        if fields.get("code", self.code) != self.code:
            raise CodeFixed
        return self.enter(
            self.id,
            code=self.code,
            release_id=fields.get("release_id", self.release_id),
            idol_ids=fields.get("idol_ids", self.idol_ids),
            kind=fields.get("kind", self.kind),
            retailer=fields.get("retailer", self.retailer),
            version=fields.get("version", self.version),
            number=fields.get("number", self.number),
            image_url=self.image_url,
            names=fields.get("names", self.names),
        )

    def merge(self, into: Self, *, at: datetime) -> None:
        """Stand for another card from now on (P9). Raises MergedIntoItself, MergedAlready."""
        if self.id == into.id:
            raise MergedIntoItself
        if self.merged_into or into.merged_into:
            raise MergedAlready
        self.merged_into = into.id
        self.record(CardMerged(card=self.id, into=into.id, at=at))


class CardRepository(Entries[Card], Protocol):
    """Every card."""

    async def lock(self, ids: Collection[CardId]) -> Mapping[CardId, Card]:
        """Return those of these cards that exist, for nobody else to change meanwhile."""
        ...

    async def merge(self, card: Card, /) -> None:
        """Keep that it was merged, and let those merged into it before follow."""
        ...

    async def has(self, code: Code) -> bool:
        """Tell whether there is a card with this code."""
        ...
