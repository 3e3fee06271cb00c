"""A schema as a database tells it, item by item, and how two of them differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Item:
    """Something that a database keeps: `table` is that which it belongs to, if it does."""

    kind: str
    table: str
    name: str

    def __str__(self) -> str:
        """Name it as people do: `column copies.note`."""
        return f"{self.kind} {f'{self.table}.' if self.table else ''}{self.name}"


Catalog = Mapping[Item, str]
"""What a database keeps, with the canonical text of each item."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One item that two schemas do not tell alike; None where a side does not have it."""

    item: Item
    expected: str | None
    found: str | None
    mend: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was held against the migrated schema, and where it differs."""

    dialect: str
    what: str
    differences: Sequence[Difference]


class CannotCompare(Exception):
    """A schema could not be read; the message says what to do."""


def differences(
    expected: Catalog, found: Catalog, mend: Callable[[Item], str]
) -> tuple[Difference, ...]:
    """Return what is not the same in both, in order; `mend` says where it is to be mended."""
    return tuple(
        Difference(item, expected.get(item), found.get(item), mend(item))
        for item in sorted(expected.keys() | found.keys())
        if expected.get(item) != found.get(item)
    )
