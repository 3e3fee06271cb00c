"""While an authenticator is confirmed none takes its place that nobody has shown a code of."""

import asyncio
from collections.abc import Collection
from pathlib import Path

from dishka import Provider

from apps.identity.application.ports import Passwords
from apps.identity.application.second_factor import SecondFactors
from apps.identity.contract import Directory
from apps.identity.infrastructure.directory import SqlDirectory
from apps.identity.infrastructure.second_factors import SqlSecondFactors
from apps.shared.domain.ids import MemberId
from tests.identity.letters import a_member
from tests.identity.stage import PlainPasswords, built, serving, told
from tests.support.authenticators import asked, enroll, verify
from tests.support.site import Site, elsewhere


class Slow(SqlSecondFactors):
    """Takes its time between looking at an authenticator and confirming it."""

    async def use(self, member: MemberId, step: int) -> bool:
        await asyncio.sleep(0.3)
        return await super().use(member, step)


class Careless(SqlDirectory):
    """Locks nobody."""

    async def lock(self, members: Collection[MemberId]) -> None:
        del members


async def confirmed(
    url: str, keys: Path, *overrides: Provider
) -> tuple[tuple[int, str | None], int]:
    """Enrol again while a code is shown; tell what came of it, and of that code's authenticator."""
    services = serving(Passwords, PlainPasswords()), built(SecondFactors, Slow), *overrides
    async with Site(url, keys, *services) as site:
        ann = await a_member(site, "ann")
        app = await enroll(ann)
        showing = elsewhere(ann.post("/auth/totp/confirm", {"code": await app.code(-1)}))
        await asyncio.sleep(0.1)
        again = await ann.post("/auth/totp/enroll")
        assert (await showing).status_code == 200
        return told(again), (await verify(site, await asked(site), await app.code())).status_code


async def test_the_one_whose_code_was_shown_is_the_one_that_counts(url: str, keys: Path) -> None:
    assert await confirmed(url, keys) == ((409, "totp-enrolled"), 200)


async def test_without_a_lock_another_one_may_be(postgresql: str, keys: Path) -> None:
    assert await confirmed(postgresql, keys, built(Directory, Careless)) == ((200, None), 401)
