"""What comes from one network: counted in memory, or in a Redis that several servers share."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest
from fakeredis import TcpFakeServer
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select

from apps.identity.application.ports import Mailer, Passwords
from apps.identity.domain.throttle import (
    ASKING_FOR_LETTERS,
    FAILING,
    SIGNING_IN,
    RateLimited,
    TooManyAttempts,
)
from apps.identity.infrastructure.address_limits import AddressLimits, Counting
from apps.identity.infrastructure.models import UserModel
from apps.shared.infrastructure.audit import AuditEntryModel
from apps.shared.infrastructure.jobs import JobModel
from tests.identity.letters import token_in, works
from tests.identity.stage import PASSWORD, PlainPasswords, Postbox, heard, serving, told
from tests.support.labour import work_once
from tests.support.site import API, Site

HERE, ELSEWHERE = "203.0.113.9", "203.0.113.10"


@pytest.fixture
def redis() -> Iterator[str]:
    """A server that speaks Redis on a port of its own."""
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()
    thread.join()


@asynccontextmanager
async def counting(**how: Any) -> AsyncIterator[AddressLimits]:
    limits = AddressLimits(Counting(**how))
    yield limits
    await limits.close()


@pytest.fixture(params=["memory", "redis"])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[AddressLimits]:
    url = request.getfixturevalue("redis") if request.param == "redis" else ""
    async with counting(redis_url=url) as limits:
        yield limits


async def test_thirty_logins_a_minute_are_let_in(limits: AddressLimits) -> None:
    for _ in range(30):
        await limits.enter(SIGNING_IN, HERE)
    with pytest.raises(TooManyAttempts) as refused:
        await limits.enter(SIGNING_IN, HERE)
    assert 1 <= refused.value.members["retry_after"] <= 60
    await limits.enter(SIGNING_IN, ELSEWHERE)
    await limits.enter(ASKING_FOR_LETTERS, HERE)


async def test_three_hundred_logins_an_hour_are_let_in(limits: AddressLimits) -> None:
    ((_, _), (many, hour)) = SIGNING_IN.quotas
    assert (many, hour.total_seconds()) == (300, 3600)
    with patch.object(type(SIGNING_IN), "quotas", ((many, hour),)):
        for _ in range(300):
            await limits.enter(SIGNING_IN, HERE)
        with pytest.raises(TooManyAttempts) as refused:
            await limits.enter(SIGNING_IN, HERE)
    assert 3500 <= refused.value.members["retry_after"] <= 3600


async def test_who_fails_with_twenty_accounts_is_kept_out(
    limits: AddressLimits, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(19):
        for _ in range(3):
            assert not await limits.fail(f"{number}@kcs.test", HERE)
    await limits.enter(SIGNING_IN, HERE)
    assert caplog.messages == []
    assert await limits.fail("19@kcs.test", HERE)
    with pytest.raises(TooManyAttempts) as refused:
        await limits.enter(SIGNING_IN, HERE)
    assert refused.value.quota is not None
    assert refused.value.quota.name == FAILING.name
    assert caplog.messages == ["login failed for many accounts from one network"]
    await limits.enter(SIGNING_IN, ELSEWHERE)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HERE, ELSEWHERE, False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        (f"::ffff:{HERE}", HERE, True),
        (f"::ffff:{HERE}", f"::ffff:{ELSEWHERE}", False),
    ],
)
async def test_networks_are_single_addresses_and_64_bits_of_ipv6(
    one: str, other: str, *, same: bool
) -> None:
    async with counting() as limits:
        for _ in range(10):
            await limits.enter(ASKING_FOR_LETTERS, one)
        with pytest.raises(RateLimited):
            await limits.enter(ASKING_FOR_LETTERS, one)
        if same:
            with pytest.raises(RateLimited):
                await limits.enter(ASKING_FOR_LETTERS, other)
        else:
            await limits.enter(ASKING_FOR_LETTERS, other)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "127.8.0.1", "::ffff:127.0.0.1"])
async def test_this_machine_is_spared_unless_it_is_told_otherwise(host: str) -> None:
    async with counting() as sparing, counting(loopback=True) as strict:
        for _ in range(10):
            await sparing.enter(ASKING_FOR_LETTERS, host)
            await strict.enter(ASKING_FOR_LETTERS, host)
        await sparing.enter(ASKING_FOR_LETTERS, host)
        with pytest.raises(RateLimited):
            await strict.enter(ASKING_FOR_LETTERS, host)


async def test_servers_that_share_a_redis_count_together(redis: str) -> None:
    async with counting(redis_url=redis) as one, counting(redis_url=redis) as other:
        for _ in range(5):
            await one.enter(ASKING_FOR_LETTERS, HERE)
            await other.enter(ASKING_FOR_LETTERS, HERE)
        with pytest.raises(RateLimited):
            await one.enter(ASKING_FOR_LETTERS, HERE)


async def test_without_an_answer_of_redis_everybody_is_let_in_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with counting(redis_url="redis://127.0.0.1:1/0") as limits:
        for _ in range(11):
            await limits.enter(ASKING_FOR_LETTERS, HERE)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


# Over HTTP, where a peer that is not this machine sends requests


@asynccontextmanager
async def a_site(url: str, keys: Path, **settings: Any) -> AsyncIterator[tuple[Site, AsyncClient]]:
    """A site, and somebody elsewhere."""
    services = [serving(Passwords, PlainPasswords()), serving(Mailer, Postbox())]
    async with Site(url, keys, *services, **settings) as site:
        transport = ASGITransport(site.app, client=(HERE, 50_000))
        hooks = site.client.event_hooks
        async with AsyncClient(
            transport=transport, base_url=f"http://kcs.test{API}", event_hooks=hooks
        ) as visitor:
            yield site, visitor


def account(number: int) -> dict[str, str]:
    return {
        "email": f"{number}@kcs.test",
        "password": PASSWORD,
        "nickname": f"member {number}",
    }


async def ask(visitor: AsyncClient, path: str, number: int) -> Response:
    body = account(number) if path == "/auth/register" else {"email": f"{number}@kcs.test"}
    return await visitor.post(path, json=body)


ASKING = ("/auth/register", "/auth/password/forgot", "/auth/email/resend")


async def test_an_address_asks_for_ten_letters_an_hour_whichever(url: str, keys: Path) -> None:
    async with a_site(url, keys) as (site, visitor):
        for number in range(10):
            answer = await ask(visitor, ASKING[number % 3], number)
            assert told(answer) == (202, None)
        for path in ASKING:
            refused = await ask(visitor, path, 11)
            assert told(refused) == (429, "rate-limited")
            assert 3500 <= int(refused.headers["Retry-After"]) <= 3600
            assert refused.headers["RateLimit-Policy"] == '"letters";q=10;w=3600'
        assert len(await site.ask(select(UserModel.id))) == 4


async def test_a_password_refused_as_weak_is_no_registration(url: str, keys: Path) -> None:
    async with a_site(url, keys) as (_, visitor):
        for number in range(11):
            weak = account(number) | {"password": "short"}
            answer = await visitor.post("/auth/register", json=weak)
            assert told(answer) == (422, "weak-password")


async def test_who_fails_with_twenty_accounts_stands_in_the_audit_log(url: str, keys: Path) -> None:
    async with a_site(url, keys) as (site, visitor):
        for number in range(20):
            known = {"email": f"{number}@kcs.test", "password": PASSWORD}
            answer = await visitor.post("/auth/login", json=known)
            assert told(answer) == (401, "invalid-credentials")
        rows = await site.ask(select(AuditEntryModel).order_by(AuditEntryModel.id))
        assert [row.meta for row in rows] == [{}] * 19 + [{"many_accounts": True}]
        assert {row.ip_trunc for row in rows} == {"203.0.113.0/24"}


async def test_logins_of_one_address_are_counted_whoever_signs_in(url: str, keys: Path) -> None:
    async with a_site(url, keys) as (_, visitor):
        known = {"email": "1@kcs.test", "password": PASSWORD}
        await ask(visitor, "/auth/register", 1)
        for _ in range(30):
            assert (await visitor.post("/auth/login", json=known)).status_code == 200
        assert told(await visitor.post("/auth/login", json=known)) == (429, "too-many-attempts")


async def test_who_fails_with_many_accounts_is_kept_out_of_all(url: str, keys: Path) -> None:
    async with a_site(url, keys) as (_, visitor):
        for number in range(20):
            tried = {"email": f"{number}@kcs.test", "password": PASSWORD}
            answer = await visitor.post("/auth/login", json=tried)
            assert told(answer) == (401, "invalid-credentials")
        answer = await visitor.post("/auth/login", json=tried)
        assert told(answer) == (429, "too-many-attempts")


# Letters to one address


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/auth/password/forgot", "Set a new password"),
        ("/auth/email/resend", "Confirm your address"),
    ],
)
async def test_an_address_gets_three_letters_of_a_kind_and_the_fourth_is_silently_left_out(
    stage: Site, postbox: Postbox, path: str, kind: str
) -> None:
    answers = []
    await stage.client.post(f"{API}/auth/register", json=account(1))
    await work_once(stage)
    postbox.mails.clear()
    for _ in range(5):
        answer = await stage.client.post(f"{API}{path}", json={"email": "1@KCS.test"})
        answers.append(heard(answer))
        await work_once(stage)
    assert answers == answers[:1] * 5
    assert postbox.subjects("1@kcs.test") == [kind] * 3
    letters = select(JobModel.state).where(JobModel.kind.like("letters.%"))
    assert await stage.ask(letters) == ["done"] * 6


async def test_a_letter_that_is_left_out_leaves_the_last_token_good(
    stage: Site, postbox: Postbox
) -> None:
    await stage.client.post(f"{API}/auth/register", json=account(1))
    for _ in range(4):
        await stage.client.post(f"{API}/auth/password/forgot", json={"email": "1@kcs.test"})
        await work_once(stage)
    assert await works(stage, "reset", token_in(postbox.mails[-1], "reset"))
