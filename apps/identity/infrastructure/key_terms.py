"""From when until when a key signs: the name of its file says it, so that nobody has to be told.

`access.pem` signs from the beginning, `access-20261129T130000Z.pem` from that moment on, and each
until the next one does. `refresh-2-20261129T130000Z.key` likewise; of those that have begun, the
highest number signs. `data-2-20261129T130000Z.key` seals rows, by the same rule. Machines that have
the same files agree at any moment.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.identity.application.keep_keys import KeyState
from apps.identity.domain.session import TERMS, UNCONFIRMED_REPLAY_WINDOW
from apps.identity.domain.vouch import VALID_FOR
from apps.identity.infrastructure.key_files import KeysUnfit

ACCESS_TTL = timedelta(seconds=600)
LEEWAY = timedelta(seconds=5)
ACCESS_KEPT = ACCESS_TTL + LEEWAY
VOUCHES_KEPT = VALID_FOR
REFRESH_KEPT = TERMS.idle + UNCONFIRMED_REPLAY_WINDOW
"""How long what a key has signed may still be shown, once another key signs."""

RETIRED = "access-retired-*.pem"
"""Keys that were retired by hand; they verify for as long as they are there."""

ALWAYS = datetime.min.replace(tzinfo=UTC)
LARGEST_NUMBER = 2**15 - 1
"""Rows keep it in a SMALLINT."""

_STAMP = "%Y%m%dT%H%M%SZ"
_ACCESS_NAME = re.compile(r"access(?:-(?P<since>\d{8}T\d{6}Z))?\.pem")
_NUMBERED_NAME = re.compile(r"[a-z]+-(?P<number>[1-9][0-9]{0,4})(?:-(?P<since>\d{8}T\d{6}Z))?\.key")


@dataclass(frozen=True, slots=True)
class Term:
    """A key and its time."""

    path: Path
    number: int
    since: datetime
    until: datetime | None

    def state(self, at: datetime, *, kept: timedelta | None) -> KeyState:
        """Tell what it is for; an end that no name tells of is none, nor is there one by itself."""
        if at < self.since:
            return KeyState.NEXT
        if self.until is None or at < self.until:
            return KeyState.ACTIVE
        ended = kept is not None and self.until != ALWAYS and at >= self.until + kept
        return KeyState.ENDED if ended else KeyState.RETIRED

    def moments(self, *kept: timedelta) -> tuple[datetime, ...]:
        """Return when its state changes."""
        until = self.until
        return (self.since, *([until, *(until + each for each in kept)] if until else []))


def access_terms(folder: Path) -> Sequence[Term]:
    """Return the access keys of a folder in the order of their times; raise KeysUnfit."""
    retired = {*folder.glob(RETIRED)}
    begun = sorted(
        (_since(path, _ACCESS_NAME, "access-<YYYYMMDD>T<hhmmss>Z.pem")[1], path)
        for path in folder.glob("access*.pem")
        if path not in retired
    )
    ends = [*(since for since, _ in begun), None][1:]
    return [
        Term(path, number, since, until)
        for number, ((since, path), until) in enumerate(zip(begun, ends, strict=True), 1)
    ]


def refresh_terms(folder: Path) -> Sequence[Term]:
    """Return the refresh keys of a folder in the order of their numbers; raise KeysUnfit."""
    return _numbered(folder, "refresh")


def data_terms(folder: Path) -> Sequence[Term]:
    """Return the data keys of a folder likewise."""
    return _numbered(folder, "data")


def _numbered(folder: Path, kind: str) -> Sequence[Term]:
    named = f"{kind}-<1 to {LARGEST_NUMBER}>.key"
    found = [(*_since(path, _NUMBERED_NAME, named), path) for path in folder.glob(f"{kind}-*.key")]
    begun = sorted(found)
    numbers = [number for number, _, _ in begun]
    for (number, _, path), before in zip(begun[1:], numbers, strict=False):
        if number == before:
            raise KeysUnfit(f"{path} has the number of another key.")
    return [
        Term(path, number, since, min((each for _, each, _ in begun[at:]), default=None))
        for at, (number, since, path) in enumerate(begun, 1)
    ]


def active_of(terms: Sequence[Term], at: datetime) -> Term | None:
    """Return the one that signs."""
    return next((term for term in reversed(terms) if term.since <= at), None)


def stamp(moment: datetime) -> str:
    """Write a moment as the name of a file does."""
    return moment.strftime(_STAMP)


def _since(path: Path, name: re.Pattern[str], form: str) -> tuple[int, datetime]:
    told = name.fullmatch(path.name)
    number = int(told.groupdict().get("number") or 1) if told else 0
    if told is None or number > LARGEST_NUMBER:
        raise KeysUnfit(f"{path} must be named {form}.")
    if told["since"] is None:
        return number, ALWAYS
    try:
        return number, datetime.strptime(told["since"], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise KeysUnfit(f"{path} is named after no moment.") from None
