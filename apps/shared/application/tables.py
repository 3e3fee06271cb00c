"""Tables as CSV (RFC 4180) in UTF-8: rows of cells, or the reason why they cannot be read."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from apps.shared.domain.errors import Malformed

FIRST_ROW = 2
"""As a spreadsheet counts: the names of the columns are row 1."""


class NotCsv(Malformed):
    """This is not CSV in UTF-8."""

    def __init__(self, row: int, reason: str) -> None:
        """Tell the row at fault, as a spreadsheet counts."""
        fault = {"pointer": f"/{row}", "code": "not-csv", "detail": reason}
        super().__init__(f"Line {row}: {reason}", errors=[fault])
        self.row = row
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TableFault:
    """What is wrong with a row, as near to the fault as it is known."""

    row: int
    column: str | None
    reason: str


def read_table(content: bytes) -> list[list[str]]:
    """Return all rows, that of the columns first; an empty line is a row without cells.

    A byte order mark in front is passed over, as spreadsheets write one. Raises NotCsv.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = content.count(b"\n", 0, fault.start) + 1
        raise NotCsv(row, "This is not UTF-8.") from fault
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as fault:
        raise NotCsv(len(rows) + 1, f"This is not CSV: {fault}.") from fault
    return rows


def header_faults(
    columns: Sequence[str], *, known: Collection[str], needed: Collection[str]
) -> Iterator[TableFault]:
    """Compare the names of the columns with those agreed; their order is free."""
    for column in needed:
        if column not in columns:
            yield TableFault(1, column, "This column is missing.")
    for place, column in enumerate(columns):
        if column not in known:
            reason = f"There is no such column, only {', '.join(known)}."
            yield TableFault(1, column, reason)
        elif column in columns[:place]:
            yield TableFault(1, column, "This column stands here twice.")


def row_faults(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[TableFault]:
    """Look for rows with more or fewer cells than there are columns; empty lines are none."""
    for number, row in enumerate(rows, FIRST_ROW):
        if row and len(row) != len(columns):
            reason = f"There are {len(row)} cells in this row, but {len(columns)} columns."
            yield TableFault(number, None, reason)
