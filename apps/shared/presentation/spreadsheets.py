"""Rows as CSV that a spreadsheet only shows, and never computes."""

import csv
import io
import re
from collections.abc import Sequence

FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that a spreadsheet might compute (also in full width), or was kept from."""


def harmless(text: str) -> str:
    """Keep a spreadsheet from computing a text: with an apostrophe in front it is text."""
    return f"'{text}" if FORMULA.match(text) else text


def written(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as CSV, each ended by CRLF."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
