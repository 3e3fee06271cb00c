"""JWTs, minted and read; python-jose is asked about signatures and trusted with nothing else."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
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
from apps.identity.infrastructure.compact import (
    Members,
    decoded,
    encoded,
    number,
    reason,
    refuse,
    require,
    taken_apart,
    text,
    uuid,
    written,
)
from apps.identity.infrastructure.keys import Keyring
from apps.shared.domain.errors import Busy, InvalidToken, TokenExpired
from apps.shared.domain.ids import MemberId

ACCESS_TTL = timedelta(seconds=600)
LEEWAY = timedelta(seconds=5)
ACCESS_AUDIENCE = "kcardswap-api"
REFRESH_AUDIENCE = "kcardswap-refresh"

MOST_REMEMBERED = 4_096
"""Tokens whose signatures need not be verified again; their times always are."""

MOST_AT_ONCE = 64
"""Refresh tokens whose form need not be read again; each request does so twice."""

REFRESH_HEADER = written({"alg": "HS256", "typ": "rt+jwt"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_GENERATIONS = 2**31
_ES256_BYTES = 64
_SHA256_BYTES = 32
_ACCESS_CLAIMS = {"iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "auth_time", "gen"}
_REFRESH_CLAIMS = {"aud", "sid", "gen", "jti", "iat", "exp"}
_log = logging.getLogger(__name__)

Verifier = Callable[[str], bool]
"""Tells whether a token, which is in canonical form, was signed by the one key that it knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says about the one who sent it."""

    member_id: MemberId
    session_id: SessionId
    generation: int
    auth_time: datetime
    issued_at: datetime
    expires_at: datetime


class Tokens(SessionTokens):
    """Mints and reads both kinds of JWT."""

    def __init__(self, keys: Keyring, issuer: str) -> None:
        """Build every key once; requests only choose among them."""
        self._issuer = issuer
        self._kid = keys.access_kid
        self._header = written({"alg": "ES256", "kid": self._kid, "typ": "at+jwt"})
        self._signer = _key(keys.access_pem, "ES256")
        retired = {kid: _key(pem, "ES256") for kid, pem in keys.retired.items()}
        self._accepted = retired | {self._kid: self._signer.public_key()}
        self._macs = {kid: _key(secret, "HS256") for kid, secret in keys.refresh.items()}
        self._mac_kid = keys.refresh_kid
        self._verified = lru_cache(MOST_REMEMBERED)(self._access_claims)

    @property
    def mac_kid(self) -> int:
        """The number of the newest refresh key."""
        return self._mac_kid

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
            "iat": _seconds(at),
            "nbf": _seconds(at),
            "exp": _seconds(at + ACCESS_TTL),
            "auth_time": _seconds(auth_time),
            "gen": generation,
        }
        return _minted(self._header, claims, self._signer)

    def read_access(self, token: str, *, at: datetime) -> AccessClaims:
        """Believe a token only if it is in all as we would have minted it, and still young."""
        now = (at - _EPOCH) / _SECOND
        try:
            claims, latest_moment = self._verified(token)
            # A sign-in still to come would stay recent enough for step-up until it has passed.
            require(latest_moment <= now + LEEWAY / _SECOND, "too early")
        except Exception as error:  # noqa: BLE001 - whatever a token provokes is its own fault
            _log.info("access token refused: %s", reason(error))
            raise InvalidToken from None
        if claims.expires_at + LEEWAY < at:
            raise TokenExpired
        return claims

    def sign(self, kind: str, claims: Members) -> str:
        """Sign claims of another kind, as the issuer of them."""
        header = written({"alg": "ES256", "kid": self._kid, "typ": kind})
        return _minted(header, {"iss": self._issuer} | claims, self._signer)

    def verified(self, kind: str, token: str) -> Members:
        """Return the claims of a token of this kind; raise whatever it provokes if not ours."""
        header, claims, signature = taken_apart(token)
        key = self._signed_by(header, kind)
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
            "iat": _seconds(issued_at),
            "exp": _seconds(expires_at),
        }
        key = self._macs.get(mac_kid)
        if key is None:  # other workers have a newer key already; one of them will answer
            raise Busy
        return _minted(REFRESH_HEADER, claims, key)

    def read_refresh(self, token: str) -> RefreshClaims:
        """Look at the shape only; it costs no query, and tells which session to ask about."""
        try:
            return _refresh_claims(token)
        except Exception as error:  # noqa: BLE001 - whatever a token provokes is its own fault
            _log.info("refresh token refused: %s", reason(error))
            raise InvalidRefreshToken from None

    def verify_refresh(self, token: str, claims: RefreshClaims, *, nonce: str) -> bool:
        """Tell whether we minted it: it takes one of our keys and the session's nonce to do so.

        Any key will do, for a token outlives the moment at which its session moves to a newer one.
        """
        if self.read_refresh(token) != claims:
            return False
        signed = any(_signed(token, key) for key in self._macs.values())
        derived = hmac.compare_digest(claims.jti, _derived_jti(nonce, claims.generation))
        return signed and derived

    def digest(self, token: str) -> str:
        """Hash it: the token cannot be found from that."""
        return hashlib.sha256(token.encode()).hexdigest()

    def new_nonce(self) -> str:
        """Draw the secret of a new session."""
        return secrets.token_urlsafe(32)

    def _signed_by(self, header: Members, kind: str) -> Key:
        require(header.keys() == {"alg", "kid", "typ"}, "header members")
        require(header["alg"] == "ES256" and header["typ"] == kind, "alg or typ")
        return self._accepted.get(text(header, "kid")) or refuse("unknown kid")

    def _access_claims(self, token: str) -> tuple[AccessClaims, int]:
        """Return what holds of a token at any time, and the latest moment it speaks of."""
        header, claims, signature = taken_apart(token)
        key = self._signed_by(header, "at+jwt")
        require(claims.keys() == _ACCESS_CLAIMS, "claim names")
        require(claims["iss"] == self._issuer and claims["aud"] == ACCESS_AUDIENCE, "iss or aud")
        uuid(claims, "jti")
        moments = {name: number(claims, name) for name in ("iat", "nbf", "exp", "auth_time")}
        lifetime = moments["exp"] - moments["iat"]
        require(0 < lifetime <= ACCESS_TTL / _SECOND, "lifetime")
        believed = AccessClaims(
            member_id=MemberId(uuid(claims, "sub")),
            session_id=SessionId(uuid(claims, "sid")),
            generation=number(claims, "gen", below=_GENERATIONS),
            auth_time=_moment(moments["auth_time"]),
            issued_at=_moment(moments["iat"]),
            expires_at=_moment(moments["exp"]),
        )
        require(len(signature) == _ES256_BYTES and _signed(token, key), "signature")
        return believed, max(moments["iat"], moments["nbf"], moments["auth_time"])


def verifier(pem: str, algorithm: str) -> Verifier:
    """Return what tells whether a key of somebody else's signed a token, by this algorithm."""
    key = _key(pem, algorithm)
    return lambda token: _signed(token, key)


@lru_cache(MOST_AT_ONCE)
def _refresh_claims(token: str) -> RefreshClaims:
    header, claims, signature = taken_apart(token)
    require(header == {"alg": "HS256", "typ": "rt+jwt"}, "header")
    require(claims.keys() == _REFRESH_CLAIMS, "claim names")
    require(claims["aud"] == REFRESH_AUDIENCE, "aud")
    jti = text(claims, "jti")
    require(len(signature) == len(decoded(jti)) == _SHA256_BYTES, "length of signature or jti")
    return RefreshClaims(
        session_id=SessionId(uuid(claims, "sid")),
        generation=number(claims, "gen", below=_GENERATIONS),
        jti=jti,
        issued_at=_moment(number(claims, "iat")),
        expires_at=_moment(number(claims, "exp")),
    )


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


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _SECOND


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
