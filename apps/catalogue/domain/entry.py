"""What groups, idols, releases and cards have in common: a code, and names (K1)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NewType, Protocol, Self, TypeVar
from unicodedata import category, normalize

from apps.catalogue.domain.names import LONGEST_NAME
from apps.shared.domain.errors import Conflict, DomainError, NotFound
from apps.shared.domain.model import Aggregate

Code = NewType("Code", str)
Id = TypeVar("Id")
E = TypeVar("E")

LONGEST_CODE = 80
LONGEST_LABEL = 80
"""Characters of what is printed on a card beside its names: version, number and retailer."""

BETWEEN = "|"
"""Stands between the values of a cell that holds several, so no further name may hold it."""

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class CodeMalformed(DomainError):
    """A code is words of a-z and 0-9 joined by single hyphens, 80 characters at most."""


class CodeTaken(Conflict):
    """There is one with this code already."""


class EntryUnknown(NotFound):
    """There is no such card, release or idol in the catalogue."""

    def __init__(self, *pointers: str) -> None:
        """Point at each place of the body where such an id stands."""
        fault = {"code": "not-found", "detail": "There is no such entry."}
        super().__init__(errors=[{"pointer": each, **fault} for each in pointers])


class NameMalformed(DomainError):
    """A name has 1 to 200 characters, and no control characters among them."""


class LabelMalformed(DomainError):
    """A version, number or retailer has 1 to 80 characters, and no control characters."""


def code_of(text: str) -> Code:
    """Hold that this is a code. Raises CodeMalformed."""
    if len(text) > LONGEST_CODE or not CODE.fullmatch(text):
        raise CodeMalformed
    return Code(text)


def name_of(text: str) -> str:
    """Return a name composed (NFC) and without space around it. Raises NameMalformed."""
    return _line(text, LONGEST_NAME, NameMalformed)


def label_of(text: str) -> str:
    """Return a version, number or retailer likewise. Raises LabelMalformed."""
    return _line(text, LONGEST_LABEL, LabelMalformed)


def names_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return further names in their order, each once. Raises NameMalformed."""
    if any(BETWEEN in text for text in texts):
        raise NameMalformed(f"A further name does not contain {BETWEEN!r}.")
    return tuple(dict.fromkeys(map(name_of, texts)))


def _line(text: str, longest: int, refusal: type[DomainError]) -> str:
    line = normalize("NFC", text).strip()
    if not 0 < len(line) <= longest or any(category(sign) in {"Cc", "Cs"} for sign in line):
        raise refusal
    return line


@dataclass(kw_only=True, eq=False)
class Entry(Aggregate[Id]):
    """Found by its code in files, by its id everywhere else, and by `names` in the search."""

    code: Code
    names: tuple[str, ...]

    @property
    def called(self) -> tuple[str, ...]:
        """Everything it is called, for the search (K1)."""
        return self.names

    def same_as(self, other: Self) -> bool:
        """Tell whether both say the same in every field."""
        return all(
            getattr(self, each.name) == getattr(other, each.name)
            for each in fields(self)
            if each.init
        )


class Entries(Protocol[E]):
    """All entries of one kind, read and written in bulk."""

    async def by_code(self) -> Mapping[Code, E]:
        """Return every one."""
        ...

    async def keep(self, *, new: Sequence[E], changed: Sequence[E]) -> None:
        """Write them, and what the search knows of them. Raises CodeTaken."""
        ...
