"""The text of a want list: `(user) item : wanted wanted`, one item on each line.

A name that begins with % is a dummy of its user: at most one of what it wants. Lines that begin
with #! name options, others with # are comments; what stands between !BEGIN-OFFICIAL-NAMES and
!END-OFFICIAL-NAMES is skipped. A name with spaces stands in quotation marks; semicolons between
wanted items only set them apart.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from apps.matching.domain.want_list import Entry

OWNER = re.compile(r"\(([^()]*)\)\s*")
NAME = re.compile(r'[\s;]*(?:"([^"]*)"|([^\s:;"]+(?::[^\s:;"]+)*))')
COLON = re.compile(r"\s*:")
DUMMY = "%"
BETWEEN = " \t;"
BEGIN, END = "!BEGIN-OFFICIAL-NAMES", "!END-OFFICIAL-NAMES"
NOT_ALLOWED = "This list does not say ALLOW-DUMMIES, and yet has one."


class WantListUnreadable(ValueError):
    """A line of a want list that cannot be understood."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"Line {line}: {why}")
        self.line = line


@dataclass(slots=True)
class Row:
    """One line as it was read."""

    line: int
    owner: str
    name: str
    wants: list[str]


@dataclass(slots=True)
class WantListText:
    """All entries, and the names that are wanted but not offered, with the lines that want them."""

    entries: list[Entry]
    unknown: list[tuple[int, str]] = field(default_factory=list)


def read_want_list(lines: Iterable[str]) -> WantListText:
    """Read it whole. Raises WantListUnreadable."""
    options: set[str] = set()
    rows = list(rows_of(lines, options))
    places: dict[tuple[str, str], int] = {}
    for place, row in enumerate(rows):
        key = scoped(row.owner, row.name)
        if key in places:
            first = rows[places[key]].line
            raise WantListUnreadable(row.line, f"{row.name} stands on line {first} already.")
        places[key] = place
    text = WantListText([])
    for row in rows:
        wants: dict[int, None] = {}
        for name in row.wants:
            if (wanted := places.get(scoped(row.owner, name))) is None:
                text.unknown.append((row.line, name))
            else:
                wants[wanted] = None
        text.entries.append(
            Entry(
                owner=row.owner,
                name=row.name,
                wants=tuple(wants),
                dummy=row.name.startswith(DUMMY),
            )
        )
    return text


def scoped(owner: str, name: str) -> tuple[str, str]:
    """Tell what a name means: everybody has dummies of their own, and may name them alike."""
    return (owner if name.startswith(DUMMY) else "", name)


def rows_of(lines: Iterable[str], options: set[str]) -> Iterator[Row]:
    """Leave out what is no want list."""
    official = False
    for number, raw in enumerate(lines, start=1):
        line = raw.removeprefix("\ufeff").strip()
        if official or line == BEGIN:
            official = line != END
        elif line.startswith("#!"):
            options.update(line[2:].upper().split())
        elif line and not line.startswith("#"):
            yield row_of(number, line, options)
    if official:
        raise WantListUnreadable(number, f"There is no {END}.")


def row_of(number: int, line: str, options: set[str]) -> Row:
    """Read one line by the options above it."""
    if "CASE-SENSITIVE" not in options:
        line = line.upper()
    owner = OWNER.match(line)
    if line.startswith("!"):
        raise WantListUnreadable(number, f"Nobody knows what {line.split()[0]} means.")
    if not owner and "REQUIRE-USERNAMES" in options:
        raise WantListUnreadable(number, "The user in parentheses is missing.")
    name, end = name_at(number, line, owner.end() if owner else 0)
    colon = COLON.match(line, end)
    if not colon and "REQUIRE-COLONS" in options:
        raise WantListUnreadable(number, f"The colon behind {name} is missing.")
    wants: list[str] = []
    end = colon.end() if colon else end
    while line[end:].strip(BETWEEN):
        wanted, end = name_at(number, line, end)
        wants.append(wanted)
    if "ALLOW-DUMMIES" not in options and any(one.startswith(DUMMY) for one in (name, *wants)):
        raise WantListUnreadable(number, NOT_ALLOWED)
    return Row(number, owner[1].strip() if owner else name, name, wants)


def name_at(number: int, line: str, start: int) -> tuple[str, int]:
    """Read one name. Raises WantListUnreadable."""
    found = NAME.match(line, start)
    name = found and (found[1] if found[1] is not None else found[2])
    if not found or not name:
        what = line[start:].strip()[:20]
        raise WantListUnreadable(number, f"A name was expected, not {what!r}.")
    return name, found.end()
