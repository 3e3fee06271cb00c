"""Who is promoted while signing in gets no session of a member like any other."""

import asyncio
from datetime import timedelta
from pathlib import Path

from dishka import Provider
from sqlalchemy import select

from apps.identity.application.administer import ChangeRole
from apps.identity.application.ports import Passwords
from apps.identity.application.second_factor import Means, SecondFactors
from apps.identity.domain.user import Role, UserNotFound
from apps.identity.infrastructure.models import RefreshSessionModel
from apps.identity.infrastructure.second_factors import MEANS, SqlSecondFactors
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from tests.identity.letters import a_member
from tests.identity.stage import PlainPasswords, built, login, serving
from tests.support.site import Site, elsewhere

UNLOCKED = Question(MEANS)


class Careless(SqlSecondFactors):
    """Looks without a lock."""

    async def means(self, member: MemberId) -> Means:
        for row in await self._reads(UNLOCKED, member=member):
            return Means(**row._asdict())
        raise UserNotFound


async def lifetimes(url: str, keys: Path, *overrides: Provider) -> list[timedelta]:
    """How long the sessions last that somebody has who signs in while they are promoted."""
    async with Site(url, keys, serving(Passwords, PlainPasswords()), *overrides) as site:
        ann = await a_member(site, "ann")
        change = await site.port(ChangeRole)
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            await change(ann.id, Role.MODERATOR, by=None)
            signing_in = elsewhere(login(site, "ann"))
            await asyncio.sleep(0.3)
        assert (await signing_in).status_code == 200
        row = RefreshSessionModel
        live = await site.ask(select(row).where(row.revoked_at.is_(None)))
        return [each.expires_at - each.created_at for each in live]


async def test_the_session_is_one_of_staff(url: str, keys: Path) -> None:
    assert await lifetimes(url, keys) == [timedelta(hours=12)]


async def test_without_a_lock_it_is_not(postgresql: str, keys: Path) -> None:
    careless = built(SecondFactors, Careless)
    assert await lifetimes(postgresql, keys, careless) == [timedelta(days=90)]
