"""Cells of a row become values; every one that cannot is noted, with the reason."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar, cast

from apps.catalogue.application.sheets import Refusal, Row, Sheet
from apps.catalogue.domain.card import (
    CardShowsNobody,
    IdolShownTwice,
    Kind,
    RetailerMissing,
    UnitOfOne,
)
from apps.catalogue.domain.entry import BETWEEN, Code
from apps.catalogue.domain.idol import MembershipEndsBeforeItBegins
from apps.shared.domain.errors import DomainError

T = TypeVar("T")
Id = TypeVar("Id")

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AT_FAULT: Mapping[type[DomainError], str] = {
    CardShowsNobody: "idols",
    IdolShownTwice: "idols",
    UnitOfOne: "idols",
    RetailerMissing: "retailer",
    MembershipEndsBeforeItBegins: "to",
}
"""The column to blame for a rule that concerns several."""


class CellRefused(DomainError):
    """This cell cannot be taken over."""


class RowRefused(DomainError):
    """Some cells of this row cannot be taken over."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One row under reading."""

    file: str
    row: Row
    refused: list[Refusal] = field(default_factory=list)

    def take(self, column: str, read: Callable[[str], T]) -> T:
        """Read a cell that must not be empty; what is returned for a bad one, `check` keeps in."""
        text = self.row.cells[column]
        if not text:
            self._note(column, CellRefused("This must not be empty."))
            return cast("T", None)
        return self._read(column, text, read)

    def perhaps(self, column: str, read: Callable[[str], T]) -> T | None:
        """Read a cell that may be empty."""
        text = self.row.cells[column]
        return self._read(column, text, read) if text else None

    def several(self, column: str, read: Callable[[str], T]) -> list[T]:
        """Read a cell of any number of values."""
        texts = (text.strip() for text in self.row.cells[column].split(BETWEEN))
        return [self._read(column, text, read) for text in texts if text]

    def check(self) -> None:
        """Hold that every cell was good. Raises RowRefused."""
        if self.refused:
            raise RowRefused

    def make(self, build: Callable[["Cells"], T]) -> list[T]:
        """Return what the row stands for, or nothing where something is wrong with it."""
        try:
            return [build(self)]
        except RowRefused:
            return []
        except DomainError as fault:
            self._note(AT_FAULT.get(type(fault)), fault)
            return []

    def refuse(self, column: str, reason: str) -> None:
        """Note a fault that only the whole file shows."""
        self._note(column, CellRefused(reason))

    def _read(self, column: str, text: str, read: Callable[[str], T]) -> T:
        try:
            return read(text)
        except DomainError as fault:
            self._note(column, fault)
            return cast("T", None)

    def _note(self, column: str | None, fault: DomainError) -> None:
        self.refused.append(Refusal(self.file, self.row.number, column, str(fault)))


def read_rows(
    sheet: Sheet, key: Sequence[str], build: Callable[[Cells], T], refused: list[Refusal]
) -> list[T]:
    """Build from every row; rows with the same key are one too many."""
    built: list[T] = []
    first: dict[tuple[str, ...], int] = {}
    for row in sheet.rows:
        cells = Cells(sheet.file, row)
        known = first.setdefault(tuple(row.cells[column] for column in key), row.number)
        if known != row.number:
            cells.refuse(key[0], f"Row {known} has the same {' and '.join(key)}.")
        built += cells.make(build)
        refused += cells.refused
    return built


def among(what: str, known: Mapping[Code, Id]) -> Callable[[str], Id]:
    """Return what reads the code of something that is in these files or in the catalogue."""

    def read(text: str) -> Id:
        if (code := Code(text)) in known:
            return known[code]
        raise CellRefused(f"There is no {what} with the code {text!r}.")

    return read


def day_of(text: str) -> date:
    """Read a date."""
    if DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError as unheard_of:
            raise CellRefused(f"There is no such day: {unheard_of}.") from unheard_of
    raise CellRefused(f"{text!r} is not a date such as 2022-08-01.")


def kind_of(text: str) -> Kind:
    """Read how a card came to those who have it."""
    try:
        return Kind(text)
    except ValueError as unknown:
        raise CellRefused(f"{text!r} is none of {', '.join(Kind)}.") from unknown
