"""Tokens by hand: under our keys or a stranger's, and as wrong as a test wants them."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from apps.identity.application.ports import RefreshClaims
from apps.identity.domain.session import InvalidRefreshToken, SessionId
from apps.identity.infrastructure.claims import AccessClaims
from apps.identity.infrastructure.keys import Keyring
from apps.identity.infrastructure.tokens import Tokens
from apps.shared.domain.errors import InvalidToken
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.sealing import DataKeys

Signer = Callable[[bytes], bytes]

ISSUER = "https://kcs.test"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MEMBER = MemberId(UUID("01940000-0000-7000-8000-00000000000a"))
SESSION = SessionId(UUID("01940000-0000-7000-8000-00000000000b"))
TOKEN = UUID("01940000-0000-7000-8000-00000000000c")
NONCE, OTHER_NONCE = "5e" * 32, "6f" * 32
OURS, RETIRED, STRANGERS = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
SECRETS = {1: bytes(range(32)), 2: bytes(range(32, 64))}


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


def public(
    key: ec.EllipticCurvePrivateKey,
    encoding: serialization.Encoding = serialization.Encoding.PEM,
) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form)


KEYS = Keyring(
    access_pem=pem(OURS),
    access_kid="today",
    retired={"yesterday": public(RETIRED).decode()},
    refresh=SECRETS,
    refresh_kid=2,
    cursor=bytes(range(64, 96)),
    audit=bytes(range(96, 128)),
    totp=bytes(range(128, 160)),
    data=DataKeys(secrets={1: bytes(range(160, 192))}, sealing=1, index=bytes(range(192, 224))),
)
TOKENS = Tokens(KEYS, ISSUER)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().replace("=", "")


def as_json(part: object) -> bytes:
    return part if isinstance(part, bytes) else json.dumps(part).encode()


def es(key: ec.EllipticCurvePrivateKey, size: int = 32, hash: Any = hashes.SHA256) -> Signer:
    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hash())))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def hs(secret: bytes) -> Signer:
    return lambda message: hmac.digest(secret, message, "sha256")


HEADER: dict[str, Any] = {"alg": "ES256", "kid": "today", "typ": "at+jwt"}
T = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "kcardswap-api",
    "sub": str(MEMBER),
    "sid": str(SESSION),
    "jti": str(TOKEN),
    "iat": T,
    "nbf": T,
    "exp": T + 600,
    "auth_time": T - 60,
    "gen": 7,
}
BELIEVED = AccessClaims(
    member_id=MEMBER,
    session_id=SESSION,
    generation=7,
    auth_time=NOW - timedelta(minutes=1),
    issued_at=NOW,
    expires_at=NOW + timedelta(minutes=10),
)


def forged(header: object = HEADER, claims: object = CLAIMS, sign: Signer | None = None) -> str:
    """Write a token by hand; unless told otherwise, it is signed with the real key."""
    message = f"{b64(as_json(header))}.{b64(as_json(claims))}"
    return f"{message}.{b64((sign or es(OURS))(message.encode()))}"


def derived(nonce: str, generation: int) -> str:
    return b64(hmac.digest(nonce.encode(), str(generation).encode(), "sha256"))


REFRESH_HEADER: dict[str, Any] = {"alg": "HS256", "typ": "rt+jwt"}
REFRESH_CLAIMS: dict[str, Any] = {
    "aud": "kcardswap-refresh",
    "sid": str(SESSION),
    "gen": 7,
    "jti": derived(NONCE, 7),
    "iat": T,
    "exp": T + 14 * 86400,
}


def forged_refresh(
    header: object = REFRESH_HEADER, claims: object = REFRESH_CLAIMS, sign: Signer | None = None
) -> str:
    return forged(header, claims, sign or hs(SECRETS[1]))


def minted(**changed: Any) -> str:
    given: dict[str, Any] = {
        "member": MEMBER,
        "session": SESSION,
        "generation": 7,
        "auth_time": NOW - timedelta(minutes=1),
        "at": NOW,
        "jti": TOKEN,
    }
    return TOKENS.access(**(given | changed))


def minted_refresh(**changed: Any) -> str:
    given: dict[str, Any] = {
        "session": SESSION,
        "generation": 7,
        "nonce": NONCE,
        "mac_kid": 1,
        "issued_at": NOW,
        "expires_at": NOW + timedelta(days=14),
    }
    return TOKENS.refresh(**(given | changed))


def refused(token: Any, *, at: datetime = NOW) -> None:
    with pytest.raises(InvalidToken) as caught:
        TOKENS.read_access(token, at=at)
    assert str(caught.value) == InvalidToken.__doc__
    assert caught.value.members == {}


def refused_refresh(token: Any) -> None:
    with pytest.raises(InvalidRefreshToken) as caught:
        TOKENS.read_refresh(token)
    assert str(caught.value) == InvalidRefreshToken.__doc__


def parts(token: str) -> list[dict[str, Any]]:
    return [json.loads(base64.urlsafe_b64decode(p + "==")) for p in token.split(".")[:2]]


def read_refresh(token: str) -> RefreshClaims:
    return TOKENS.read_refresh(token)


def verified(token: str, *, nonce: str = NONCE) -> bool:
    return TOKENS.verify_refresh(token, read_refresh(token), nonce=nonce)


ODD_OBJECTS = {
    "array": [CLAIMS],
    "pairs": list(CLAIMS.items()),
    "string": "claims",
    "null": None,
    "number": 1,
    "empty": b"",
    "two": as_json(CLAIMS) + b"{}",
    "latin": '{"iss":"é"}'.encode("latin-1"),
    "bom": b"\xef\xbb\xbf" + as_json(CLAIMS),
    "utf-16": json.dumps(CLAIMS).encode("utf-16"),
    "utf-16-le": json.dumps(CLAIMS).encode("utf-16-le"),
    "utf-32": json.dumps(CLAIMS).encode("utf-32-be"),
    "twice": as_json(CLAIMS)[:-1] + b',"gen":7}',
    "twice-escaped": as_json(CLAIMS)[:-1] + b',"\\u0067en":7}',
    "deep": b"[" * 2500,
    "deep-object": b'{"a":' * 500 + b"1" + b"}" * 500,
}


def respelled(token: str) -> Iterator[str]:
    """Spell the same bytes otherwise, or almost the same; lenient decoders accept most of these."""
    yield from (f"{token}=", f"{token}==", token.replace(".", "=.", 1), f" {token}", f"{token}\n")
    yield from (f"{token}.", f".{token}", token.replace(".", ".\n", 1), f"{token}\0", f"{token}é")
    yield from (f"{token[:40]}!{token[40:]}", f"{token[:-9]}\u200b{token[-9:]}")
    yield from (token[:-1], token[:-2], token[1:], token[: len(token) // 2], f"{token}A", "")
    for at, segment in enumerate(token.split(".")):
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        unused = {0: 0, 2: 4, 3: 2}[len(segment) % 4]
        for bits in range(1, 2**unused):
            last = alphabet[alphabet.index(segment[-1]) | bits]
            yield ".".join(
                segment[:-1] + last if at == i else s for i, s in enumerate(token.split("."))
            )
    if {"-", "_"} & set(token):
        yield token.replace("-", "+").replace("_", "/")
