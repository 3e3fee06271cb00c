"""What SQLite says of its own schema."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from apps.operations.application.schema import Catalog, Item
from apps.operations.infrastructure.servers import VERSIONS

TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])
    |(?P<word>\w+(?:\.\w+)*)
    |(?P<sign>[<>=!|]+|.)""",
    re.VERBOSE | re.DOTALL,
)
PLAIN = re.compile(r"[A-Za-z_]\w*")
NAMELESS = {"PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}
KEPT = """
    SELECT type, name, tbl_name, sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY type, name
"""
"""Without what SQLite keeps for itself, such as the indexes behind UNIQUE and PRIMARY KEY."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A CREATE statement as SQLite keeps it, in tokens."""

    kind: str
    name: str
    table: str
    tokens: tuple[str, ...]

    @property
    def is_plain_table(self) -> bool:
        """Tell a table from views, and from tables that a module keeps."""
        return self.kind == "table" and self.tokens[1].upper() == "TABLE"

    def body(self) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
        """Return the columns and constraints of a table, and what follows them."""
        parts: list[tuple[str, ...]] = []
        depth, begin = 0, 0
        for place, sign in enumerate(self.tokens):
            depth += (sign == "(") - (sign == ")")
            if (sign, depth) == ("(", 1):
                begin = place + 1
            elif (sign, depth) in {(",", 1), (")", 0)}:
                parts.append(self.tokens[begin:place])
                begin = place + 1
        return parts, self.tokens[begin:]


def statements(file: str) -> list[Statement]:
    """Read all of them, without changing the file."""
    address = f"{Path(file).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        rows = connection.execute(KEPT).fetchall()
    return [
        Statement(kind, name, table, tuple(tokens_of(sql)))
        for kind, name, table, sql in rows
        if table != VERSIONS
    ]


def sqlite_catalog(file: str) -> Catalog:
    """Return all that the file has been told to keep, but for the table of versions."""
    return dict(entry for statement in statements(file) for entry in entries(statement))


def entries(statement: Statement) -> Iterator[tuple[Item, str]]:
    """Yield a statement as items; the order of columns and constraints means nothing."""
    if not statement.is_plain_table:
        of = "" if statement.kind in {"table", "view"} else statement.table
        yield Item(statement.kind, of, statement.name), canonical(statement.tokens)
        return
    parts, options = statement.body()
    yield Item("table", "", statement.name), canonical(options)
    for part in parts:
        kind, name = named(part)
        yield Item(kind, statement.name, name), canonical(part)


def named(part: tuple[str, ...]) -> tuple[str, str]:
    """Tell columns and constraints apart; one without a name is called by all of its text."""
    first = part[0].upper()
    if first == "CONSTRAINT":
        return "constraint", unquoted(part[1])
    if first in NAMELESS:
        return "constraint", canonical(part)
    return "column", unquoted(part[0])


def tokens_of(sql: str) -> Iterator[str]:
    """Yield the tokens of a statement without spaces and remarks."""
    for found in TOKEN.finditer(sql):
        if found.lastgroup != "blank":
            yield found.group()


def unquoted(token: str) -> str:
    """Leave quotes out where they mean nothing."""
    inside = token[1:-1] if token[0] in '"`[' else ""
    return inside if PLAIN.fullmatch(inside) else token


def canonical(tokens: Iterable[str]) -> str:
    """Write them so that only what means something differs."""
    return written(map(unquoted, tokens))


def written(tokens: Iterable[str]) -> str:
    """Write them with a space where one is needed or usual."""
    text = ""
    for token in tokens:
        close = not text or text[-1] == "(" or token in {"(", ")", ",", ";"}
        text += token if close else f" {token}"
    return text
