"""Which keys of a provider verify an ID token, and how often they are fetched."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apps.identity.infrastructure.compact import encoded
from tests.identity.bearing import REFUSED, Bearer
from tests.identity.evil_provider import EC_KEY, OTHER_KEY, RSA_KEY, Page, jwk, jws
from tests.identity.federation import SECRET
from tests.identity.stage import told
from tests.support.builders import FixedClock

HOSTILE: dict[str, Any] = {
    "RSA of 1024 bits": jwk(rsa.generate_private_key(65537, 1024), "r1"),
    "for another use": jwk(RSA_KEY, "r1", use="enc"),
    "for another algorithm": jwk(RSA_KEY, "r1", alg="RS512"),
    "of the wrong kind": jwk(RSA_KEY, "r1", kty="EC"),
    "of an unknown kind": jwk(RSA_KEY, "r1", kty="OKP"),
    "symmetric": jwk(SECRET.encode(), "r1"),
    "even exponent": jwk(RSA_KEY, "r1", e=encoded(b"\x02")),
    "exponent one": jwk(RSA_KEY, "r1", e=encoded(b"\x01")),
    "huge exponent": jwk(RSA_KEY, "r1", e=encoded(b"\x01" * 100)),
    "no modulus": {"kty": "RSA", "kid": "r1", "e": "AQAB"},
    "a modulus in other words": jwk(RSA_KEY, "r1", n="=="),
    "a point off the curve": jwk(EC_KEY, "r1", x=encoded(b"\x01" * 32)),
    "another curve": jwk(EC_KEY, "r1", crv="P-384"),
    "a number as kid": jwk(RSA_KEY, None) | {"kid": 1},
    "a nameless key": jwk(RSA_KEY, None),
    "no object": "r1",
    "null": None,
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_key_that_cannot_be_trusted_verifies_nothing(bearer: Bearer, what: str) -> None:
    bearer.evil.publish(HOSTILE[what])
    assert told(await bearer.by_code(jws)) == REFUSED
    if what not in {"a number as kid", "a nameless key"}:
        return
    bearer.clock.at += timedelta(hours=1)
    bearer.evil.publish(HOSTILE[what], jwk(RSA_KEY, "r1"))
    assert (await bearer.by_code(jws)).status_code == 200


async def test_a_key_id_that_stands_there_twice_names_nothing(bearer: Bearer) -> None:
    bearer.evil.publish(jwk(OTHER_KEY, "r1"), jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1"))
    assert told(await bearer.by_code(jws)) == REFUSED
    assert told(await bearer.by_code(partial(jws, key=OTHER_KEY))) == REFUSED
    by_another = await bearer.by_code(partial(jws, key=EC_KEY, alg="ES256", kid="e1"))
    assert by_another.status_code == 200


async def test_a_token_that_names_no_key_takes_the_only_one(bearer: Bearer) -> None:
    bearer.evil.publish(jwk(RSA_KEY, "r1"), jwk(SECRET.encode(), "o1"))
    assert (await bearer.by_code(partial(jws, kid=None))).status_code == 200


async def test_an_unknown_key_is_looked_for_once_a_minute(
    bearer: Bearer, clock: FixedClock
) -> None:
    evil, new = bearer.evil, ec.generate_private_key(ec.SECP256R1())

    async def by_the_new_key() -> int:
        answer = await bearer.by_code(partial(jws, key=new, alg="ES256", kid="new"))
        return answer.status_code

    assert (await bearer.by_code(jws)).status_code == 200
    assert evil.times("/jwks") == 1
    assert [await by_the_new_key() for _ in range(5)] == [401] * 5
    assert evil.times("/jwks") == 1  # the set is not a minute old
    evil.publish(jwk(new, "new"))
    clock.at += timedelta(seconds=59)
    assert await by_the_new_key() == 401
    clock.at += timedelta(seconds=1)
    assert await by_the_new_key() == 200
    assert evil.times("/jwks") == 2
    clock.at += timedelta(minutes=1)
    evil.pages["/jwks"] = Page(b"", 500)
    unknown = [await bearer.by_code(partial(jws, kid="x")) for _ in range(3)]
    assert [answer.status_code for answer in unknown] == [502] * 3
    assert evil.times("/jwks") == 3
    assert await by_the_new_key() == 200
    clock.at += timedelta(hours=1)
    assert await by_the_new_key() == 502
    assert evil.times("/.well-known/openid-configuration") == 2
