"""What is tried on accounts: counted before it is done, in one statement, on both databases."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from apps.identity.application.ports import Passwords
from apps.identity.application.throttles import Attempts, ForgetAttempts
from apps.identity.domain.throttle import (
    CODES,
    SIGN_IN,
    Allowance,
    TooManyAttempts,
)
from apps.identity.infrastructure.throttles import REFUSED, SqlAttempts, ThrottleModel
from apps.shared.domain.ids import Clock
from tests.identity.guessing import (
    DAY,
    LATER,
    MINUTE,
    REFUSED_LOGIN,
    SECOND,
    WRONG,
    fail,
    wait_of,
)
from tests.identity.stage import (
    PlainPasswords,
    built,
    dump,
    heard,
    login,
    register,
    serving,
    told,
)
from tests.support.builders import HOUR, FixedClock
from tests.support.site import Site, elsewhere


async def test_attack_36_the_eleventh_wrong_password_has_to_wait(stage: Site) -> None:
    await register(stage, "ann")
    await fail(stage, "ann", 10)
    refused = await login(stage, "ann", **WRONG)
    assert (told(refused), wait_of(refused)) == (LATER, 32)
    assert refused.headers["RateLimit-Policy"] == '"sign-in";q=10;w=900'
    assert refused.headers["RateLimit"] == '"sign-in";r=0;t=32'
    assert told(await login(stage, "ann")) == LATER


async def test_attack_36_an_unknown_address_is_answered_alike(stage: Site) -> None:
    await register(stage, "ann")
    for nickname in ("ann", "eve"):
        await fail(stage, nickname, 10)
    known, unknown = await login(stage, "ann", **WRONG), await login(stage, "eve", **WRONG)
    assert heard(known) == heard(unknown)


async def test_attack_36_an_address_is_the_same_in_any_case(stage: Site) -> None:
    await fail(stage, "ann", 10)
    assert told(await login(stage, "ann", email="ANN@KCS.test", **WRONG)) == LATER
    assert told(await login(stage, "bea", **WRONG)) == REFUSED_LOGIN


async def test_pauses_double_up_to_a_quarter_of_an_hour(stage: Site, clock: FixedClock) -> None:
    await fail(stage, "ann", 10)
    for pause in (32, 64, 128, 256, 512):
        assert wait_of(await login(stage, "ann", **WRONG)) == pause
        clock.at += timedelta(seconds=pause) - SECOND
        assert wait_of(await login(stage, "ann", **WRONG)) == 1
        clock.at += SECOND
        await fail(stage, "ann", 1)
    assert wait_of(await login(stage, "ann", **WRONG)) == 900


async def test_failures_further_apart_than_the_window_make_nobody_wait(
    stage: Site, clock: FixedClock
) -> None:
    await fail(stage, "ann", 9)
    clock.at += 15 * MINUTE
    await fail(stage, "ann", 10)
    assert told(await login(stage, "ann", **WRONG)) == LATER


async def test_success_lets_it_begin_anew(stage: Site) -> None:
    await register(stage, "ann")
    for _ in range(3):
        await fail(stage, "ann", 9)
        assert (await login(stage, "ann")).status_code == 200
    assert await stage.ask(select(func.count()).select_from(ThrottleModel)) == [0]


async def test_success_on_one_account_does_nothing_for_another(stage: Site) -> None:
    await register(stage, "ann")
    await fail(stage, "bea", 10)
    assert (await login(stage, "ann")).status_code == 200
    assert told(await login(stage, "bea", **WRONG)) == LATER


async def test_no_address_stands_in_the_table(stage: Site) -> None:
    await fail(stage, "eve", 1)
    assert "auth_throttles" in await dump(stage)
    assert "eve" not in await dump(stage)


# The password given again


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/reauth", {"password": "a wrong password"}),
        (
            "/auth/password/change",
            {"current_password": "a wrong password", "new_password": "a quite new password"},
        ),
    ],
)
async def test_a_password_given_again_is_guessed_ten_times(
    stage: Site, path: str, body: dict[str, str]
) -> None:
    ann, bea = await stage.join("ann"), await stage.join("bea")
    for _ in range(10):
        assert told(await ann.post(path, body)) == REFUSED_LOGIN
    refused = await ann.post(path, body)
    assert (told(refused), wait_of(refused)) == (LATER, 32)
    assert told(await bea.post(path, body)) == REFUSED_LOGIN
    assert (await ann.get("/me")).status_code == 200


# Many at once


class Counted(PlainPasswords):
    """Counts its runs, and takes long enough for all others to come."""

    def __init__(self) -> None:
        self.runs = 0

    async def matches(self, password: str, password_hash: str | None) -> bool:
        self.runs += 1
        await asyncio.sleep(0.2)
        return await super().matches(password, password_hash)


async def guess(site: Site, many: int) -> list[tuple[int, str | None]]:
    guesses = [elsewhere(login(site, "ann", password=f"guess number {n}")) for n in range(many)]
    return [told(await each) for each in guesses]


def ten_are_let_in(answers: Sequence[tuple[int, str | None]], runs: int) -> None:
    assert runs <= 10
    assert answers.count(REFUSED_LOGIN) == runs == 10
    assert answers.count(LATER) == len(answers) - 10


async def test_attack_37_of_a_hundred_guesses_at_once_ten_are_hashed(
    url: str, keys: Path, clock: FixedClock
) -> None:
    passwords = Counted()
    services = [serving(Passwords, passwords), serving(Clock, clock)]
    async with Site(url, keys, *services, max_concurrency=200) as site:
        await register(site, "ann")
        ten_are_let_in(await guess(site, 100), passwords.runs)


LATE: set[asyncio.Task[None]] = set()
"""Or nobody would hold them."""


class CountedLate(SqlAttempts):
    """Looks before a password is hashed, and counts when it has been."""

    async def count(self, what: Allowance, *whom: str) -> bool:
        for row in await self._reads(REFUSED, bucket=self._bucket(what, *whom)):
            if row.free_at > self._clock.now():
                raise TooManyAttempts
        late = elsewhere(self._afterwards(what, *whom))
        LATE.add(late)
        late.add_done_callback(LATE.discard)
        return False

    async def _afterwards(self, what: Allowance, *whom: str) -> None:
        await asyncio.sleep(0.2)
        with suppress(TooManyAttempts):
            await super().count(what, *whom)


async def test_attack_37_counted_behind_hashing_many_more_would_be(
    url: str, keys: Path, clock: FixedClock
) -> None:
    passwords = Counted()
    late = [serving(Passwords, passwords), serving(Clock, clock), built(Attempts, CountedLate)]
    async with Site(url, keys, *late, max_concurrency=200) as site:
        await register(site, "ann")
        answers = await guess(site, 100)
        await asyncio.gather(*LATE)
        with pytest.raises(AssertionError):
            ten_are_let_in(answers, passwords.runs)


# What others count by it, and how it is forgotten


async def test_codes_of_one_member_are_tried_ten_times_an_hour(stage: Site) -> None:
    attempts = await stage.port(Attempts)  # type: ignore[type-abstract]
    for _ in range(10):
        await attempts.count(CODES, "ann")
    with pytest.raises(TooManyAttempts) as refused:
        await attempts.count(CODES, "ann")
    assert refused.value.members["retry_after"] == 3600
    await attempts.count(CODES, "bea")
    await attempts.forgive(CODES, "ann")
    await attempts.count(CODES, "ann")


async def test_who_read_the_clock_first_and_comes_second_is_let_in(
    stage: Site, clock: FixedClock
) -> None:
    """As of two who come at once; the pause behind the last free attempt holds for both."""
    attempts = await stage.port(Attempts)  # type: ignore[type-abstract]
    for _ in range(SIGN_IN.free):
        await attempts.count(SIGN_IN, "ann@kcs.test")
        clock.at -= timedelta(microseconds=1)
    with pytest.raises(TooManyAttempts):
        await attempts.count(SIGN_IN, "ann@kcs.test")


async def test_what_counts_no_longer_is_deleted(stage: Site, clock: FixedClock) -> None:
    attempts = await stage.port(Attempts)  # type: ignore[type-abstract]
    await attempts.count(CODES, "ann")
    await attempts.count(SIGN_IN, "ann@kcs.test")
    forget = await stage.port(ForgetAttempts)
    assert await forget() == 0
    clock.at += HOUR
    assert await forget() == 1
    clock.at += 30 * DAY
    assert await forget() == 1
    assert await stage.ask(select(ThrottleModel.bucket)) == []
