"""The key folder of a running process, and as its operator changes it.

Every process looks at the folder each ten seconds, and when a key is due to take over; so nobody
has to be restarted or told. A key that cannot be read changes nothing: the log says so.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from cryptography.hazmat.primitives.asymmetric import ec

from apps.identity.application.keep_keys import (
    AT_ONCE,
    KeyChest,
    KeyFollows,
    KeyInUse,
    KeyKind,
    KeyNotFound,
    KeyShown,
    KeyState,
)
from apps.identity.infrastructure.key_files import (
    KeysMissing,
    KeysUnfit,
    lay_down,
    new_secret,
    private,
    private_pem,
    thumbprint,
)
from apps.identity.infrastructure.key_terms import (
    ALWAYS,
    REFRESH_KEPT,
    VOUCHES_KEPT,
    Term,
    access_terms,
    data_terms,
    refresh_terms,
    stamp,
)
from apps.identity.infrastructure.keys import Keyring, load
from apps.shared.domain.ids import Clock

LOOK = 10.0
"""Seconds between two looks at the folder, at most."""

TERMS = {
    KeyKind.ACCESS: access_terms,
    KeyKind.REFRESH: refresh_terms,
    KeyKind.DATA: data_terms,
}
KEPT = {KeyKind.ACCESS: VOUCHES_KEPT, KeyKind.REFRESH: REFRESH_KEPT, KeyKind.DATA: None}
"""How long what a key has done may still be shown; a row that it has sealed, for ever."""

_log = logging.getLogger(__name__)
_Seen = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Look:
    """What the folder held when it was looked at, and when to do so again."""

    seen: _Seen
    keys: Keyring
    again_at: float


class KeyFolder:
    """Returns the same keys until there are others."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Read the folder; raise KeysMissing or KeysUnfit."""
        self._folder = folder
        self._clock = clock
        first = self._looked(self._listed(), load(folder, clock.now()))
        self._last = deque([first], maxlen=1)

    def __call__(self) -> Keyring:
        """Look again when it is time to."""
        last = self._last[0]
        if monotonic() < last.again_at:
            return last.keys
        now, seen, changes_at = self._clock.now(), self._listed(), last.keys.changes_at
        is_due = changes_at is not None and now >= changes_at
        keys = self._read(now, last.keys) if is_due or seen != last.seen else last.keys
        self._last.append(self._looked(seen, keys))
        return keys

    def _read(self, now: datetime, before: Keyring) -> Keyring:
        try:
            keys = load(self._folder, now)
        except (KeysMissing, KeysUnfit) as fault:
            _log.error("the keys stay as they were: %s", fault)
            return before
        signing = (keys.access_kid, keys.refresh_kid, keys.data.sealing)
        _log.info("keys that sign: access=%s refresh=%s data=%s", *signing)
        return keys

    def _looked(self, seen: _Seen, keys: Keyring) -> Look:
        left = LOOK
        if keys.changes_at:
            left = (keys.changes_at - self._clock.now()).total_seconds()
        return Look(seen, keys, monotonic() + (min(left, LOOK) if left > 0 else LOOK))

    def _listed(self) -> _Seen:
        """Return what tells that a file has come, gone, or been changed."""
        try:
            told = [(path.name, path.stat()) for path in self._folder.iterdir()]
        except OSError:  # gone while it was looked at; the next look will see
            return frozenset()
        return frozenset((name, each.st_mtime_ns, each.st_ctime_ns) for name, each in told)


class FolderChest(KeyChest):
    """Lays files down and takes them away."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def shown(self) -> Sequence[KeyShown]:
        """Read every name, and of access keys what they are named by."""
        return [shown for shown, _ in self._all()]

    def rotate(self, kind: KeyKind, *, ahead: timedelta) -> KeyShown:
        """Name the file after the moment at which it begins."""
        since = self._clock.now() + ahead
        terms = TERMS[kind](self._folder)
        if any(self._clock.now() < term.since <= since for term in terms):
            raise KeyFollows
        if kind is KeyKind.ACCESS:
            path = self._folder / f"access-{stamp(since)}.pem"
            lay_down(path, private_pem(ec.generate_private_key(ec.SECP256R1())))
        else:
            number = max((term.number for term in terms), default=0) + 1
            path = self._folder / f"{kind}-{number}-{stamp(since)}.key"
            lay_down(path, new_secret())
        return next(shown for shown, at in self._all() if at == path)

    def retire(self, name: str) -> KeyShown:
        """Delete its file."""
        for shown, path in self._all():
            if shown.name == name:
                if shown.state is KeyState.ACTIVE or self._seals_still(shown):
                    raise KeyInUse
                path.unlink()
                return shown
        raise KeyNotFound

    def tidy(self) -> Sequence[KeyShown]:
        """Delete the files of those that serve for nothing."""
        ended = [each for each in self._all() if each[0].state is KeyState.ENDED]
        for _, path in ended:
            path.unlink()
        return [shown for shown, _ in ended]

    def _all(self) -> Sequence[tuple[KeyShown, Path]]:
        _ = load(self._folder, self._clock.now())  # or the folder is not one to be shown
        access = [
            self._shown(term, KeyKind.ACCESS, thumbprint(private(term.path).public_key()))
            for term in access_terms(self._folder)
        ]
        numbered = [
            self._shown(term, kind, f"{kind}-{term.number}")
            for kind in (KeyKind.REFRESH, KeyKind.DATA)
            for term in TERMS[kind](self._folder)
        ]
        return [*access, *numbered]

    def _seals_still(self, shown: KeyShown) -> bool:
        """Whether a unit of work may be open that has sealed with it."""
        ended = shown.until if shown.kind is KeyKind.DATA else None
        return ended is not None and self._clock.now() < ended + AT_ONCE

    def _shown(self, term: Term, kind: KeyKind, name: str) -> tuple[KeyShown, Path]:
        shown = KeyShown(
            kind=kind,
            name=name,
            state=term.state(self._clock.now(), kept=KEPT[kind]),
            since=None if term.since == ALWAYS else term.since,
            until=None if term.until == ALWAYS else term.until,
        )
        return shown, term.path
