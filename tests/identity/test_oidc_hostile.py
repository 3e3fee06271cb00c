"""A provider that does not answer as it should is a 502 of its own, and costs nobody anything."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from apps.identity.infrastructure import outgoing
from apps.identity.infrastructure.attempts import AttemptModel
from tests.identity.evil_provider import RSA_KEY, Page, jwk
from tests.identity.provided import Provided
from tests.identity.stage import told
from tests.support.builders import FixedClock
from tests.support.site import elsewhere

UNAVAILABLE = (502, "provider-unavailable")
DISCOVERY = "/.well-known/openid-configuration"
AWAY = ("Location: /elsewhere",)
LONG = b'{"x": "' + b"x" * outgoing.LONGEST_ANSWER + b'"}'

PAGES: dict[str, Page] = {
    "nothing": Page(b""),
    "no JSON": Page(b"<html>"),
    "a list": Page(b"[]"),
    "null": Page(b"null"),
    "not UTF-8": Page(b'{"x": "\xff"}'),
    "said twice": Page(b'{"x": 1, "x": 2}'),
    "NaN": Page(b'{"x": NaN}'),
    "deep": Page(b"[" * 100_000),
    "a huge number": Page(b'{"x": ' + b"1" * 5_000 + b"}"),
    "empty": Page({}),
    "long": Page(LONG),
    "zipped": Page(b"\x1f\x8b\x08", headers=("Content-Encoding: gzip",)),
    "a redirect": Page(b"", 302, AWAY),
    "a redirect for good": Page(b"{}", 308, AWAY),
    "not found": Page(b"{}", 404),
    "not allowed": Page(b"{}", 401),
    "an error": Page(b"{}", 500),
    "slow": Page(b"{}", delay=5),
    "no HTTP": Page(b"", 0),
    "shorter than announced": Page(b"{}", headers=("Content-Length: 100",)),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outgoing.PATIENCE == 5
    monkeypatch.setattr(outgoing, "PATIENCE", 0.3)


@pytest.mark.parametrize("what", PAGES)
async def test_whatever_it_answers_in_place_of_what_it_should(
    provided: Provided, what: str
) -> None:
    evil, clock = provided.evil, provided.clock
    good = evil.pages[DISCOVERY]
    evil.pages[DISCOVERY] = PAGES[what]
    assert told(await provided.visitor.asks()) == UNAVAILABLE
    assert await provided.site.ask(select(AttemptModel.digest)) == []
    evil.pages[DISCOVERY] = good
    clock.at += timedelta(seconds=10)
    keys, evil.pages["/jwks"] = evil.pages["/jwks"], PAGES[what]
    assert told(await provided.signs_in("ann")) == UNAVAILABLE
    evil.pages["/jwks"] = keys
    clock.at += timedelta(minutes=1)
    evil.pages["/token"] = PAGES[what]
    assert told(await provided.signs_in("ann")) == UNAVAILABLE
    del evil.pages["/token"]
    assert told(await provided.signs_in("ann")) == (200, None)
    assert evil.times("/elsewhere") == 0


UNFIT: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://accounts.google.com"},
    "nearly its issuer": {"issuer": "http://127.0.0.1"},
    "no issuer": {"issuer": None},
    "issuers": {"issuer": []},
    "no keys": {"jwks_uri": None},
    "keys in the open": {"jwks_uri": "http://kcs.test/jwks"},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "keys at home": {"jwks_uri": "http://localhost:8000/jwks"},
    "keys at another address of home": {"jwks_uri": "http://127.0.0.2/jwks"},
    "keys in the metadata of a cloud": {"jwks_uri": "http://169.254.169.254/latest"},
    "keys beside a user": {"jwks_uri": "https://a@kcs.test/jwks"},
    "keys behind a backslash": {"jwks_uri": "https://kcs.test\\@127.0.0.1/jwks"},
    "keys at no port": {"jwks_uri": "https://kcs.test:port/jwks"},
    "keys at no host": {"jwks_uri": "https:///jwks"},
    "tokens in the open": {"token_endpoint": "http://kcs.test/token"},
    "a number for tokens": {"token_endpoint": 1},
    "a page that is a script": {"authorization_endpoint": "javascript:alert(1)"},
    "a page with a new line": {"authorization_endpoint": "https://kcs.test/\r\nX: y"},
    "methods that are none": {"token_endpoint_auth_methods_supported": 1},
}


@pytest.mark.parametrize("what", UNFIT)
async def test_a_discovery_that_leads_astray(provided: Provided, what: str) -> None:
    provided.evil.pages[DISCOVERY] = Page(provided.evil.discovery(**UNFIT[what]))
    assert told(await provided.visitor.asks()) == UNAVAILABLE
    assert {path for path, _, _ in provided.evil.asked} == {DISCOVERY}


@pytest.mark.parametrize(
    "jwks",
    [
        {"keys": None},
        {"keys": {}},
        {"keys": "r1"},
        {"keys": [jwk(RSA_KEY, f"r{number}") for number in range(51)]},
        {"kty": "RSA"},
    ],
    ids=["null", "an object", "text", "too many", "a key"],
)
async def test_keys_that_are_no_set_of_keys(provided: Provided, jwks: dict[str, Any]) -> None:
    provided.evil.pages["/jwks"] = Page(jwks)
    assert told(await provided.signs_in("ann")) == UNAVAILABLE


async def test_keys_at_a_public_name_that_leads_home_are_not_fetched(
    provided: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    loop = asyncio.get_running_loop()
    look_up = loop.getaddrinfo

    async def getaddrinfo(host: str, port: int, **more: Any) -> list[Any]:
        asked.append(host)
        if host == "127.0.0.1":
            return await look_up(host, port, **more)
        return [(2, 1, 6, "", ("93.184.215.14", port)), (2, 1, 6, "", ("10.0.0.7", port))]

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    evil = provided.evil
    evil.pages[DISCOVERY] = Page(evil.discovery(jwks_uri="https://keys.kcs.test/jwks"))
    begun = await provided.visitor.begins()
    asked.clear()
    assert told(await provided.ends(begun, "ann")) == UNAVAILABLE
    assert asked.count("keys.kcs.test") == 1


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (400, {"error": "invalid_grant"}, (401, "oidc-token-invalid")),
        (400, {"error": "invalid_client"}, UNAVAILABLE),
        (400, {"error": ["invalid_grant"]}, UNAVAILABLE),
        (401, {"error": "invalid_grant"}, UNAVAILABLE),
        (200, {"error": "invalid_grant"}, UNAVAILABLE),
        (200, {"id_token": None}, UNAVAILABLE),
        (200, {"id_token": {}}, UNAVAILABLE),
        (200, {"access_token": "x"}, UNAVAILABLE),
        (200, {"id_token": "x"}, (401, "oidc-token-invalid")),
        (201, {"id_token": "x"}, UNAVAILABLE),
    ],
)
async def test_what_a_code_is_swapped_for(
    provided: Provided, status: int, body: dict[str, Any], answer: tuple[int, str]
) -> None:
    provided.evil.pages["/token"] = Page(body, status)
    assert told(await provided.signs_in("ann")) == answer


async def test_who_does_not_answer_is_left_alone_for_a_while(
    provided: Provided, clock: FixedClock
) -> None:
    evil = provided.evil
    good, evil.pages[DISCOVERY] = evil.pages[DISCOVERY], Page(b"", 500)
    for _ in range(5):
        assert told(await provided.visitor.asks()) == UNAVAILABLE
    assert evil.times(DISCOVERY) == 1
    evil.pages[DISCOVERY] = good
    clock.at += timedelta(seconds=10)
    assert told(await provided.visitor.asks()) == (200, None)


async def test_many_who_wait_for_a_document_ask_for_it_once(provided: Provided) -> None:
    good = provided.evil.pages[DISCOVERY].body
    provided.evil.pages[DISCOVERY] = Page(good, delay=0.1)
    tries = [elsewhere(provided.visitor.asks()) for _ in range(8)]
    assert [(await each).status_code for each in tries] == [200] * 8
    assert provided.evil.times(DISCOVERY) == 1


async def test_few_wait_for_a_document_and_the_others_take_it_as_it_was(
    provided: Provided, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    evil = provided.evil
    good = evil.pages[DISCOVERY].body
    evil.pages[DISCOVERY] = Page(good, delay=5)
    tries = [elsewhere(provided.visitor.asks()) for _ in range(12)]
    assert [told(await each) for each in tries] == [UNAVAILABLE] * 12
    assert evil.times(DISCOVERY) == 1
    assert caplog.text.count("too many are waiting") == 4
    clock.at += timedelta(seconds=10)
    evil.pages[DISCOVERY] = Page(good)
    assert told(await provided.visitor.asks()) == (200, None)
    clock.at += timedelta(hours=1)
    evil.pages[DISCOVERY] = Page(good, delay=5)
    tries = [elsewhere(provided.visitor.asks()) for _ in range(12)]
    assert sorted([(await each).status_code for each in tries]) == [200] * 4 + [502] * 8


async def test_a_slow_provider_holds_few_up(provided: Provided) -> None:
    evil = provided.evil
    begun = [await provided.visitor.begins() for _ in range(12)]
    evil.pages["/token"] = Page(b"{}", delay=5)
    tries = [elsewhere(provided.visitor.ends(each, "c")) for each in begun]
    assert [told(await each) for each in tries] == [UNAVAILABLE] * 12
    assert evil.times("/token") == outgoing.MOST_AT_ONCE == 8


async def test_the_log_does_not_tell_what_was_sent(
    provided: Provided, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answer = await provided.signs_in("ann", aud="canary-audience", nonce_="canary-claim")
    assert told(answer) == (401, "oidc-token-invalid")
    provided.evil.pages["/token"] = Page({"error": "canary-error"}, 400)
    assert told(await provided.signs_in("ann")) == UNAVAILABLE
    assert "canary" not in caplog.text + json.dumps(answer.json())
    assert "ID token of generic refused: aud" in caplog.text
