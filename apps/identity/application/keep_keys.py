"""The keys that sign tokens and seal rows, and how one follows another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from apps.shared.domain.errors import Conflict, NotFound

AHEAD = timedelta(hours=1)
"""How long a key is there before it signs: so long may others keep the list of public keys."""

AT_ONCE = timedelta(seconds=30)
"""The same after a leak: every process of the installation has looked by then."""


class KeyNotFound(NotFound):
    """There is no such key."""


class KeyInUse(Conflict):
    """This key signs tokens or seals rows; let another one take over, and half a minute pass."""


class KeyNeeded(Conflict):
    """Rows are sealed with this key; run `kcs data reseal` first."""


class KeyFollows(Conflict):
    """Another key is about to take over already."""


class KeyKind(StrEnum):
    """What a key signs; or, of a data key, that it seals what rows keep."""

    ACCESS = "access"
    REFRESH = "refresh"
    DATA = "data"


SIGNING = (KeyKind.ACCESS, KeyKind.REFRESH)
"""The kinds that are changed together: what they have signed ends by itself, a row does not."""


class KeyState(StrEnum):
    """Whether a key signs, will sign, only verifies, or serves no longer."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShown:
    """One key by its name, which is the thumbprint of an access key; the secret is not shown."""

    kind: KeyKind
    name: str
    state: KeyState
    since: datetime | None
    """From when on it signs; None for a first key."""
    until: datetime | None
    """From when on another one does."""


class KeyChest(Protocol):
    """The key folder of an installation, as its operator sees it."""

    def shown(self) -> Sequence[KeyShown]:
        """Return all keys, each kind in the order in which they sign."""
        ...

    def rotate(self, kind: KeyKind, *, ahead: timedelta) -> KeyShown:
        """Lay down a key that signs from then on; raise KeyFollows where one waits already."""
        ...

    def retire(self, name: str) -> KeyShown:
        """Take a key away, and with it all that it has signed; raise KeyNotFound or KeyInUse."""
        ...

    def tidy(self) -> Sequence[KeyShown]:
        """Take away every key that has ended, and return them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """What a signature of ours is verified with (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str


class PublicKeys(Protocol):
    """The keys that access tokens are verified with, the next one included."""

    def __call__(self) -> Sequence[PublicKey]:
        """Return them as they are now."""
        ...
