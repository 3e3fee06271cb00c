"""A provider of our own on loopback, which says and does whatever a test wants."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from apps.identity.infrastructure.compact import encoded
from tests.identity.federation import CLIENT

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | bytes | None
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Page:
    """What is answered at a path."""

    body: bytes | dict[str, Any]
    status: int = 200
    headers: tuple[str, ...] = ()
    delay: float = 0

    def raw(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        head = (f"HTTP/1.1 {self.status} So", f"Content-Length: {len(body)}", *self.headers)
        return "\r\n".join((*head, "Connection: close", "", "")).encode() + body


@dataclass
class EvilProvider:
    """Good by default; `pages` and what is handed to `id_token` make it evil."""

    issuer: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    """Path, headers and form of each request."""
    tokens: dict[str, str] = field(default_factory=dict)
    """ID tokens by the code that they are handed out for."""

    def __post_init__(self) -> None:
        self.pages["/.well-known/openid-configuration"] = Page(self.discovery())
        self.publish(jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1"))

    def discovery(self, **more: Any) -> dict[str, Any]:
        names = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
        places = {name: f"{self.issuer}/{path}" for name, path in names.items()}
        return {"issuer": self.issuer} | places | more

    def publish(self, *keys: Any) -> None:
        self.pages["/jwks"] = Page({"keys": [*keys]})

    def times(self, path: str) -> int:
        """How often it was asked."""
        return sum(asked == path for asked, _, _ in self.asked)

    def claims(self, nonce: str, at: datetime, /, **more: Any) -> dict[str, Any]:
        """Those of a good ID token; what is told to be None is left out."""
        told = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "ann",
            "nonce": nonce,
            "iat": int(at.timestamp()),
            "exp": int((at + timedelta(minutes=5)).timestamp()),
            "email": "ann@kcs.test",
            "email_verified": True,
        }
        return {name: value for name, value in (told | more).items() if value is not None}

    def challenge_of(self, verifier: str) -> str:
        """What a verifier has to have been announced with."""
        return encoded(hashlib.sha256(verifier.encode()).digest())

    def code_for(self, id_token: str) -> str:
        """Hand this out for a code."""
        code = f"code-{len(self.tokens)}"
        self.tokens[code] = id_token
        return code

    def page(self, path: str, form: dict[str, str]) -> Page:
        """What is answered."""
        id_token = self.tokens.get(form.get("code", ""))
        if id_token and path not in self.pages:
            return Page({"access_token": "x", "token_type": "Bearer", "id_token": id_token})
        return self.pages.get(path, Page(b"", 404))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path = head[0].split(" ")[1].partition("?")[0]
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.asked.append((path, headers, form))
        page = self.page(path, form)
        await asyncio.sleep(page.delay)
        writer.write(page.raw())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def an_evil_provider() -> AsyncIterator[EvilProvider]:
    """Serve on a free port."""
    made: list[EvilProvider] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await made[0].serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.close()  # whoever asked is gone

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.append(EvilProvider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    async with server:
        yield made[0]


def jws(
    claims: dict[str, Any] | bytes, *, key: Key = RSA_KEY, alg: str = "RS256", **header: Any
) -> str:
    """Sign claims; the key decides how, and the header says whatever it is told to."""
    told = {"alg": alg, "kid": "r1", "typ": "JWT"} | header
    kept = {name: value for name, value in told.items() if value is not None}
    raw = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    said = f"{encoded(json.dumps(kept).encode())}.{encoded(raw)}"
    return f"{said}.{encoded(signature(said.encode(), key))}"


def signature(said: bytes, key: Key) -> bytes:
    match key:
        case rsa.RSAPrivateKey():
            return key.sign(said, padding.PKCS1v15(), hashes.SHA256())
        case ec.EllipticCurvePrivateKey():
            pair = decode_dss_signature(key.sign(said, ec.ECDSA(hashes.SHA256())))
            return b"".join(number.to_bytes(32, "big") for number in pair)
        case bytes():
            return hmac.digest(key, said, hashlib.sha256)
    return b""


def jwk(key: Key, kid: str | None, **more: Any) -> dict[str, Any]:
    """The public half of a key, as providers publish it."""
    match key:
        case rsa.RSAPrivateKey():
            numbers = key.public_key().public_numbers()
            length = (numbers.n.bit_length() + 7) // 8
            n, e = numbers.n.to_bytes(length, "big"), numbers.e.to_bytes(3, "big")
            told = {"kty": "RSA", "n": encoded(n), "e": encoded(e), "alg": "RS256"}
        case ec.EllipticCurvePrivateKey():
            point = key.public_key().public_numbers()
            x, y = (encoded(number.to_bytes(32, "big")) for number in (point.x, point.y))
            told = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256"}
        case _:
            told = {"kty": "oct", "k": encoded(key or b""), "alg": "HS256"}
    return told | {"use": "sig"} | ({"kid": kid} if kid else {}) | more
