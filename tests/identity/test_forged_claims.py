"""Every way to deceive the reader of access tokens by what one claims, under its number."""

import json
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from apps.shared.domain.errors import TokenExpired
from tests.identity.forging import (
    BELIEVED,
    CLAIMS,
    HEADER,
    ISSUER,
    MEMBER,
    NOW,
    ODD_OBJECTS,
    OURS,
    REFRESH_CLAIMS,
    REFRESH_HEADER,
    STRANGERS,
    TOKEN,
    TOKENS,
    T,
    as_json,
    b64,
    es,
    forged,
    forged_refresh,
    minted,
    minted_refresh,
    refused,
    refused_refresh,
)


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
    refused(forged(sign=es(OURS, 33)))  # right, but for a nought before each half
    refused(f"{claims}.{header}.{signature}")
