"""Signatures of providers in the form of Standard Webhooks 1.0, symmetric (`v1`)."""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from apps.group_orders.application.hear_providers import EventForged, Signatures

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
LENGTHS = range(24, 65)
"""Bytes of a secret, as the specification has them."""
VERSION = "v1"
PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,39}")
EVENT_ID = re.compile(r"[!-\-/-~]{1,255}")
"""Without a full stop, which parts what is signed."""
SECONDS = re.compile(r"[0-9]{1,12}")


class SecretUnfit(ValueError):
    """This is no secret of a provider."""


def key_of(secret: str) -> bytes:
    """Return the bytes that a secret is written for; raise SecretUnfit."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise SecretUnfit from None
    if not secret.startswith(PREFIX) or len(key) not in LENGTHS:
        raise SecretUnfit
    return key


def secrets_of(pairs: Sequence[str]) -> Mapping[str, Sequence[bytes]]:
    """Read `provider=whsec_…`; a provider has several while one takes the place of another."""
    keys: dict[str, list[bytes]] = {}
    for pair in pairs:
        provider, _, secret = pair.partition("=")
        if not PROVIDER.fullmatch(provider):
            raise SecretUnfit
        keys.setdefault(provider, []).append(key_of(secret))
    return keys


def signature_of(key: bytes, *, event_id: str, timestamp: str, body: bytes) -> str:
    """Sign an event as its provider does."""
    told = f"{event_id}.{timestamp}.".encode() + body
    return f"{VERSION},{b64encode(hmac.digest(key, told, 'sha256')).decode()}"


class StandardWebhooks(Signatures):
    """Compares with what each secret of the provider would give, in constant time."""

    def __init__(self, secrets: Mapping[str, Sequence[bytes]]) -> None:
        """Take the secrets by provider."""
        self._secrets = secrets

    def ensure(
        self,
        provider: str,
        *,
        event_id: str,
        timestamp: str,
        signature: str,
        body: bytes,
        at: datetime,
    ) -> None:
        """Look at the headers first; what is signed is neither read nor written anew."""
        if not (EVENT_ID.fullmatch(event_id) and SECONDS.fullmatch(timestamp)):
            raise EventForged
        if abs(int(at.timestamp()) - int(timestamp)) > TOLERANCE.total_seconds():
            raise EventForged
        told = [each.encode() for each in signature.split(" ")]
        fitting = [
            signature_of(key, event_id=event_id, timestamp=timestamp, body=body).encode()
            for key in self._secrets.get(provider, ())
        ]
        if not any(hmac.compare_digest(one, other) for one in told for other in fitting):
            raise EventForged
