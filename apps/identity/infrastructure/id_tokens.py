"""ID tokens of providers, read as if every character were meant to deceive."""

import hmac
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.identity.infrastructure.compact import Members, number, refuse, require, taken_apart, text
from apps.identity.infrastructure.provider_keys import ProviderKey

LARGEST = 16 * 1024
LEEWAY = timedelta(seconds=5)
ALGORITHMS = {"RS256", "ES256"}
HEADER = {"alg", "kid", "typ", "x5t", "x5t#S256"}
"""What may stand in a header; all else could ask a reader to do something."""
LONGEST_SUBJECT = 255
LONGEST_EMAIL_BYTES = 254
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
ES256_BYTES = 64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

FindKey = Callable[[str | None], Awaitable[ProviderKey | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """What is taken from an ID token that is in order; the address is verified."""

    subject: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an ID token has to say."""

    issuer: str
    client_ids: Collection[str]
    nonce: str


async def believed(token: str, expected: Expected, *, find_key: FindKey, at: datetime) -> Believed:
    """Believe a token only if all of it is in order; raise whatever it provokes if not."""
    header, claims, signature = taken_apart(token, largest=LARGEST)
    require(header.keys() <= HEADER and header.get("typ", "JWT") == "JWT", "header")
    algorithm = text(header, "alg")
    require(algorithm in ALGORITHMS, "alg")
    found = _checked(claims, expected, now=(at - _EPOCH) / _SECOND)
    kid = text(header, "kid") if "kid" in header else None
    key = await find_key(kid) or refuse("unknown kid")
    require(key.algorithm == algorithm, "alg of key")
    require(algorithm != "ES256" or len(signature) == ES256_BYTES, "length of signature")
    require(key.verify(token), "signature")
    return found


def _checked(claims: Members, expected: Expected, *, now: float) -> Believed:
    leeway = LEEWAY / _SECOND
    require(text(claims, "iss") == expected.issuer, "iss")
    _check_audience(claims, expected.client_ids)
    require(number(claims, "exp") + leeway > now, "expired")
    require(number(claims, "iat") <= now + leeway, "too early")
    require("nbf" not in claims or number(claims, "nbf") <= now + leeway, "too early")
    nonce = text(claims, "nonce")
    require(hmac.compare_digest(nonce.encode(), expected.nonce.encode()), "nonce")
    subject = text(claims, "sub")
    require(0 < len(subject) <= LONGEST_SUBJECT and _is_plain(subject), "sub")
    require(claims["email_verified"] is True, "email_verified")
    email = text(claims, "email")
    fits = len(email.encode()) <= LONGEST_EMAIL_BYTES and email.isprintable()
    require(fits and bool(EMAIL.fullmatch(email)), "email")
    return Believed(subject=subject, email=email)


def _check_audience(claims: Members, client_ids: Collection[str]) -> None:
    audience: Any = claims["aud"]
    named = audience if type(audience) is list else [audience]
    require(bool(named) and all(type(each) is str for each in named), "type of aud")
    require(not set(named).isdisjoint(client_ids), "aud")
    if len(named) > 1 or "azp" in claims:
        require(text(claims, "azp") in client_ids, "azp")


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
