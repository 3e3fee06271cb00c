"""Whatever is wrong with an ID token, it opens nothing, and the answer is always the same."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.identity.infrastructure.id_tokens import LARGEST
from tests.identity.bearing import REFUSED, Bearer, made, saying
from tests.identity.evil_provider import EC_KEY, OTHER_KEY, RSA_KEY, jwk, jws
from tests.identity.federation import CLIENT, NATIVE, OIDC, SECRET
from tests.identity.stage import post, told
from tests.support.builders import FixedClock

UNREADABLE = ("x", "a.b.c", "e30.e30.", "..", f"{'a' * 20_000}.b.c", "é.é.é")
STRANGERS = {"wrong": "kcs-evil", "prefix": CLIENT[:-1], "none": [], "null": None, "no text": [1]}


def instead_of(text: str, _: str) -> str:
    return text


async def test_attack_46_a_wrong_or_absent_nonce(bearer: Bearer) -> None:
    await bearer.are_refused(
        wrong=saying(nonce="another"),
        absent=saying(nonce=None),
        number=saying(nonce=1),
        listed=saying(nonce=["another"]),
        empty=saying(nonce=""),
    )
    await bearer.is_accepted()


async def test_attack_46_a_nonce_serves_once_and_for_ten_minutes(
    bearer: Bearer, clock: FixedClock
) -> None:
    site = bearer.visitor.site

    async def shown(nonce: str, **more: str) -> tuple[int, str | None]:
        token = jws(bearer.evil.claims(nonce, clock.now()))
        return told(
            await post(site, f"{OIDC}/id-token", {"id_token": token, "nonce": nonce} | more)
        )

    assert await shown("made up") == REFUSED
    first, second = [(await post(site, f"{OIDC}/nonce", None)).json() for _ in range(2)]
    assert first["expires_in"] == 600
    assert await shown(first["nonce"]) == (200, None)
    assert await shown(first["nonce"]) == REFUSED
    clock.at += timedelta(minutes=10)
    assert await shown(second["nonce"]) == REFUSED
    begun = await bearer.visitor.begins()  # a state is no nonce
    assert await shown(begun.state) == REFUSED


async def test_attack_47_a_foreign_audience_or_issuer(bearer: Bearer) -> None:
    faults = {f"aud {why}": saying(aud=aud) for why, aud in STRANGERS.items()}
    faults |= {
        "two without azp": saying(aud=[CLIENT, "kcs-evil"]),
        "two with another azp": saying(aud=[CLIENT, "kcs-evil"], azp="kcs-evil"),
        "another azp": saying(azp="kcs-evil"),
        "listed azp": saying(azp=[CLIENT]),
    }
    issuer = bearer.evil.issuer
    others = (f"{issuer}/", issuer.replace("http:", "https:"), issuer.upper(), "", None, [issuer])
    faults |= {f"iss {other}": saying(iss=other) for other in others}
    await bearer.are_refused(**faults)
    await bearer.is_accepted(aud=[CLIENT, "kcs-other"], azp=NATIVE)
    await bearer.is_accepted(aud=NATIVE)


async def test_attack_47_an_expired_token_or_one_from_the_future(
    bearer: Bearer, clock: FixedClock
) -> None:
    now = int(clock.now().timestamp())
    wrong: dict[str, list[Any]] = {
        "exp": [1, now - 5, -1, True, f"{now}", None, 1e300],
        "iat": [now + 60, None, "now", now + 0.5, {}],
        "nbf": [now + 60, "now", []],
    }
    faults = {
        f"{name} {moment}": saying(**{name: moment})
        for name, moments in wrong.items()
        for moment in moments
    }
    await bearer.are_refused(**faults)
    await bearer.is_accepted(exp=now - 4, iat=now + 4, nbf=now)


async def test_attack_47_an_algorithm_that_proves_nothing(bearer: Bearer) -> None:
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    bearer.evil.publish(jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1"), jwk(SECRET.encode(), "o1"))
    faults = {
        f"alg {alg!r}": made(partial(jws, key=None, alg=alg))
        for alg in ("none", "None", "nOnE", "", "HS256", "RS256")
    }
    for why, key in (("secret", SECRET.encode()), ("public key", pem), ("nothing", b"")):
        for kid in ("r1", "o1", None):
            for alg in ("HS256", "RS256", "ES256"):
                faults[f"{why} {kid} {alg}"] = made(partial(jws, key=key, alg=alg, kid=kid))
    others: list[Any] = ["RS384", "RS512", "PS256", "ES384", "EdDSA", "ES256", None, ["RS256"], 1]
    faults |= {f"well signed as {alg}": made(partial(jws, alg=alg)) for alg in others}
    faults["EC key as RS256"] = made(partial(jws, key=EC_KEY, kid="e1"))
    faults["another key"] = made(partial(jws, key=OTHER_KEY))
    await bearer.are_refused(**faults)
    await bearer.is_accepted()
    await bearer.is_accepted(partial(jws, key=EC_KEY, alg="ES256", kid="e1"))


async def test_attack_47_a_header_that_asks_for_something(bearer: Bearer) -> None:
    headers: list[dict[str, Any]] = [
        {"jku": f"{bearer.evil.issuer}/jwks"},
        {"jwk": jwk(OTHER_KEY, "r1")},
        {"x5u": "https://evil.test"},
        {"x5c": ["x"]},
        {"crit": ["exp"]},
        {"b64": False},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"typ": "at+jwt"},
        {"typ": None, "cty": "JWT"},
        {"kid": "unknown"},
        {"kid": "../../etc/passwd"},
        {"kid": ["r1"]},
        {"kid": ""},
        {"kid": None},
    ]
    faults = {str(header): made(partial(jws, **header)) for header in headers}
    await bearer.are_refused(**faults)
    await bearer.is_accepted(partial(jws, typ=None, x5t="x"))


async def test_attack_47_what_is_no_token(bearer: Bearer) -> None:
    def spoilt(change: Callable[[str], str]) -> Any:
        return made(lambda claims: change(jws(claims)))

    def as_bytes(raw: bytes) -> Any:
        return made(lambda _: jws(raw))

    faults = {
        "a sign more": spoilt(lambda token: token + "A"),
        "padded": spoilt(lambda token: token + "="),
        "cut": spoilt(lambda token: token[:-1]),
        "four parts": spoilt(lambda token: token + ".e30"),
        "no signature": spoilt(lambda token: token.rpartition(".")[0] + "."),
        "text": as_bytes(b'"text"'),
        "null": as_bytes(b"null"),
        "not UTF-8": as_bytes(b"\xff\xfe"),
        "UTF-16": as_bytes('{"sub": "ann"}'.encode("utf-16")),
        "said twice": made(lambda claims: jws(json.dumps(claims).encode()[:-1] + b',"sub":"eve"}')),
        "deep": as_bytes(b"[" * 4_000),
        "long": made(lambda claims: jws(claims | {"x": "x" * LARGEST})[:LARGEST]),
    }
    faults |= {f"{text!r:.20}": spoilt(partial(instead_of, text)) for text in UNREADABLE}
    faults |= {f"sub {sub!r:.20}": saying(sub=sub) for sub in ("", None, 1, "a" * 256, "a\n", "ä")}
    await bearer.are_refused(**faults)


async def test_attack_48_an_address_that_is_not_verified(bearer: Bearer) -> None:
    unverified = (False, "true", "True", 1, None, [True], {"true": True})
    faults = {f"verified {told!r}": saying(email_verified=told) for told in unverified}
    no_address = (None, "", "ann", "ann@kcs", "a b@kcs.test", f"{'a' * 250}@kcs.test", 1, "a@b.c\n")
    faults |= {f"email {told!r:.20}": saying(email=told) for told in no_address}
    await bearer.are_refused(**faults)


async def test_attack_48_it_does_not_open_an_account_that_was_opened_before_either(
    bearer: Bearer,
) -> None:
    assert (await bearer.by_code(jws)).status_code == 200
    for told_so in (False, "true"):
        assert told(await bearer.by_code(jws, email_verified=told_so)) == REFUSED
