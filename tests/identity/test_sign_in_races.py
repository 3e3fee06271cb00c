"""Who signs in while all their devices are signed out is not the one who stays."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from dishka import Provider
from sqlalchemy import select

from apps.identity.application.administer import ChangeRole
from apps.identity.application.departures import SuspendMember
from apps.identity.application.ports import Passwords
from apps.identity.application.second_factor import Means, SecondFactors
from apps.identity.application.send_letters import MakeToken
from apps.identity.domain.one_time_token import Purpose
from apps.identity.domain.user import Role, UserNotFound
from apps.identity.infrastructure.models import RefreshSessionModel
from apps.identity.infrastructure.second_factors import MEANS, SqlSecondFactors
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from tests.identity.letters import a_member, works
from tests.identity.stage import PlainPasswords, built, login, serving
from tests.support.site import Member, Site, elsewhere

UNLOCKED = Question(MEANS)


class Slow(SqlSecondFactors):
    """Takes its time between looking at an account and opening a session."""

    async def means(self, member: MemberId) -> Means:
        means = await super().means(member)
        await asyncio.sleep(0.3)
        return means


class Careless(Slow):
    """Looks without a lock."""

    async def means(self, member: MemberId) -> Means:
        for row in await self._reads(UNLOCKED, member=member):
            await asyncio.sleep(0.3)
            return Means(**row._asdict())
        raise UserNotFound


async def suspended(ann: Member) -> None:
    await (await ann.site.port(SuspendMember))(ann.id, reason="why")


async def promoted(ann: Member) -> None:
    await (await ann.site.port(ChangeRole))(ann.id, Role.MODERATOR, by=None)


async def set_a_new_password(ann: Member) -> None:
    make = await ann.site.port(MakeToken)
    token = await make(Purpose.RESET_PASSWORD, of=ann.id, email="ann@kcs.test")
    assert await works(ann.site, "reset", token)


async def moved_back(ann: Member) -> None:
    make = await ann.site.port(MakeToken)
    token = await make(Purpose.UNDO_EMAIL_CHANGE, of=ann.id, email="ann@kcs.test")
    assert await works(ann.site, "undo", token)


async def left(ann: Member) -> None:
    assert (await ann.delete("/me")).status_code == 202


Deed = Callable[[Member], Awaitable[None]]
DEEDS = [suspended, promoted, set_a_new_password, moved_back, left]


async def live_sessions(url: str, keys: Path, deed: Deed, kind: type, *more: Provider) -> int:
    """How many devices are signed in after all were signed out while one signed in."""
    services = serving(Passwords, PlainPasswords()), built(SecondFactors, kind), *more
    async with Site(url, keys, *services) as site:
        ann = await a_member(site, "ann")
        signing_in = elsewhere(login(site, "ann"))
        await asyncio.sleep(0.1)
        await deed(ann)
        assert (await signing_in).status_code == 200
        row = RefreshSessionModel
        return len(await site.ask(select(row.id).where(row.revoked_at.is_(None))))


@pytest.mark.parametrize("deed", DEEDS)
async def test_it_is_signed_out_as_well(url: str, keys: Path, deed: Deed) -> None:
    assert await live_sessions(url, keys, deed, Slow) == 0


@pytest.mark.parametrize("deed", DEEDS)
async def test_without_a_lock_it_stays(postgresql: str, keys: Path, deed: Deed) -> None:
    assert await live_sessions(postgresql, keys, deed, Careless) == 1
