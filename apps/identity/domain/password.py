"""Passwords: how long they must be, and which ones are guessed first.

Nothing is asked about the kinds of their signs, and none expires.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from apps.identity.domain.likeness import likeness
from apps.shared.domain.errors import DomainError

LONGEST_PASSWORD = 128
LONGEST_PASSWORD_BYTES = 512
STAFF_MIN_LENGTH = 15
REST = 4
"""So many further signs make no better password of a bad one."""
SHORTEST_WORD = 4
"""A shorter word about somebody stands in too many good passwords."""
SERVICE = "kcardswap"
ALIKE = str.maketrans("01!|l3@4$5+789(", "oiiiieaassttbgc")
"""Signs that stand for letters; `1` stands for two, which count as one."""


class WeakPassword(DomainError):
    """This password is too easy to guess; choose a longer one."""

    def __init__(self, rule: str, detail: str) -> None:
        """Name the rule for clients, and tell members what to do."""
        super().__init__(detail, rule=rule)


def nothing(_folded: str) -> bool:
    """List no password at all."""
    return False


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """How long a password must be, in code points, and what it must not be made of."""

    min_length: int = 10
    is_common: Callable[[str], bool] = nothing
    """Whether a folded password is among those that are used most."""

    def check(self, password: str, *, about: Collection[str] = (), staff: bool = False) -> str:
        """Return the password in NFC; raise WeakPassword, and never shorten it silently.

        `about` is what everybody may know of its owner.
        """
        password = composed(password)
        self._ensure_length(password, max(self.min_length, STAFF_MIN_LENGTH * staff))
        if self.is_common(folded(password)):
            raise WeakPassword(
                "common",
                "This password is used by many and guessed first. Choose several words that do not"
                " belong together.",
            )
        if any(self.is_common(folded(word)) for word in cores(password)):
            raise WeakPassword(
                "derived",
                "But for the digits or signs at its end, this password is used by many and guessed"
                " first. Choose several words that do not belong together.",
            )
        if any(consists_of(word, password) for word in {SERVICE, *about}):
            raise WeakPassword(
                "personal",
                "This password is little more than your address, your name or that of this"
                " service. Choose several words that have nothing to do with you.",
            )
        return password

    def _ensure_length(self, password: str, min_length: int) -> None:
        length = len(password)
        if length < min_length:
            raise WeakPassword("too-short", f"A password has at least {min_length} characters.")
        if length > LONGEST_PASSWORD or len(password.encode()) > LONGEST_PASSWORD_BYTES:
            raise WeakPassword(
                "too-long",
                f"A password has at most {LONGEST_PASSWORD} characters"
                f" and {LONGEST_PASSWORD_BYTES} bytes.",
            )


def composed(password: str) -> str:
    """Return the password in NFC: keyboards differ in how they put accents on letters."""
    return unicodedata.normalize("NFC", password)


def folded(password: str) -> str:
    """Return what a password has in common with its variants in looks, digits and signs."""
    return likeness(password).translate(ALIKE)


def cores(password: str) -> Iterator[str]:
    """Yield what is left of a password without the last one to four digits and signs."""
    for rest in range(1, REST + 1):
        if password[-rest].isalpha():
            return
        yield password[:-rest]


def consists_of(word: str, password: str) -> bool:
    """Tell whether a word, once or repeated, is nearly all there is of a password."""
    word, password = plain(word), plain(password)
    rest = password.replace(word, "")
    return len(word) >= SHORTEST_WORD and rest != password and len(rest) <= REST


def plain(text: str) -> str:
    """Return the letters and digits of a text, folded."""
    return folded("".join(sign for sign in text if sign.isalnum()))
