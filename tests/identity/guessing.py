"""Guesses at passwords, and what is answered."""

from datetime import timedelta

from httpx import Response

from tests.identity.stage import login, told
from tests.support.builders import FixedClock
from tests.support.site import Site

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
WRONG = {"password": "a wrong password"}
REFUSED_LOGIN, LATER = (401, "invalid-credentials"), (429, "too-many-attempts")


async def fail(site: Site, nickname: str, times: int) -> None:
    for _ in range(times):
        assert told(await login(site, nickname, **WRONG)) == REFUSED_LOGIN


def wait_of(answer: Response) -> int:
    return int(answer.headers["Retry-After"])


async def lock(site: Site, nickname: str, clock: FixedClock) -> None:
    for _ in range(10):
        await fail(site, nickname, 10)
        clock.at += 15 * MINUTE
