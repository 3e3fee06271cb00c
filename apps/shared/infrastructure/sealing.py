"""Columns that only this installation can read: AES-256-GCM, and an index that is blind."""

import hmac
import json
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.shared.application.reseal import SealBroken

VERSION = "1"
"""Of the form: `VERSION.KEY.` and, in base64, the nonce and what it seals."""

NONCE_BYTES = 12

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKeys:
    """The data keys by their numbers, which of them seals, and the key of the blind index."""

    secrets: Mapping[int, bytes] = field(repr=False)
    sealing: int
    index: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something sealed belongs; elsewhere it opens nothing."""

    table: str
    column: str
    row: str

    def __str__(self) -> str:
        return f"{self.table}|{self.column}|{self.row}"


class Sealer:
    """Seals with the newest key, and opens with whatever key the text names."""

    def __init__(self, keys: Callable[[], DataKeys]) -> None:
        self._keys = keys

    @property
    def number(self) -> int:
        """Which key seals now."""
        return self._keys().sealing

    @property
    def numbers(self) -> frozenset[int]:
        """Which keys can open."""
        return frozenset(self._keys().secrets)

    def seal(self, content: Mapping[str, Any], place: Place, /) -> str:
        """Write it as text that begins with its version and the number of its key."""
        keys = self._keys()
        header, nonce = f"{VERSION}.{keys.sealing}", secrets.token_bytes(NONCE_BYTES)
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        sealed = cipher(keys.secrets[keys.sealing]).encrypt(nonce, plain, told(header, place))
        return f"{header}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, text: str, place: Place, /) -> dict[str, Any]:
        """Read it; raise SealBroken for what was changed, was put elsewhere, or has no key."""
        try:
            header, _, body = text.rpartition(".")
            secret, raw = self._keys().secrets[number_of(text)], urlsafe_b64decode(body)
            nonce, sealed = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            plain = cipher(secret).decrypt(nonce, sealed, told(header, place))
        except (InvalidTag, LookupError, ValueError) as fault:
            why = type(fault).__name__
            logger.error("a sealed value does not open: place=%s why=%s", place, why)  # noqa: TRY400
            raise SealBroken from None
        opened: dict[str, Any] = json.loads(plain)
        return opened

    def fingerprint(self, content: str, *, of: str) -> str:
        """Return what equals that of the same content, and tells nothing else without the key."""
        return hmac.digest(self._keys().index, f"{of}|{content}".encode(), "sha256").hex()


def number_of(text: str) -> int:
    """Return which key has sealed a text; raise ValueError or IndexError where none has."""
    version, number, *_ = text.split(".")
    if version != VERSION:
        raise ValueError(version)
    return int(number)


def told(header: str, place: Place) -> bytes:
    """Return what is authenticated beside the content."""
    return f"{header}|{place}".encode()


@cache
def cipher(secret: bytes) -> AESGCM:
    """Derive its key once."""
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"data").derive(secret))
