"""A card: one printed design, of a release, showing one idol or several (K1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.catalogue.domain.entry import Entries, Entry, code_of, label_of, names_of
from apps.catalogue.domain.idol import IdolId
from apps.catalogue.domain.release import ReleaseId
from apps.shared.domain.errors import DomainError, NotFound

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


class Kind(StrEnum):
    """How a card came to those who have it."""

    ALBUM = "album"
    PREORDER_BENEFIT = "preorder_benefit"
    LUCKY_DRAW = "lucky_draw"
    FANSIGN = "fansign"
    BROADCAST = "broadcast"
    EVENT = "event"
    UNIT = "unit"


GIVEN_BY_A_SHOP = {Kind.PREORDER_BENEFIT, Kind.LUCKY_DRAW, Kind.FANSIGN}


@dataclass(kw_only=True, eq=False)
class Card(Entry[CardId]):
    """`idol_ids` as they stand on it; `number` is printed, so it may be any text."""

    release_id: ReleaseId
    idol_ids: tuple[IdolId, ...]
    kind: Kind
    retailer: str | None
    version: str | None
    number: str | None
    image_url: str | None

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


class CardRepository(Entries[Card], Protocol):
    """Every card."""
