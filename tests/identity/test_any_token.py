"""Whatever comes as a token, nothing else than a refusal comes back."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from apps.identity.domain.session import InvalidRefreshToken
from tests.identity.forging import (
    CLAIMS,
    HEADER,
    NONCE,
    NOW,
    REFRESH_CLAIMS,
    TOKENS,
    T,
    forged,
    forged_refresh,
    read_refresh,
    refused,
    refused_refresh,
    verified,
)


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
