"""Hashing takes long: it happens on threads of its own, and not for everybody at once."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from threading import Event, Lock, get_ident

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from apps.identity.infrastructure.passwords import Argon2Passwords
from tests.identity.stage import login, register, told
from tests.support.site import API, Site, elsewhere

THREADS, ROOM = 4, 36
ENOUGH = 30
"""Seconds after which a test that waits in vain fails."""


async def until(condition: Callable[[], bool]) -> None:
    """Let the others go on until it holds."""
    async with asyncio.timeout(ENOUGH):
        while not condition():  # noqa: ASYNC110 - threads and tasks of others set no event
            await asyncio.sleep(0.001)


class Held(AbstractAsyncContextManager["Held"]):
    """In place of argon2: every run is noted and lasts until the test lets go, or fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[int] = []
        self.running = self.most = 0
        self.let_go = Event()
        self._counting = Lock()
        self._loop = get_ident()
        monkeypatch.setattr(PasswordHasher, "verify", lambda *_: self._run())

    def _run(self) -> bool:
        with self._counting:
            self.threads.append(get_ident())
            self.running += 1
            self.most = max(self.most, self.running)
        if get_ident() != self._loop:
            self.let_go.wait(ENOUGH)
        with self._counting:
            self.running -= 1
        raise VerifyMismatchError

    async def __aexit__(self, *_: object) -> None:
        self.let_go.set()

    async def begun(self, runs: int) -> None:
        await until(lambda: len(self.threads) >= runs)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    return Held(monkeypatch)


@pytest.mark.parametrize("asked", [ROOM + 1, 60])
async def test_more_than_36_who_want_to_hash_are_sent_away_until_there_is_room(
    url: str, keys: Path, held: Held, asked: int
) -> None:
    async with Site(url, keys, max_concurrency=100) as site, held:
        logins = [elsewhere(login(site, f"eve{number}")) for number in range(asked)]
        await until(lambda: sum(each.done() for each in logins) == asked - ROOM)
        await held.begun(THREADS)
        away = [await each for each in logins if each.done()]
        assert [told(answer) for answer in away] == [(503, "busy")] * (asked - ROOM)
        assert {answer.headers["Retry-After"] for answer in away} <= {"1"}
        late = elsewhere(register(site, "ann"))
        assert told(await late) == (503, "busy")
        held.let_go.set()
        answers = [await each for each in logins]
        served = [told(answer) for answer in answers if answer not in away]
        assert served == [(401, "invalid-credentials")] * ROOM
        assert (len(held.threads), held.most) == (ROOM, THREADS)
        assert told(await login(site, "eve")) == (401, "invalid-credentials")


async def test_36_who_want_to_hash_are_all_served(url: str, keys: Path, held: Held) -> None:
    async with Site(url, keys, max_concurrency=100) as site, held:
        logins = [elsewhere(login(site, f"eve{number}")) for number in range(ROOM)]
        await held.begun(THREADS)
        held.let_go.set()
        assert {told(await each) for each in logins} == {(401, "invalid-credentials")}


async def test_attack_44_while_twenty_logins_hash_the_loop_keeps_turning(
    url: str, keys: Path, held: Held
) -> None:
    async with Site(url, keys) as site, held:
        logins = [elsewhere(login(site, f"eve{number}")) for number in range(20)]
        await held.begun(THREADS)
        for _ in range(10):
            assert (await site.client.get("/healthz")).status_code == 200
        assert not any(each.done() for each in logins)
        held.let_go.set()
        assert {told(await each) for each in logins} == {(401, "invalid-credentials")}
    assert len(held.threads) == 20
    assert len({*held.threads}) == THREADS
    assert get_ident() not in held.threads


async def test_a_hash_on_the_loop_itself_would_be_noticed(held: Held) -> None:
    held.let_go.set()
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify("hash", "password")
    assert get_ident() in held.threads


async def test_attack_37_of_a_hundred_wrong_passwords_at_once_ten_are_hashed_by_argon2(
    url: str, keys: Path, held: Held
) -> None:
    held.let_go.set()
    async with Site(url, keys, max_concurrency=200) as site:
        guesses = [elsewhere(login(site, "ann", password=f"guess {n}")) for n in range(100)]
        answers = [told(await guess) for guess in guesses]
        assert answers.count((401, "invalid-credentials")) == len(held.threads) == 10
        assert answers.count((429, "too-many-attempts")) == 90
        assert told(await login(site, "bea")) == (401, "invalid-credentials")


async def test_a_visitor_who_gives_up_leaves_the_place_to_another(
    url: str, keys: Path, held: Held
) -> None:
    async with Site(url, keys, max_concurrency=100) as site, held:
        logins = [elsewhere(login(site, f"eve{number}")) for number in range(ROOM)]
        await held.begun(THREADS)
        logins[-1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await logins[-1]
        late = elsewhere(
            site.client.post(f"{API}/auth/login", json={"email": "a@b.c", "password": "x"})
        )
        held.let_go.set()
        assert told(await late) == (401, "invalid-credentials")
        for each in logins[:-1]:
            assert told(await each) == (401, "invalid-credentials")


async def test_no_password_opens_an_account_that_is_not_there() -> None:
    passwords = Argon2Passwords()
    for nobodys in (None, "", "!"):
        assert not await passwords.matches("the password of no account", nobodys)
    assert await passwords.matches("right", await passwords.hash("right"))
    passwords.close()
