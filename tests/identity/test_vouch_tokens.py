"""What is a vouch card, and what is none though it is signed by us."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.identity.application.show_me import Reputation
from apps.identity.application.vouch import Statement
from apps.identity.domain.vouch import Vouch, VouchId, VouchNotFound
from apps.identity.infrastructure.tokens import Tokens
from apps.identity.infrastructure.vouch_tokens import SignedVouches
from tests.identity.forging import HEADER, ISSUER, KEYS, OURS, STRANGERS, TOKENS, T, es, forged
from tests.support.builders import ANN, BEA, NOON, a_uuid

VOUCHES = SignedVouches(TOKENS)
ID = VouchId(a_uuid(3, of=9))
DAY = 24 * 3600
NOBODY = Reputation(
    new=True,
    completed_trades=None,
    presence_verified=None,
    cancelled_at_fault=None,
    disputes_lost=None,
)
KNOWN = Reputation(
    new=False, completed_trades=41, presence_verified=7, cancelled_at_fault=2, disputes_lost=1
)
CLAIMS: dict[str, Any] = {
    "jti": str(ID),
    "iat": T,
    "exp": T + 30 * DAY,
    "nickname": "\uc564",
    "trust_level": 3,
    "new": False,
    "completed_trades": 41,
    "presence_verified": 7,
    "cancelled_at_fault": 2,
    "disputes_lost": 1,
}
FIGURES = ("completed_trades", "presence_verified", "cancelled_at_fault", "disputes_lost")


def stated(reputation: Reputation = KNOWN) -> Statement:
    at = datetime.fromtimestamp(T, UTC)
    return Statement(
        id=ID,
        nickname="\uc564",
        trust_level=3,
        reputation=reputation,
        issued_at=at,
        expires_at=at + timedelta(days=30),
    )


def refused(claims: dict[str, Any], kind: str = "vouch+jwt", tokens: Tokens = TOKENS) -> None:
    with pytest.raises(VouchNotFound):
        VOUCHES.read(tokens.sign(kind, claims))


@pytest.mark.parametrize("reputation", [KNOWN, NOBODY], ids=["known", "new"])
def test_a_card_says_what_it_was_told(reputation: Reputation) -> None:
    assert VOUCHES.read(VOUCHES.mint(stated(reputation))) == stated(reputation)


def test_a_card_by_hand_is_as_good() -> None:
    assert VOUCHES.read(TOKENS.sign("vouch+jwt", CLAIMS)) == stated()
    fresh = {name: value for name, value in CLAIMS.items() if name not in FIGURES} | {"new": True}
    assert VOUCHES.read(TOKENS.sign("vouch+jwt", fresh)) == stated(NOBODY)
    refused(CLAIMS | {"new": True})
    refused(fresh | {"new": False})


@pytest.mark.parametrize("name", CLAIMS)
def test_nothing_may_be_missing(name: str) -> None:
    refused({key: value for key, value in CLAIMS.items() if key != name})


@pytest.mark.parametrize(
    "wrong",
    [
        {"more": 1},
        {"jti": f"{{{ID}}}"},
        {"iat": f"{T}"},
        {"exp": T + 30 * DAY + 1},
        {"exp": T + 30 * DAY - 1},
        {"nickname": None},
        {"trust_level": 4},
        {"trust_level": -1},
        {"trust_level": True},
        {"new": 0},
        {"new": None},
        *({name: None} for name in FIGURES),
        {"completed_trades": 2**40},
    ],
    ids=str,
)
def test_what_we_would_not_have_said_is_refused(wrong: dict[str, Any]) -> None:
    refused(CLAIMS | wrong)


def test_what_is_of_another_kind_issuer_or_key_is_none() -> None:
    refused(CLAIMS, "at+jwt")
    good = forged(HEADER | {"typ": "vouch+jwt"}, CLAIMS | {"iss": ISSUER})
    assert VOUCHES.read(good) == stated(), "the control"
    refused(CLAIMS, tokens=Tokens(KEYS, "https://other.test"))
    refused(CLAIMS | {"iss": "https://other.test"})
    strange = Tokens(replace(KEYS, access_kid="strange"), "https://kcs.test")
    refused(CLAIMS, tokens=strange)
    padded = forged(HEADER | {"typ": "vouch+jwt"}, CLAIMS | {"iss": ISSUER}, es(OURS, 33))
    stranger = forged(HEADER | {"typ": "vouch+jwt"}, CLAIMS | {"iss": ISSUER}, es(STRANGERS))
    for text in (
        padded,
        stranger,
        "",
        "x",
        "a.b.c",
        f"{VOUCHES.mint(stated())}A",
        VOUCHES.mint(stated())[:-1],
    ):
        with pytest.raises(VouchNotFound):
            VOUCHES.read(text)


def test_a_vouch_is_good_for_thirty_days_of_whole_seconds() -> None:
    vouch = Vouch.issue(ID, to=ANN, at=NOON + timedelta(microseconds=7))
    assert (vouch.member_id, vouch.issued_at, vouch.revoked_at) == (ANN, NOON, None)
    assert vouch.expires_at == NOON + timedelta(days=30)


def test_its_member_alone_takes_it_back_and_once() -> None:
    vouch = Vouch.issue(ID, to=ANN, at=NOON)
    with pytest.raises(VouchNotFound):
        vouch.revoke(by=BEA, at=NOON)
    assert vouch.revoked_at is None
    for late in (1, 2):
        vouch.revoke(by=ANN, at=NOON + timedelta(hours=late))
        assert vouch.revoked_at == NOON + timedelta(hours=1)
