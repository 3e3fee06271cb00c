"""Each thing that an ID token says and that is held against what is expected, up to its edge."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from apps.identity.infrastructure.compact import Flaw, decoded, encoded, taken_apart
from apps.identity.infrastructure.id_tokens import Believed, Expected, believed
from apps.identity.infrastructure.provider_keys import ProviderKey, chosen, keys_in
from tests.identity.evil_provider import EC_KEY, OTHER_KEY, RSA_KEY, jwk, jws
from tests.support.builders import NOON

NOW = int(NOON.timestamp())
EXPECTED = Expected(issuer="https://op.test", client_ids=("web", "app"), nonce="nonce-1")
CLAIMS: dict[str, Any] = {
    "iss": "https://op.test",
    "aud": "web",
    "sub": "ann",
    "nonce": "nonce-1",
    "iat": NOW,
    "exp": NOW + 300,
    "email": "ann@kcs.test",
    "email_verified": True,
}
KEYS = keys_in({"keys": [jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1")]})
GONE = "what is taken out"
BY_EC: Callable[[dict[str, Any]], str] = partial(jws, key=EC_KEY, alg="ES256", kid="e1")


async def find(kid: str | None) -> ProviderKey | None:
    return chosen(KEYS, kid)


async def read(
    make: Callable[[dict[str, Any]], str] = jws, *, late: float = 0, **more: Any
) -> Believed:
    told = {name: value for name, value in (CLAIMS | more).items() if value is not GONE}
    at = NOON + timedelta(seconds=late)
    return await believed(make(told), EXPECTED, find_key=find, at=at)


async def refused(
    make: Callable[[dict[str, Any]], str] = jws, *, late: float = 0, **more: Any
) -> bool:
    try:
        _ = await read(make, late=late, **more)
    except Exception:  # noqa: BLE001 - however it is
        return True
    return False


@pytest.mark.parametrize(
    "fitting",
    [
        {},
        {"aud": "app"},
        {"aud": ["web"]},
        {"aud": ["web", "app"], "azp": "app"},
        {"aud": ["other", "web"], "azp": "web"},
        {"azp": "app"},
        {"exp": NOW - 4},
        {"iat": NOW + 5},
        {"nbf": NOW + 5},
        {"sub": "s" * 255},
        {"email": f"{'a' * 245}@kcs.test"},
    ],
    ids=str,
)
async def test_what_is_in_order_is_believed(fitting: dict[str, Any]) -> None:
    told = CLAIMS | fitting
    found = await read(**fitting)
    assert (found.subject, found.email) == (told["sub"], told["email"])
    assert await read(BY_EC, **fitting) == found


@pytest.mark.parametrize(
    "wrong",
    [
        *({name: GONE} for name in CLAIMS),
        {"iss": "https://op.test/"},
        {"aud": "other"},
        {"aud": []},
        {"aud": ["web", 1], "azp": "web"},
        {"aud": ["other"], "azp": "web"},
        {"aud": ["web", "app"]},
        {"aud": ["web", "app"], "azp": "other"},
        {"azp": "other"},
        {"nonce": "nonce-2"},
        {"nonce": ""},
        {"exp": NOW - 5},
        {"iat": NOW + 6},
        {"nbf": NOW + 6},
        {"sub": ""},
        {"sub": "s" * 256},
        {"sub": "\u00e4nn"},
        {"sub": "an\tn"},
        {"email": "ann"},
        {"email": "ann@kcs.test x"},
        {"email": f"{'a' * 246}@kcs.test"},
        {"email": "a\u200bnn@kcs.test"},
        *({"email_verified": said} for said in (False, "true", 1, None)),
    ],
    ids=str,
)
async def test_what_is_not_is_refused(wrong: dict[str, Any]) -> None:
    assert await refused(**wrong)


async def test_a_fraction_of_a_second_behind_its_end_is_too_late() -> None:
    assert not await refused(late=304.9)
    assert await refused(late=305)


@pytest.mark.parametrize(
    "header",
    [{"alg": "HS256"}, {"alg": "none"}, {"typ": "at+jwt"}, {"crit": []}, {"jku": "x"}, {"kid": 1}],
    ids=str,
)
async def test_a_header_that_is_none_of_ours_is_refused(header: dict[str, Any]) -> None:
    assert await refused(partial(jws, **header))


@pytest.mark.parametrize(
    "header",
    [{"typ": None}, {"x5t": "x"}, {"x5t#S256": "x"}, {"x5t": "x", "x5t#S256": "x"}],
    ids=str,
)
async def test_a_header_that_asks_for_nothing_is_passed_over(header: dict[str, Any]) -> None:
    assert not await refused(partial(jws, **header))


async def test_a_key_verifies_signatures_of_its_own_algorithm_only() -> None:
    assert await refused(partial(jws, key=EC_KEY, alg="ES256", kid="r1"))
    assert await refused(partial(jws, key=RSA_KEY, alg="RS256", kid="e1"))
    assert await refused(partial(jws, key=EC_KEY, alg="RS256", kid="e1"))
    assert await refused(partial(jws, key=OTHER_KEY))
    assert await refused(partial(jws, kid=None)), "two keys, and none is named"
    with pytest.raises(Flaw, match="unknown kid"):
        await read(partial(jws, kid="r2"))


async def test_a_token_that_names_no_key_takes_the_only_one() -> None:
    (only,) = keys_in({"keys": [jwk(RSA_KEY, "r1")]}).values()

    async def find_it(kid: str | None) -> ProviderKey | None:
        return only if kid is None else None

    found = await believed(jws(CLAIMS, kid=None), EXPECTED, find_key=find_it, at=NOON)
    assert found.subject == "ann"


async def test_a_signature_by_a_curve_has_one_length() -> None:
    def longer(claims: dict[str, Any]) -> str:
        said, _, _ = (token := BY_EC(claims)).rpartition(".")
        both = taken_apart(token)[2]
        return f"{said}.{encoded(b''.join((bytes(1), both[:32], bytes(1), both[32:])))}"

    assert await refused(longer)


async def test_a_token_may_be_long_but_not_endless() -> None:
    def of(length: int) -> Callable[[dict[str, Any]], str]:
        bare = len(jws(CLAIMS | {"x": ""}))
        return lambda claims: jws(claims | {"x": "x" * ((length - bare) * 3 // 4)})

    assert not await refused(of(16_000))
    assert await refused(of(17_000))


def usable(*keys: Any) -> set[str]:
    return {*keys_in({"keys": [*keys]})}


def test_keys_that_sign_are_taken_and_no_others() -> None:
    fits: list[dict[str, Any]] = [
        {},
        {"use": "sig"},
        {"key_ops": ["verify"]},
        {"key_ops": ["sign", "verify"]},
        {"alg": "RS256"},
    ]
    unfit: list[dict[str, Any]] = [
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"alg": "PS256"},
        {"kty": "EC"},
        {"kid": "r" * 257},
        {"e": encoded(b"\x02")},
        {"e": encoded(b"\x01\x00\x00\x00\x01")},
        {"n": encoded(b"\xff" * 255)},
        {"n": encoded(b"\xff" * 1025)},
    ]
    for more in fits:
        assert usable(jwk(RSA_KEY, "r1") | more) == {"r1"}, more
    for more in unfit:
        assert usable(jwk(RSA_KEY, "r1") | more) == set(), more
    assert usable(jwk(RSA_KEY, "r" * 256)) == {"r" * 256}
    assert usable(jwk(RSA_KEY, "r1") | {"e": "Aw"}) == {"r1"}, "three is an exponent"
    assert usable(jwk(EC_KEY, "e1")) == {"e1"}
    assert usable(jwk(RSA_KEY, "r1") | {"n": encoded(b"\xff" * 1024)}) == {"r1"}
    point = jwk(EC_KEY, "e1")
    padded = {name: encoded(bytes(1) + decoded(point[name])) for name in ("x", "y")}
    nowhere = {"x": encoded(bytes(32)), "y": encoded(bytes(32))}
    for more in ({"crv": "P-384"}, {"x": encoded(b"\1" * 32)}, padded, nowhere):
        assert usable(jwk(EC_KEY, "e1") | more) == set(), more
    assert usable(jwk(b"secret", "o1"), None, "x", 1) == set()


def test_a_set_has_fifty_keys_at_most() -> None:
    key = jwk(RSA_KEY, "r1")
    assert len(keys_in({"keys": [key | {"kid": f"r{at}"} for at in range(50)]})) == 50
    for keys in ([key] * 51, "r1", {"r1": key}, None):
        with pytest.raises(ValueError, match="keys"):
            keys_in({"keys": keys})


def test_a_name_that_stands_there_twice_names_nothing() -> None:
    assert usable(jwk(RSA_KEY, "r1"), jwk(OTHER_KEY, "r1"), jwk(EC_KEY, "e1")) == {"e1"}
    nameless = keys_in({"keys": [jwk(RSA_KEY, None)]})
    assert chosen(nameless, None) is not None
    assert chosen(nameless, "") is None
    assert chosen(keys_in({"keys": []}), None) is None
    assert chosen(KEYS, "r1") is KEYS["r1"]
    assert [each.algorithm for each in KEYS.values()] == ["RS256", "ES256"]
