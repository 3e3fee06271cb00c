"""The files of a catalogue as rows of cells, or as reasons why they cannot be."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from apps.catalogue.domain.entry import BETWEEN
from apps.shared.application.tables import (
    FIRST_ROW,
    NotCsv,
    header_faults,
    read_table,
    row_faults,
)

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
            table = [[cell.strip() for cell in row] for row in read_table(content)]
        except NotCsv as fault:
            return cls._refuse(file, fault.reason, fault.row)
        columns, *rows = table or [[]]
        agreed = COLUMNS[file]
        faults = [*header_faults(columns, known=agreed, needed=agreed)]
        faults = faults or [*row_faults(columns, rows)]
        if faults:
            refused = tuple(Refusal(file, each.row, each.column, each.reason) for each in faults)
            return cls(file, refused=refused)
        numbered = enumerate(rows, FIRST_ROW)
        return cls(
            file,
            tuple(
                Row(number, dict(zip(columns, row, strict=True))) for number, row in numbered if row
            ),
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
