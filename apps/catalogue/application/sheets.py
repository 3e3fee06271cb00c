"""The files of a catalogue as rows of cells, or as reasons why they cannot be."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from apps.catalogue.domain.entry import BETWEEN

COLUMNS: Mapping[str, Sequence[str]] = {
    "groups.csv": ("code", "name", "names"),
    "idols.csv": ("code", "name", "names"),
    "memberships.csv": ("group", "idol", "from", "to"),
    "releases.csv": ("code", "group", "title", "released_on", "names"),
    "cards.csv": (
        "code",
        "release",
        "idols",
        "kind",
        "retailer",
        "version",
        "number",
        "names",
    ),
}
"""The files there must be, and their columns, which may stand in any order."""

Cell = str | date | Sequence[str] | None
"""What a cell may be made of."""

FIRST_ROW = 2
"""As a spreadsheet counts: the names of the columns are row 1."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file cannot be taken over, as near to the fault as it is known."""

    file: str
    row: int | None
    column: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in a spreadsheet, and its cells by column, without space around."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read; where something is `refused`, its rows are not to be relied on."""

    file: str
    rows: Sequence[Row] = ()
    refused: Sequence[Refusal] = ()

    @classmethod
    def read(cls, file: str, content: bytes | None) -> Self:
        """Read CSV in UTF-8, with or without a byte order mark; None stands for no such file."""
        if content is None:
            return cls._refuse(file, "There is no such file.")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            row = content.count(b"\n", 0, fault.start) + 1
            return cls._refuse(file, "This is not UTF-8.", row)
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        read: list[list[str]] = []
        try:
            read.extend([cell.strip() for cell in line] for line in lines)
        except csv.Error as fault:
            return cls._refuse(file, f"This is not CSV: {fault}.", len(read) + 1)
        columns, *rows = read or [[]]
        faults = tuple(header_faults(file, columns)) or tuple(row_faults(file, columns, rows))
        numbered = enumerate(rows, FIRST_ROW)
        return cls(
            file,
            ()
            if faults
            else tuple(
                Row(number, dict(zip(columns, row, strict=True))) for number, row in numbered if row
            ),
            faults,
        )

    @classmethod
    def _refuse(cls, file: str, reason: str, row: int | None = None) -> Self:
        return cls(file, refused=(Refusal(file, row, None, reason),))


def written(rows: Iterable[Sequence[Cell]]) -> str:
    """Write rows as `Sheet.read` reads them, each in one line that ends with a line feed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [cell_of(value) for value in row] for row in rows
    )
    return text.getvalue()


def cell_of(value: Cell) -> str:
    """Return the text of a cell: values beside each other, dates by year, nothing as nothing."""
    match value:
        case None:
            return ""
        case str() | date():
            return str(value)
        case _:
            return BETWEEN.join(value)


def header_faults(file: str, columns: Sequence[str]) -> Iterator[Refusal]:
    """Compare the names of the columns with those agreed."""
    agreed = COLUMNS[file]
    for column in agreed:
        if column not in columns:
            yield Refusal(file, 1, column, "This column is missing.")
    for place, column in enumerate(columns):
        if column not in agreed:
            known = ", ".join(agreed)
            yield Refusal(file, 1, column, f"There is no such column, only {known}.")
        elif column in columns[:place]:
            yield Refusal(file, 1, column, "This column stands here twice.")


def row_faults(
    file: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[Refusal]:
    """Look for rows with more or fewer cells than there are columns; empty lines are none."""
    for number, row in enumerate(rows, FIRST_ROW):
        if row and len(row) != len(columns):
            reason = f"There are {len(row)} cells in this row, but {len(columns)} columns."
            yield Refusal(file, number, None, reason)
