"""What a thief does at the moment in which the owner signs them out is not done."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from dishka import Provider
from sqlalchemy import select

from apps.identity.application.ports import Passwords
from apps.identity.contract import Directory
from apps.identity.domain.session import SessionId, SessionRepository
from apps.identity.infrastructure.directory import SqlDirectory
from apps.identity.infrastructure.models import RefreshSessionModel
from apps.identity.infrastructure.repositories import SqlSessionRepository
from apps.shared.domain.ids import MemberId
from tests.identity.letters import NEW_PASSWORD, a_member
from tests.identity.stage import PASSWORD, PlainPasswords, built, login, serving, told
from tests.support.site import Member, Site, elsewhere

CHANGE = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}


class Slow(SqlSessionRepository):
    """Takes its time between ending a session and keeping that."""

    async def end(self, id: SessionId, *, of: MemberId, at: datetime) -> bool:
        ended = await super().end(id, of=of, at=at)
        await asyncio.sleep(0.3)
        return ended

    async def end_all(self, **whose: Any) -> None:
        await super().end_all(**whose)
        await asyncio.sleep(0.3)


class Careless(SqlDirectory):
    """Locks nobody."""

    async def lock(self, members: Collection[MemberId]) -> None:
        del members


async def one(owner: Member) -> None:
    sessions = await owner.site.ask(
        select(RefreshSessionModel.id).order_by(RefreshSessionModel.id.desc())
    )
    assert (await owner.delete(f"/auth/sessions/{sessions[0]}")).status_code == 204


async def all_others(owner: Member) -> None:
    answer = await owner.post("/auth/logout-all", {"keep_current": True})
    assert answer.status_code == 204


SignOut = Callable[[Member], Coroutine[Any, Any, None]]
WAYS = [one, all_others]


async def raced(
    url: str, keys: Path, sign_out: SignOut, *more: Provider
) -> tuple[tuple[int, str | None], int]:
    """Tell what the thief is answered, and how the owner's password is received then."""
    services = serving(Passwords, PlainPasswords()), built(SessionRepository, Slow), *more
    async with Site(url, keys, *services) as site:
        owner, thief = await a_member(site, "ann"), await a_member(site, "ann")
        signing_out = elsewhere(sign_out(owner))
        await asyncio.sleep(0.1)
        changed = await thief.post("/auth/password/change", CHANGE)
        await signing_out
        return told(changed), (await login(site, "ann")).status_code


@pytest.mark.parametrize("sign_out", WAYS)
async def test_who_was_signed_out_sets_no_password(url: str, keys: Path, sign_out: SignOut) -> None:
    assert await raced(url, keys, sign_out) == ((401, "invalid-token"), 200)


@pytest.mark.parametrize("sign_out", WAYS)
async def test_without_a_lock_they_would(postgresql: str, keys: Path, sign_out: SignOut) -> None:
    careless = built(Directory, Careless)
    assert await raced(postgresql, keys, sign_out, careless) == ((200, None), 401)
