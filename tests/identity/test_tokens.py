"""What the reader of tokens accepts, and what it tells of what it refuses."""

import logging
from datetime import timedelta

import pytest

from apps.identity.infrastructure.tokens import Tokens
from tests.identity.forging import (
    BELIEVED,
    CLAIMS,
    HEADER,
    ISSUER,
    KEYS,
    NOW,
    REFRESH_CLAIMS,
    REFRESH_HEADER,
    RETIRED,
    STRANGERS,
    TOKENS,
    es,
    forged,
    minted,
    minted_refresh,
    parts,
    refused,
)

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
