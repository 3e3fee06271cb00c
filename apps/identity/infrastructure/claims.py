"""What both kinds of token say, read as if to deceive and believed only in the one right form."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from apps.identity.application.ports import RefreshClaims
from apps.identity.domain.session import SessionId
from apps.identity.infrastructure.compact import (
    Members,
    decoded,
    number,
    require,
    taken_apart,
    text,
    uuid,
)
from apps.identity.infrastructure.key_terms import ACCESS_TTL
from apps.shared.domain.ids import MemberId

ACCESS_AUDIENCE = "kcardswap-api"
REFRESH_AUDIENCE = "kcardswap-refresh"

MOST_AT_ONCE = 64
"""Refresh tokens whose form need not be read again; each request does so twice."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
_GENERATIONS = 2**31
_SHA256_BYTES = 32
_ACCESS_CLAIMS = {"iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "auth_time", "gen"}
_REFRESH_CLAIMS = {"aud", "sid", "gen", "jti", "iat", "exp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says about the one who sent it."""

    member_id: MemberId
    session_id: SessionId
    generation: int
    auth_time: datetime
    issued_at: datetime
    expires_at: datetime


def access_claims(claims: Members, issuer: str) -> tuple[AccessClaims, int]:
    """Return what holds of a token at any time, and the latest moment it speaks of."""
    require(claims.keys() == _ACCESS_CLAIMS, "claim names")
    require(claims["iss"] == issuer and claims["aud"] == ACCESS_AUDIENCE, "iss or aud")
    uuid(claims, "jti")
    moments = {name: number(claims, name) for name in ("iat", "nbf", "exp", "auth_time")}
    lifetime = moments["exp"] - moments["iat"]
    require(0 < lifetime <= ACCESS_TTL / SECOND, "lifetime")
    believed = AccessClaims(
        member_id=MemberId(uuid(claims, "sub")),
        session_id=SessionId(uuid(claims, "sid")),
        generation=number(claims, "gen", below=_GENERATIONS),
        auth_time=_moment(moments["auth_time"]),
        issued_at=_moment(moments["iat"]),
        expires_at=_moment(moments["exp"]),
    )
    return believed, max(moments["iat"], moments["nbf"], moments["auth_time"])


@lru_cache(MOST_AT_ONCE)
def refresh_claims(token: str) -> RefreshClaims:
    """Read the form of a refresh token; whether it was signed is another question."""
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


def seconds(moment: datetime) -> int:
    """Write a moment as tokens do."""
    return (moment - EPOCH) // SECOND


def _moment(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)
