"""Tokens of the bare program: what the service checks and mints, with nothing around it."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from uuid_utils.compat import uuid7

from apps.identity.infrastructure.claims import ACCESS_AUDIENCE, REFRESH_AUDIENCE
from apps.identity.infrastructure.key_terms import ACCESS_TTL
from apps.identity.infrastructure.keys import Keyring

HALF = 32  # bytes of each of the two numbers of an ES256 signature


class Refused(Exception):
    """401."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys, constructed once."""

    signer: EllipticCurvePrivateKey
    kid: str
    mac: bytes
    mac_kid: int
    issuer: str

    @classmethod
    def of(cls, keyring: Keyring, issuer: str) -> "Keys":
        """Construct those of an installation."""
        signer = load_pem_private_key(keyring.access_pem.encode(), None)
        if not isinstance(signer, EllipticCurvePrivateKey):
            raise TypeError("Access tokens are signed on a curve.")
        mac_kid = keyring.refresh_kid
        return cls(signer, keyring.access_kid, keyring.refresh[mac_kid], mac_kid, issuer)

    def caller(self, token: str, *, now: datetime) -> tuple[UUID, UUID]:
        """Return session and member of an access token."""
        said, _, signature = token.rpartition(".")
        raw = _decoded(signature)
        try:
            self.signer.public_key().verify(
                encode_dss_signature(
                    int.from_bytes(raw[:HALF], "big"), int.from_bytes(raw[HALF:], "big")
                ),
                said.encode(),
                ECDSA(SHA256()),
            )
        except InvalidSignature as forged:
            raise Refused from forged
        claims = json.loads(_decoded(said.partition(".")[2]))
        if claims["iss"] != self.issuer or claims["exp"] < now.timestamp():
            raise Refused
        return UUID(claims["sid"]), UUID(claims["sub"])

    def access(self, row: Any, generation: int, *, now: datetime) -> str:
        """Mint an access token of a session's row."""
        issued = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": ACCESS_AUDIENCE,
            "sub": str(row["user_id"]),
            "sid": str(row["id"]),
            "jti": str(uuid7()),
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(ACCESS_TTL.total_seconds()),
            "auth_time": int(row["auth_time"].timestamp()),
            "gen": generation,
        }
        said = _said({"alg": "ES256", "kid": self.kid, "typ": "at+jwt"}, claims)
        r, s = decode_dss_signature(self.signer.sign(said.encode(), ECDSA(SHA256())))
        return f"{said}.{_encoded(r.to_bytes(HALF, 'big') + s.to_bytes(HALF, 'big'))}"

    def read_refresh(self, token: str) -> Any:
        """Return the claims of a refresh token of ours."""
        said, _, signature = token.rpartition(".")
        if not hmac.compare_digest(_decoded(signature), self._mac(said)):
            raise Refused
        return json.loads(_decoded(said.partition(".")[2]))

    def refresh(self, row: Any, generation: int, *, at: datetime, until: datetime) -> str:
        """Mint a refresh token of a session's row."""
        claims = {
            "aud": REFRESH_AUDIENCE,
            "sid": str(row["id"]),
            "gen": generation,
            "jti": jti(row["nonce"], generation),
            "iat": int(at.timestamp()),
            "exp": int(until.timestamp()),
        }
        said = _said({"alg": "HS256", "typ": "rt+jwt"}, claims)
        return f"{said}.{_encoded(self._mac(said))}"

    def _mac(self, said: str) -> bytes:
        return hmac.digest(self.mac, said.encode(), "sha256")


def jti(nonce: str, generation: int) -> str:
    """Return what only we can know of a refresh token."""
    return _encoded(hmac.digest(nonce.encode(), str(generation).encode(), "sha256"))


def digest(token: str) -> str:
    """Return what the database keeps."""
    return hashlib.sha256(token.encode()).hexdigest()


def _said(header: Any, claims: Any) -> str:
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    return ".".join(map(_encoded, parts))


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
