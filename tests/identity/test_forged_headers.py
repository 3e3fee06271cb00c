"""Every way to deceive the reader of tokens by a header or a signature, under its number."""

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.identity.forging import (
    BELIEVED,
    HEADER,
    NOW,
    OURS,
    TOKENS,
    Signer,
    es,
    forged,
    hs,
    public,
    refused,
)


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE", "", None])
@pytest.mark.parametrize(
    "sign", [lambda _: b"", lambda _: bytes(64), es(OURS)], ids=["absent", "zeros", "real"]
)
def test_attack_01_unsigned_tokens(alg: str | None, sign: Signer) -> None:
    refused(forged(HEADER | {"alg": alg}, sign=sign))
    refused(forged({"alg": alg, "typ": "at+jwt"}, sign=sign))


def test_attack_01_no_signature_under_the_right_header() -> None:
    refused(forged(sign=lambda _: b""))
    refused(forged().rpartition(".")[0])


PUBLIC_FORMS = {
    "pem": public(OURS),
    "pem-stripped": public(OURS).strip(),
    "der": public(OURS, serialization.Encoding.DER),
    "base64": base64.b64encode(public(OURS, serialization.Encoding.DER)),
    "lines": b"\n".join(public(OURS).splitlines()[1:-1]),
    "kid": b"today",
    "empty": b"",
}


@pytest.mark.parametrize("alg", ["HS256", "ES256"])
@pytest.mark.parametrize("form", PUBLIC_FORMS)
def test_attack_02_and_attack_03_hmac_with_what_is_public(alg: str, form: str) -> None:
    refused(forged(HEADER | {"alg": alg}, sign=hs(PUBLIC_FORMS[form])))
    refused(forged(HEADER | {"alg": alg}, sign=lambda m: hs(PUBLIC_FORMS[form])(m) * 2))


def rs256(message: bytes) -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def es384(message: bytes) -> bytes:
    return es(ec.generate_private_key(ec.SECP384R1()), 48, hashes.SHA384)(message)


@pytest.mark.parametrize(("alg", "sign"), [("RS256", rs256), ("ES384", es384)])
def test_attack_04_another_algorithm(alg: str, sign: Signer) -> None:
    refused(forged(HEADER | {"alg": alg}, sign=sign))
    refused(forged(sign=sign))


@pytest.mark.parametrize(
    "alg", ["RS256", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "es256", "ES256 ", ["ES256"]]
)
def test_attack_04_another_name_over_a_good_signature(alg: object) -> None:
    refused(forged(HEADER | {"alg": alg}))


_watching: list[str] | None = None


def _watch(event: str, _: tuple[object, ...]) -> None:
    touching = event in {"open", "import"} or event.startswith(("os.", "socket.", "sqlite3."))
    if _watching is not None and touching:
        _watching.append(event)


sys.addaudithook(_watch)


@contextmanager
def nothing_touched() -> Iterator[None]:
    """No file is opened, no database and no network is asked."""
    global _watching  # noqa: PLW0603 - an audit hook can never be taken away again
    touched: list[str] = []
    _watching = touched
    try:
        yield
    finally:
        _watching = None
    assert touched == []


def test_the_watch_over_files_and_databases_is_awake() -> None:
    with pytest.raises(AssertionError), nothing_touched():
        Path(__file__).read_bytes()
    with nothing_touched():
        assert TOKENS.read_access(forged(), at=NOW) == BELIEVED


KIDS = [
    "nobody",
    "",
    "../../etc/passwd",
    "/dev/null",
    "file:///etc/passwd",
    "today' OR '1'='1",
    "today\x00",
    "Today",
    "\ud800",
    ["today"],
    {"today": "today"},
    None,
    0,
    True,
]


@pytest.mark.parametrize("kid", KIDS, ids=repr)
def test_attack_05_a_kid_that_leads_elsewhere(kid: object) -> None:
    token = forged(HEADER | {"kid": kid})
    with nothing_touched():
        refused(token)


def test_attack_05_no_kid() -> None:
    refused(forged({"alg": "ES256", "typ": "at+jwt"}))


EXTRA = {
    "jku": "https://evil.test/jwks.json",
    "x5u": "https://evil.test/cert.pem",
    "x5c": ["MIIB"],
    "x5t": "AAAA",
    "jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    "crit": ["exp"],
    "b64": False,
    "zip": "DEF",
    "cty": "JWT",
    "enc": "A256GCM",
    "Typ": "at+jwt",
}


@pytest.mark.parametrize("name", EXTRA)
def test_attack_06_a_header_that_asks_for_more(name: str) -> None:
    token = forged(HEADER | {name: EXTRA[name]})
    with nothing_touched():
        refused(token)


@pytest.mark.parametrize(
    "typ", ["JWT", "rt+jwt", "AT+JWT", "application/at+jwt", "", None, ["at+jwt"]]
)
def test_attack_07_another_typ(typ: object) -> None:
    refused(forged(HEADER | {"typ": typ}))


def test_attack_07_no_typ() -> None:
    refused(forged({"alg": "ES256", "kid": "today"}))
