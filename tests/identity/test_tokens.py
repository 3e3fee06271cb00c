"""Every way to deceive the reader of tokens that we know of, each under its number in docs/security.md."""

import base64
import hashlib
import hmac
import json
import logging
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import example, given
from hypothesis import strategies as st

from apps.identity.domain.session import InvalidRefreshToken, InvalidToken, SessionId, TokenExpired
from apps.identity.infrastructure.keys import Keyring
from apps.identity.application.ports import RefreshClaims
from apps.identity.infrastructure.tokens import AccessClaims, Tokens
from apps.shared.domain.ids import MemberId

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


# What is accepted: each forger makes a good token as long as nothing is changed.


def test_a_token_by_hand_is_as_good_as_a_minted_one() -> None:
    assert TOKENS.read_access(forged(), at=NOW) == BELIEVED
    assert TOKENS.read_access(minted(), at=NOW) == BELIEVED


def test_a_minted_token_says_nothing_but_what_was_agreed() -> None:
    assert parts(minted()) == [HEADER, CLAIMS]
    assert parts(minted_refresh()) == [REFRESH_HEADER, REFRESH_CLAIMS]


def test_a_retired_key_is_still_believed_but_only_under_its_own_name() -> None:
    retired = HEADER | {"kid": "yesterday"}
    assert TOKENS.read_access(forged(retired, sign=es(RETIRED)), at=NOW) == BELIEVED
    refused(forged(retired))
    refused(forged(sign=es(RETIRED)))


def test_fractions_of_a_second_are_dropped_not_rounded() -> None:
    late = NOW + timedelta(microseconds=999_999)
    assert TOKENS.read_access(minted(at=late), at=late) == BELIEVED


def test_a_moment_without_a_zone_is_a_fault_of_ours_not_of_the_token() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(TypeError):
        TOKENS.read_access(minted(), at=naive)
    with pytest.raises(TypeError):
        minted(at=naive)


def test_only_the_fast_and_constant_time_backend_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jose.backends.ECKey", lambda *_: object())
    with pytest.raises(RuntimeError, match="must use cryptography"):
        Tokens(KEYS, ISSUER)


def test_the_log_tells_why_and_never_what(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reasons = {
        forged(sign=es(STRANGERS)): "signature",
        forged(HEADER | {"kid": "nobody\nknows"}): "unknown kid",
        forged(claims=CLAIMS | {"gen": "7"}): "type or range of gen",
        forged(claims=b"\xff" + b"secret"): "UnicodeDecodeError",
        forged(claims=[CLAIMS]): "no JSON object",
        forged(claims=b'{"iss":NaN}'): "NaN or Infinity",
        forged(HEADER | {"alg": "none"}): "alg or typ",
        forged(HEADER | {"kid": None}): "type of kid",
        f"{forged()}.": "segments",
        f"{forged()}\u00e9": "alphabet",
        "." * 4097: "size",
    }
    for token in reasons:
        refused(token)
    assert [r.getMessage() for r in caplog.records] == [
        f"access token refused: {reason}" for reason in reasons.values()
    ]


# Attacks on access tokens


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
def test_attack_02_and_03_hmac_with_what_is_public(alg: str, form: str) -> None:
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


@pytest.mark.parametrize("name", CLAIMS)
def test_attack_08_a_claim_is_missing(name: str) -> None:
    refused(forged(claims={k: v for k, v in CLAIMS.items() if k != name}))


def test_attack_08_a_claim_too_many() -> None:
    refused(forged(claims=CLAIMS | {"role": "admin"}))


UNTIMELY = ["null", "[]", "{}", "true", "-1", "-0.0", "1.0", "1e9", "1e400", f"{T}.0", str(2**40)]
UNTIMELY += ["Infinity", "-Infinity", "NaN", "9" * 2500, f'"{T}"', f"[{T}]"]


@pytest.mark.parametrize("value", UNTIMELY, ids=lambda v: v[:20])
@pytest.mark.parametrize("name", ["exp", "iat", "nbf", "auth_time", "gen"])
def test_attack_09_a_number_that_is_none(name: str, value: str) -> None:
    rest = json.dumps({k: v for k, v in CLAIMS.items() if k != name})
    refused(forged(claims=f'{rest[:-1]}, "{name}": {value}}}'.encode()))


def test_attack_09_the_largest_generation_fits_a_column() -> None:
    largest = TOKENS.read_access(forged(claims=CLAIMS | {"gen": 2**31 - 1}), at=NOW)
    assert largest.generation == 2**31 - 1
    refused(forged(claims=CLAIMS | {"gen": 2**31}))


def test_attack_10_expired_for_six_seconds_is_too_late_for_four_is_not() -> None:
    end = NOW + timedelta(minutes=10)
    for late in (4, 5):
        assert TOKENS.read_access(minted(), at=end + timedelta(seconds=late)) == BELIEVED
    for too_late in (5.000001, 6.0, 1e6):
        with pytest.raises(TokenExpired) as caught:
            TOKENS.read_access(minted(), at=end + timedelta(seconds=too_late))
        assert str(caught.value) == TokenExpired.__doc__


def test_attack_10_only_a_well_signed_token_is_told_that_it_expired() -> None:
    refused(forged(sign=es(STRANGERS)), at=NOW + timedelta(hours=1))
    refused(forged(claims=CLAIMS | {"aud": "other"}), at=NOW + timedelta(hours=1))


@pytest.mark.parametrize("name", ["iat", "nbf", "auth_time"])
def test_attack_11_from_the_future(name: str) -> None:
    barely = TOKENS.read_access(forged(claims=CLAIMS | {name: T + 5}), at=NOW)
    assert barely.member_id == MEMBER
    refused(forged(claims=CLAIMS | {name: T + 6}))
    refused(forged(claims=CLAIMS | {name: T + 60}))
    refused(forged(claims=CLAIMS | {name: T + 60, "exp": T + 660}))


@pytest.mark.parametrize("lifetime", [-1, 0, 601, 86400])
def test_attack_11_a_lifetime_we_never_give(lifetime: int) -> None:
    refused(forged(claims=CLAIMS | {"exp": T + lifetime}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": f"{ISSUER}/"},
        {"iss": "https://KCS.test"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": "kcardswap-refresh"},
        {"aud": ["kcardswap-api"]},
        {"aud": ["kcardswap-api", "other"]},
        {"aud": {"kcardswap-api": 1}},
        {"aud": None},
    ],
    ids=str,
)
def test_attack_12_for_others_or_from_others(claims: dict[str, Any]) -> None:
    refused(forged(claims=CLAIMS | claims))


@pytest.mark.parametrize("name", ["sub", "sid", "jti"])
@pytest.mark.parametrize(
    "value",
    [
        str(MEMBER).upper(),
        MEMBER.hex,
        MEMBER.urn,
        f"{{{MEMBER}}}",
        f" {MEMBER}",
        "",
        "1 OR 1=1",
        7,
        None,
        [str(MEMBER)],
        "\u0660" + str(MEMBER)[1:],
    ],
    ids=repr,
)
def test_attack_12_an_id_in_another_spelling(name: str, value: object) -> None:
    refused(forged(claims=CLAIMS | {name: value}))


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


@pytest.mark.parametrize("odd", ODD_OBJECTS)
def test_attack_13_claims_that_are_no_object(odd: str) -> None:
    refused(forged(claims=ODD_OBJECTS[odd]))


@pytest.mark.parametrize("odd", ODD_OBJECTS)
def test_attack_13_a_header_that_is_no_object(odd: str) -> None:
    swapped = ODD_OBJECTS[odd]
    refused(forged(header=swapped))


def test_attack_13_a_header_that_says_a_thing_twice() -> None:
    refused(forged(header=b'{"alg":"none","alg":"ES256","kid":"today","typ":"at+jwt"}'))


def test_attack_14_a_token_of_five_megabytes_costs_nothing() -> None:
    huge = [forged(sign=lambda _: bytes(5_000_000)), "." * 5_000_000, "é" * 5_000_000]
    tracemalloc.start()
    try:
        for token in huge:
            refused(token)
            refused_refresh(token)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_attack_14_the_limit_is_4096_characters() -> None:
    padded = {
        len(t): t for n in range(2500, 2800) if (t := forged(claims=as_json(CLAIMS) + b" " * n))
    }
    assert {4096, 4098} <= padded.keys() or {4095, 4097} <= padded.keys()
    for size, token in padded.items():
        if size <= 4096:
            assert TOKENS.read_access(token, at=NOW) == BELIEVED
        else:
            refused(token)


@pytest.mark.parametrize("segments", [0, 1, 2, 4, 5, 6, 4000])
def test_attack_15_not_three_segments(segments: int) -> None:
    refused(".".join((forged().split(".") * segments)[:segments]))


def test_attack_15_encrypted_tokens_are_not_even_understood() -> None:
    bomb = b64(as_json({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}))
    refused(f"{bomb}..{b64(bytes(12))}.{b64(bytes(2000))}.{b64(bytes(16))}")
    asked = "import sys, apps.identity.infrastructure.tokens; print('jose.jwe' in sys.modules)"
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", asked], cwd=root, capture_output=True, check=True
    )
    assert answer.stdout.decode().strip() == "False"
    assert "jose.jwe" not in sys.modules


def test_attack_17_one_kind_in_place_of_the_other() -> None:
    refused(minted_refresh())
    refused(forged_refresh(HEADER, CLAIMS))
    refused(forged(REFRESH_HEADER))
    refused(forged(claims=REFRESH_CLAIMS))
    refused_refresh(minted())
    refused_refresh(forged_refresh(HEADER))
    refused_refresh(forged_refresh(claims=CLAIMS))


def test_a_signature_over_something_else() -> None:
    header, claims, signature = forged().split(".")
    other = b64(as_json(CLAIMS | {"sub": str(TOKEN)}))
    refused(f"{header}.{other}.{signature}")
    refused(forged(sign=es(STRANGERS)))
    refused(forged(sign=lambda m: OURS.sign(m, ec.ECDSA(hashes.SHA256()))))
    refused(forged(sign=lambda m: b"\0" + es(OURS)(m)))
    refused(f"{claims}.{header}.{signature}")


# Attacks on refresh tokens


def read_refresh(token: str) -> RefreshClaims:
    return TOKENS.read_refresh(token)


def verified(token: str, *, nonce: str = NONCE) -> bool:
    return TOKENS.verify_refresh(token, read_refresh(token), nonce=nonce)


def test_a_refresh_token_by_hand_is_as_good_as_a_minted_one() -> None:
    believed = RefreshClaims(
        session_id=SESSION,
        generation=7,
        jti=derived(NONCE, 7),
        issued_at=NOW,
        expires_at=NOW + timedelta(days=14),
    )
    for token in (forged_refresh(), minted_refresh()):
        assert read_refresh(token) == believed
        assert verified(token)


def test_equal_arguments_give_equal_bytes() -> None:
    elsewhere = Tokens(KEYS, "https://another.test")
    again = elsewhere.refresh(
        session=SESSION,
        generation=7,
        nonce=NONCE,
        mac_kid=1,
        issued_at=NOW.astimezone(),
        expires_at=NOW + timedelta(days=14, microseconds=1),
    )
    assert minted_refresh() == again
    assert TOKENS.digest(again) == hashlib.sha256(again.encode()).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        {"generation": 8},
        {"nonce": OTHER_NONCE},
        {"mac_kid": 2},
        {"session": SessionId(TOKEN)},
        {"issued_at": NOW + timedelta(seconds=1)},
        {"expires_at": NOW},
    ],
    ids=str,
)
def test_any_other_argument_gives_another_token(changed: dict[str, Any]) -> None:
    assert minted_refresh(**changed) != minted_refresh()


def test_the_session_row_decides_when_a_refresh_token_ends() -> None:
    assert verified(minted_refresh(expires_at=NOW - timedelta(days=400)))


def test_attack_23_a_forged_signature_on_a_known_session() -> None:
    assert not verified(forged_refresh(sign=hs(bytes(32))))
    assert not verified(forged_refresh(sign=hs(b"")))
    assert not verified(forged_refresh(sign=lambda _: bytes(32)))


def test_attack_23_the_right_key_without_the_nonce() -> None:
    assert not verified(minted_refresh(nonce=OTHER_NONCE))
    assert not verified(forged_refresh(claims=REFRESH_CLAIMS | {"gen": 8}))
    assert verified(minted_refresh(nonce=OTHER_NONCE), nonce=OTHER_NONCE)


def test_a_token_under_an_older_key_still_holds_and_one_under_a_lost_key_does_not() -> None:
    assert TOKENS.mac_kid == 2
    assert verified(minted_refresh(mac_kid=1))
    left = replace(KEYS, refresh={2: SECRETS[2]})
    tokens = Tokens(left, ISSUER)
    token = minted_refresh(mac_kid=1)
    assert not tokens.verify_refresh(token, read_refresh(token), nonce=NONCE)


def test_claims_of_another_token_prove_nothing() -> None:
    token = minted_refresh()
    claims = read_refresh(minted_refresh(expires_at=NOW))
    assert not TOKENS.verify_refresh(token, claims, nonce=NONCE)


@pytest.mark.parametrize("name", REFRESH_CLAIMS)
def test_attack_24_a_claim_of_a_refresh_token_is_missing_or_odd(name: str) -> None:
    refused_refresh(forged_refresh(claims={k: v for k, v in REFRESH_CLAIMS.items() if k != name}))
    odds: list[object] = [None, [], {}, True, 1.5, -1, 2**40, "odd", "", [REFRESH_CLAIMS[name]]]
    for odd in odds:
        refused_refresh(forged_refresh(claims=REFRESH_CLAIMS | {name: odd}))


@pytest.mark.parametrize(
    "header",
    [
        REFRESH_HEADER | {"kid": "1"},
        REFRESH_HEADER | {"alg": "none"},
        REFRESH_HEADER | {"alg": "HS512"},
        REFRESH_HEADER | {"typ": "JWT"},
        {"alg": "HS256"},
        {"typ": "rt+jwt"},
        [],
    ],
    ids=str,
)
def test_attack_24_not_the_header_of_a_refresh_token(header: object) -> None:
    refused_refresh(forged_refresh(header))


@pytest.mark.parametrize("odd", ODD_OBJECTS)
def test_attack_24_no_objects_in_a_refresh_token(odd: str) -> None:
    refused_refresh(forged_refresh(claims=ODD_OBJECTS[odd]))
    refused_refresh(forged_refresh(header=ODD_OBJECTS[odd]))


def test_attack_24_a_claim_too_many_in_a_refresh_token() -> None:
    refused_refresh(forged_refresh(claims=REFRESH_CLAIMS | {"sub": str(MEMBER)}))


def test_attack_24_a_jti_of_another_length_or_spelling() -> None:
    for jti in (b64(bytes(31)), b64(bytes(33)), b64(bytes(32)) + "=", b64(bytes(32))[:-1] + "B"):
        refused_refresh(forged_refresh(claims=REFRESH_CLAIMS | {"jti": jti}))


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


def test_attack_24_other_spellings_of_the_same_bytes() -> None:
    spellings = list(respelled(minted_refresh()))
    assert len(spellings) >= 20
    for spelling in spellings:
        refused_refresh(spelling)


def test_other_spellings_of_a_good_access_token() -> None:
    token = next(t for t in iter(forged, None) if {"-", "_"} <= set(t.split(".")[2]))
    spellings = list(respelled(token))
    assert len(spellings) >= 30
    for spelling in spellings:
        refused(spelling)


@pytest.mark.parametrize("nothing", [None, 7, b"", minted().encode(), [], object()], ids=type)
def test_what_is_no_text_is_no_token(nothing: object) -> None:
    refused(nothing)
    refused_refresh(nothing)


# Whatever comes, nothing else than a refusal comes back


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
@example("\ud800.\ud800.\ud800")
def test_any_text(text: str) -> None:
    refused(text)
    refused_refresh(text)


@given(header=st.binary(), claims=st.binary(), signature=st.binary())
def test_any_three_segments(header: bytes, claims: bytes, signature: bytes) -> None:
    token = forged(header, claims, lambda _: signature)
    refused(token)
    refused_refresh(token)


GOOD, GOOD_REFRESH = forged(), forged_refresh()


@given(st.data())
def test_any_change_of_one_character(data: st.DataObject) -> None:
    for good, read in ((GOOD, refused), (GOOD_REFRESH, unverified)):
        at = data.draw(st.integers(0, len(good) - 1))
        character = data.draw(st.characters(exclude_characters=good[at]))
        read(good[:at] + character + good[at + 1 :])


def unverified(token: str) -> None:
    with suppress(InvalidRefreshToken):
        assert not verified(token)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text()
    | st.integers()
    | st.integers(T - 700, T + 700)
    | st.uuids().map(str)
    | st.sampled_from([*HEADER.values(), *CLAIMS.values(), *REFRESH_CLAIMS.values()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(HEADER)), JSON)
def test_any_value_in_the_header(name: str, value: object) -> None:
    if value != HEADER[name] or type(value) is not str:
        refused(forged(HEADER | {name: value}))


def honest(name: str, value: Any) -> bool:
    """Say the rule once more, in other words than the reader's."""
    if name in {"sub", "sid", "jti"}:
        return isinstance(value, str) and any(str(u) == value for u in _uuids(value))
    if name in {"iss", "aud"}:
        return bool(value == CLAIMS[name])
    ranges = {
        "gen": range(2**31),
        "iat": range(T, T + 6),
        "nbf": range(T + 6),
        "exp": range(T + 1, T + 601),
        "auth_time": range(T + 6),
    }
    return type(value) is int and value in ranges[name]


def _uuids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []


@given(st.sampled_from(sorted(CLAIMS)), JSON)
def test_any_value_of_a_claim(name: str, value: object) -> None:
    token = forged(claims=CLAIMS | {name: value})
    if honest(name, value):
        TOKENS.read_access(token, at=NOW)
    else:
        refused(token)


@given(st.dictionaries(st.sampled_from(sorted(CLAIMS)) | st.text(), JSON))
def test_any_object_under_the_real_key(claims: dict[str, Any]) -> None:
    if claims.keys() != CLAIMS.keys():
        refused(forged(claims=claims))


@given(st.sampled_from(sorted(REFRESH_CLAIMS)), JSON)
def test_any_value_of_a_refresh_claim(name: str, value: object) -> None:
    token = forged_refresh(claims=REFRESH_CLAIMS | {name: value})
    try:
        claims = read_refresh(token)
    except InvalidRefreshToken:
        return
    believed = TOKENS.verify_refresh(token, claims, nonce=NONCE)
    assert believed is (name not in {"gen", "jti"} or value == REFRESH_CLAIMS[name])
    assert type(value) is type(REFRESH_CLAIMS[name])
