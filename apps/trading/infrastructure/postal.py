"""Columns of whatever holds a postal address, all of it sealed.

Rows that were written before addresses were sealed hold it plainly, until `kcs data reseal` has
reached them; both are read.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect, SmallInteger, String, Text, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.domain.country import Country
from apps.shared.infrastructure.sealing import Place, Sealer, number_of
from apps.trading.domain.address import PostalAddress


class Lines(TypeDecorator[tuple[str, ...]]):
    """Lines of text, none of which can hold a line break."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Put them below each other."""
        del dialect
        return None if value is None else "\n".join(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        """Take them apart."""
        del dialect
        return None if value is None else tuple(value.split("\n"))


class Postal:
    """What is sealed and with which key, and the columns in which the same was once kept."""

    sealed: Mapped[str | None] = mapped_column(Text)
    sealed_by: Mapped[int | None] = mapped_column(SmallInteger)
    recipient: Mapped[str | None] = mapped_column(String(100))
    lines: Mapped[tuple[str, ...] | None] = mapped_column(Lines())
    postal_code: Mapped[str | None] = mapped_column(String(16))
    city: Mapped[str | None] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[Country | None]
    phone: Mapped[str | None] = mapped_column(String(30))


POSTAL = ("recipient", "lines", "postal_code", "city", "region", "country", "phone")
BOOK = "addresses"
TOLD = "trade_addresses"


def place_of(table: str, *ids: object) -> Place:
    """Return where the sealed column of a row is; its member is part of what tells the row."""
    return Place(table, "sealed", "/".join(map(str, ids)))


def content_of(postal: PostalAddress, **more: Any) -> dict[str, Any]:
    """Return what is sealed."""
    return {**more, **{name: getattr(postal, name) for name in POSTAL}}


def sealed_in(sealer: Sealer, content: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Return the values of the columns of a row that holds this, and nothing of it plainly."""
    text = sealer.seal(content, place)
    return {**dict.fromkeys(content), "sealed": text, "sealed_by": number_of(text)}


def opened(sealer: Sealer, row: Any, place: Place, *names: str) -> dict[str, Any]:
    """Return these members of an address, whichever way its row holds them; raise SealBroken."""
    if row.sealed is None:
        return {name: getattr(row, name) for name in names}
    content = sealer.open(row.sealed, place)
    return {name: content[name] for name in names} | {"lines": tuple(content["lines"])}


def postal_in(sealer: Sealer, row: Any, place: Place) -> PostalAddress:
    """Return the address itself."""
    return PostalAddress(**opened(sealer, row, place, *POSTAL))
