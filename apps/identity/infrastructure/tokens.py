"""JWTs, minted and read; python-jose is asked about signatures and trusted with nothing else."""

import hashlib
import hmac
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from uuid import UUID

from jose import jwk
from jose.backends.base import Key
from jose.backends.cryptography_backend import (
    CryptographyECKey,
    CryptographyHMACKey,
    CryptographyRSAKey,
)

from apps.identity.application.ports import RefreshClaims, SessionTokens
from apps.identity.domain.session import InvalidRefreshToken, SessionId
from apps.identity.infrastructure.claims import (
    ACCESS_AUDIENCE,
    EPOCH,
    REFRESH_AUDIENCE,
    SECOND,
    AccessClaims,
    access_claims,
    refresh_claims,
    seconds,
)
from apps.identity.infrastructure.compact import (
    Members,
    decoded,
    encoded,
    reason,
    refuse,
    require,
    taken_apart,
    text,
    written,
)
from apps.identity.infrastructure.key_terms import ACCESS_TTL, LEEWAY
from apps.identity.infrastructure.keys import Keyring
from apps.shared.domain.errors import Busy, InvalidToken, TokenExpired
from apps.shared.domain.ids import MemberId

MOST_REMEMBERED = 4_096
"""Tokens whose signatures need not be verified again; their times always are."""

REFRESH_HEADER = written({"alg": "HS256", "typ": "rt+jwt"})

_ES256_BYTES = 64
_log = logging.getLogger(__name__)

Verifier = Callable[[str], bool]
"""Tells whether a token, which is in canonical form, was signed by the one key that it knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltKeys:
    """What signs and verifies as long as a keyring holds."""

    ring: Keyring
    header: str
    signer: Key
    accepted: Mapping[str, Key]
    outlived: Mapping[str, Key]
    macs: Mapping[int, Key]
    verified: Callable[[str], tuple[AccessClaims, int]]


class Tokens(SessionTokens):
    """Mints and reads both kinds of JWT."""

    def __init__(
        self, keys: Keyring, issuer: str, look: Callable[[], Keyring] | None = None
    ) -> None:
        """Build every key once; requests only choose among them, until `look` sees others."""
        self._issuer = issuer
        self._look = look or (lambda: keys)
        self._built: deque[BuiltKeys] = deque([self._build(keys)], maxlen=1)

    def _keys(self) -> BuiltKeys:
        """Return the keys of this moment; others believe nothing that these have verified."""
        seen = self._look()
        if seen is not self._built[0].ring:
            self._built.append(self._build(seen))
        return self._built[0]

    def _build(self, ring: Keyring) -> BuiltKeys:
        signer = _key(ring.access_pem, "ES256")
        others = _built(ring.upcoming) | _built(ring.retired)
        accepted = {ring.access_kid: signer.public_key()} | others
        return BuiltKeys(
            ring=ring,
            header=written({"alg": "ES256", "kid": ring.access_kid, "typ": "at+jwt"}),
            signer=signer,
            accepted=accepted,
            outlived=_built(ring.outlived),
            macs={kid: _key(secret, "HS256") for kid, secret in ring.refresh.items()},
            verified=lru_cache(MOST_REMEMBERED)(partial(self._access_claims, accepted)),
        )

    def accepted(self) -> Mapping[str, Key]:
        """Return every key that access tokens are verified with, the active one first."""
        return self._keys().accepted

    @property
    def mac_kid(self) -> int:
        """The number of the newest refresh key that has begun to sign."""
        return self._keys().ring.refresh_kid

    def access(
        self,
        *,
        member: MemberId,
        session: SessionId,
        generation: int,
        auth_time: datetime,
        at: datetime,
        jti: UUID,
    ) -> str:
        """Mint what a member shows with each request."""
        claims = {
            "iss": self._issuer,
            "aud": ACCESS_AUDIENCE,
            "sub": str(member),
            "sid": str(session),
            "jti": str(jti),
            "iat": seconds(at),
            "nbf": seconds(at),
            "exp": seconds(at + ACCESS_TTL),
            "auth_time": seconds(auth_time),
            "gen": generation,
        }
        keys = self._keys()
        return _minted(keys.header, claims, keys.signer)

    def read_access(self, token: str, *, at: datetime) -> AccessClaims:
        """Believe a token only if it is in all as we would have minted it, and still young."""
        now = (at - EPOCH) / SECOND
        try:
            claims, latest_moment = self._keys().verified(token)
            # A sign-in still to come would stay recent enough for step-up until it has passed.
            require(latest_moment <= now + LEEWAY / SECOND, "too early")
        except Exception as error:  # noqa: BLE001 - whatever a token provokes is its own fault
            _log.info("access token refused: %s", reason(error))
            raise InvalidToken from None
        if claims.expires_at + LEEWAY < at:
            raise TokenExpired
        return claims

    def sign(self, kind: str, claims: Members) -> str:
        """Sign claims of another kind, as the issuer of them."""
        keys = self._keys()
        header = written({"alg": "ES256", "kid": keys.ring.access_kid, "typ": kind})
        return _minted(header, {"iss": self._issuer} | claims, keys.signer)

    def verified(self, kind: str, token: str) -> Members:
        """Return the claims of a token of this kind; raise whatever it provokes if not ours.

        Any key will do that tokens of this kind can be left of.
        """
        header, claims, signature = taken_apart(token)
        keys = self._keys()
        key = _named(header, kind, {**keys.accepted, **keys.outlived})
        require(claims["iss"] == self._issuer, "iss")
        require(len(signature) == _ES256_BYTES and _signed(token, key), "signature")
        return claims

    def refresh(
        self,
        *,
        session: SessionId,
        generation: int,
        nonce: str,
        mac_kid: int,
        issued_at: datetime,
        expires_at: datetime,
    ) -> str:
        """Mint a refresh token; equal arguments give equal bytes, so a retry can be answered."""
        claims = {
            "aud": REFRESH_AUDIENCE,
            "sid": str(session),
            "gen": generation,
            "jti": _derived_jti(nonce, generation),
            "iat": seconds(issued_at),
            "exp": seconds(expires_at),
        }
        key = self._keys().macs.get(mac_kid)
        if key is None:  # other workers have a newer key already; one of them will answer
            raise Busy
        return _minted(REFRESH_HEADER, claims, key)

    def read_refresh(self, token: str) -> RefreshClaims:
        """Look at the shape only; it costs no query, and tells which session to ask about."""
        try:
            return refresh_claims(token)
        except Exception as error:  # noqa: BLE001 - whatever a token provokes is its own fault
            _log.info("refresh token refused: %s", reason(error))
            raise InvalidRefreshToken from None

    def verify_refresh(self, token: str, claims: RefreshClaims, *, nonce: str) -> bool:
        """Tell whether we minted it: it takes one of our keys and the session's nonce to do so.

        Any key will do, for a token outlives the moment at which its session moves to a newer one.
        """
        if self.read_refresh(token) != claims:
            return False
        signed = any(_signed(token, key) for key in self._keys().macs.values())
        derived = hmac.compare_digest(claims.jti, _derived_jti(nonce, claims.generation))
        return signed and derived

    def digest(self, token: str) -> str:
        """Hash it: the token cannot be found from that."""
        return hashlib.sha256(token.encode()).hexdigest()

    def new_nonce(self) -> str:
        """Draw the secret of a new session."""
        return secrets.token_urlsafe(32)

    def _access_claims(self, keys: Mapping[str, Key], token: str) -> tuple[AccessClaims, int]:
        header, claims, signature = taken_apart(token)
        key = _named(header, "at+jwt", keys)
        believed = access_claims(claims, self._issuer)
        require(len(signature) == _ES256_BYTES and _signed(token, key), "signature")
        return believed


def _named(header: Members, kind: str, keys: Mapping[str, Key]) -> Key:
    require(header.keys() == {"alg", "kid", "typ"}, "header members")
    require(header["alg"] == "ES256" and header["typ"] == kind, "alg or typ")
    return keys.get(text(header, "kid")) or refuse("unknown kid")


def verifier(pem: str, algorithm: str) -> Verifier:
    """Return what tells whether a key of somebody else's signed a token, by this algorithm."""
    key = _key(pem, algorithm)
    return lambda token: _signed(token, key)


def _built(pems: Mapping[str, str]) -> dict[str, Key]:
    return {kid: _key(pem, "ES256") for kid, pem in pems.items()}


def _key(secret: str | bytes, algorithm: str) -> Key:
    key = jwk.construct(secret, algorithm)
    if type(key) not in (CryptographyECKey, CryptographyHMACKey, CryptographyRSAKey):
        # The other backend, `ecdsa`, leaks the key through its timing.
        raise RuntimeError(f"python-jose must use cryptography, not {type(key).__name__}.")
    return key


def _minted(header: str, claims: Members, key: Key) -> str:
    said = f"{header}.{written(claims)}"
    return f"{said}.{encoded(key.sign(said.encode()))}"


def _signed(token: str, key: Key) -> bool:
    """Ask the key, which was built for one algorithm and takes a signature of no other."""
    said, _, signature = token.rpartition(".")
    return key.verify(said.encode(), decoded(signature))


def _derived_jti(nonce: str, generation: int) -> str:
    return encoded(hmac.digest(nonce.encode(), str(generation).encode(), "sha256"))
