"""What makes a refresh token good, and every way to forge one, under its number."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from apps.identity.application.ports import RefreshClaims
from apps.identity.domain.session import SessionId
from apps.identity.infrastructure.tokens import Tokens
from apps.shared.domain.errors import Busy
from tests.identity.forging import (
    ISSUER,
    KEYS,
    MEMBER,
    NONCE,
    NOW,
    ODD_OBJECTS,
    OTHER_NONCE,
    REFRESH_CLAIMS,
    REFRESH_HEADER,
    SECRETS,
    SESSION,
    TOKEN,
    TOKENS,
    b64,
    derived,
    forged,
    forged_refresh,
    hs,
    minted,
    minted_refresh,
    read_refresh,
    refused,
    refused_refresh,
    respelled,
    verified,
)


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


def test_a_process_that_has_not_seen_a_key_yet_mints_nothing() -> None:
    with pytest.raises(Busy):
        minted_refresh(mac_kid=9)
