"""Secrets are planted wherever a request can carry them, and then looked for in the log."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any
from urllib.parse import quote

import pytest
from httpx import ASGITransport, AsyncClient

from apps.identity.application.ports import Mailer, Passwords
from apps.shared.domain.ids import Clock
from apps.shared.presentation.logs import writing
from apps.shared.presentation.redaction import Redaction, redacted
from tests.identity.stage import PlainPasswords, Postbox, serving
from tests.support.builders import FixedClock
from tests.support.site import API, Site

PLANTED = "planted7f3a"
TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJl"
ADDRESS = "planted7f3a@kcs.test"
SECRETS = {PLANTED, TOKEN, "c2lnbmF0dXJl", "@kcs.test"}
RECORD = ("kcs", logging.INFO, "", 0)

SAID = [
    f"Authorization: Bearer {PLANTED}",
    f"Authorization: Basic {PLANTED}",
    f"authorization={PLANTED}",
    f"{{'authorization': 'Bearer {PLANTED}', 'x': 1}}",
    f"[(b'cookie', b'a={PLANTED}; b=2')] cookie: b'{PLANTED}'",
    f"Cookie: theme=dark; __Secure-kcs_rt={PLANTED}",
    f"Set-Cookie: __Secure-kcs_rt={PLANTED}; Path=/; HttpOnly",
    f'{{"password": "{PLANTED}", "new_password": "a \\" {PLANTED}"}}',
    f"password={PLANTED}&next=1",
    f"refresh_token={PLANTED}",
    f'"refreshToken" : "{PLANTED}"',
    f"X-Api-Key: {PLANTED}",
    f"client_secret={PLANTED}",
    f"signed by whsec_{PLANTED}+/=",
    f"WEBHOOK_SECRETS=pay=whsec_{PLANTED}",
    f"code={PLANTED}",
    f"?code={PLANTED}&state=1",
    f'{{"mfa_code": "{PLANTED}"}}',
    f"[type=string_too_long, input_value='{PLANTED}', input_type=str]",
    f"who showed {TOKEN} today",
    f"GET {API}/vouches/{TOKEN}",
    f"postgresql://app:{PLANTED}@db/kcs",
    f"smtp://app:{PLANTED}@mail.kcs.example:25",
    f"Key (email_key)=({ADDRESS}) already exists",
    f"to {ADDRESS}, from <{ADDRESS}>",
    f"GET {API}/members/{quote(ADDRESS)}",
    f"GET {API}/members/a%20{quote(ADDRESS)}",
]


@pytest.mark.parametrize("said", SAID)
def test_what_looks_like_a_secret_is_blotted_out(said: str) -> None:
    assert not [secret for secret in SECRETS if secret in redacted(said)]
    assert "***" in redacted(said)


@pytest.mark.parametrize(
    "said",
    [
        "POST /api/v1/auth/refresh 200 3.1 ms",
        "access token refused: size",
        "refresh token reused session=0197062e-8c00-7abc-9def-000000000000",
        "status_code=500 encoded=1",
        "keys that sign: access=abc refresh=2",
        "Serving on http://127.0.0.1:8000",
    ],
)
def test_what_does_not_stays_as_it_is(said: str) -> None:
    assert redacted(said) == said


@pytest.mark.parametrize(
    "sign", ["a", "@", "%", "%40", "a%", "token", "eyJ", "password='", "://a:", "=", "code=\\'"]
)
def test_no_line_takes_long_to_look_through(sign: str) -> None:
    began = perf_counter()
    redacted(f"token {sign * (60_000 // len(sign))}")
    assert perf_counter() - began < 2


def test_words_that_do_not_fit_their_values_are_no_fault_of_the_request() -> None:
    record = logging.LogRecord(*RECORD, "%d of token=%s", (PLANTED,), None)
    assert Redaction().filter(record)
    assert PLANTED not in record.getMessage()


class Loose(Passwords):
    """Fails, and tells everything."""

    async def hash(self, password: str) -> str:
        return await PlainPasswords().hash(password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        if password.startswith("fail"):
            raise RuntimeError(f"password={password!r} of {ADDRESS}\nrefresh_token: {TOKEN}")
        return await PlainPasswords().matches(password, password_hash)

    def is_outdated(self, password_hash: str) -> bool:
        del password_hash
        return False


@contextmanager
def logged(form: Any, *, redacting: bool) -> Iterator[io.StringIO]:
    """Everything that is written meanwhile, at every level."""
    out, root = io.StringIO(), logging.getLogger()
    handler, level = writing(form, out), root.level
    if not redacting:
        for each in [each for each in handler.filters if isinstance(each, Redaction)]:
            handler.removeFilter(each)
    others, root.handlers = root.handlers, [handler]  # they may have blotted out before
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the client's
    try:
        yield out
    finally:
        root.handlers = others
        root.setLevel(level)


async def carry_secrets(site: Site) -> set[str]:
    """Send them in bodies, headers, queries and paths, rightly and wrongly; return those made."""
    post, ann = site.client.post, {"email": ADDRESS, "password": f"long words, {PLANTED}"}
    assert (await post(f"{API}/auth/register", json=ann | {"nickname": "ann"})).status_code == 202
    tokens = (await post(f"{API}/auth/login", json=ann)).json()
    page = await post(f"{API}/auth/login", json=ann | {"delivery": "cookie"})
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    refreshed = (
        await post(f"{API}/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    ).json()
    await post(f"{API}/auth/refresh", json={}, headers={"Cookie": cookie, "X-KCS-Client": "web"})
    await post(f"{API}/auth/password/forgot", json={"email": ADDRESS})
    reset = {"token": PLANTED, "new_password": PLANTED}
    await post(f"{API}/auth/password/reset", json=reset)
    await post(f"{API}/auth/password/reset", json=reset | {"password": [PLANTED], PLANTED: ADDRESS})
    await post(f"{API}/auth/login", json={"email": PLANTED, "password": [PLANTED]})
    await post(f"{API}/auth/login", content=f'{{"password": "{PLANTED}')
    get = site.client.get
    for header in (f"Bearer {TOKEN}", f"Basic {PLANTED}", f"Bearer {refreshed['access_token']}"):
        await get(f"{API}/me", headers={"Authorization": header, "Cookie": f"a={PLANTED}"})
    await get(f"{API}/me", params={"token": PLANTED, "code": TOKEN})
    await get(f"{API}/vouches/{TOKEN}")
    await get(f"{API}/cards", params={"q": ADDRESS}, headers={"X-Request-Id": f"<{TOKEN}>"})
    failing = ann | {"password": f"fail {PLANTED}"}
    failed = await post(f"{API}/auth/login", json=failing)
    assert failed.status_code == 500
    assert PLANTED not in failed.text
    strict = AsyncClient(transport=ASGITransport(site.app), base_url="http://kcs.test")
    try:
        await strict.post(f"{API}/auth/login", json=failing)
    except RuntimeError:  # as uvicorn tells of it
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    made = {tokens["access_token"], tokens["refresh_token"], cookie.partition("=")[2]}
    return SECRETS | made | {refreshed["access_token"], refreshed["refresh_token"]}


@pytest.fixture
async def site(url: str, keys: Any) -> Any:
    services = {Clock: FixedClock(), Mailer: Postbox(), Passwords: Loose()}
    overrides = [serving(kind, service) for kind, service in services.items()]
    async with Site(url, keys, *overrides) as site:
        yield site


@pytest.mark.parametrize("form", ["json", "text"])
async def test_attack_52_no_secret_that_a_request_carries_is_in_the_log(
    site: Site, form: str
) -> None:
    with logged(form, redacting=True) as out:
        planted = await carry_secrets(site)
        logging.getLogger("kcs").error("mailed to %s: %s", ADDRESS, f"code={PLANTED}\r\nforged")
    log = out.getvalue()
    assert "RuntimeError" in log
    assert "/api/v1/auth/refresh" in log
    assert [secret for secret in planted if secret in log] == []
    if form == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        fields = {"time", "level", "logger", "message", "request_id", "exception"}
        fields |= {"method", "path", "status", "duration_ms", "member_id"}
        assert set().union(*lines) <= fields
    assert not [line for line in log.splitlines() if line.startswith("forged")]


async def test_without_redaction_they_would_be_there(site: Site) -> None:
    """Control: what is planted does reach the log, and is blotted out there."""
    with logged("json", redacting=False) as out:
        await carry_secrets(site)
    assert [secret for secret in SECRETS if secret not in out.getvalue()] == []
