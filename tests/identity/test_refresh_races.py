"""Many refreshes of one token, and refreshes racing a logout: nobody forks, nobody survives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from httpx import Response
from sqlalchemy import update

from apps.identity.domain.session import Session, SessionId, SessionRepository
from apps.identity.infrastructure.models import RefreshSessionModel
from apps.identity.infrastructure.repositories import SqlSessionRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.changes import Changes
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.reads import Reads
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import built, post, told
from tests.support.site import Site, elsewhere

Kind = TypeVar("Kind", bound=SqlSessionRepository)

CLIENTS, ROUNDS, LOGOUTS, AT_ONCE = 50, 20, 200, 20
PATIENCE = 30
"""Seconds until whoever waits for the others knows that somebody was turned away."""


class Crowded(SqlSessionRepository):
    """Lets nobody who has read a session go on before enough others have read it as well."""

    def __init__(self, current: Current, reads: Reads, changes: Changes, work: UnitOfWork) -> None:
        super().__init__(current, reads, changes)
        self.work = work
        self.expected = 1
        self._readers: dict[SessionId, int] = {}
        self._enough: dict[SessionId, asyncio.Event] = {}

    async def seen(self, id: SessionId) -> Session | None:
        session = await super().seen(id)
        enough = self._enough.setdefault(id, asyncio.Event())
        self._readers[id] = self._readers.get(id, 0) + 1
        if self._readers[id] >= self.expected:
            enough.set()
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
        return session


class Trusting(Crowded):
    """Believes that the session still is as it was read."""

    async def rotate(self, seen: Session, successor: Session) -> bool:
        row = RefreshSessionModel
        async with self.work:
            await self._current.session.execute(
                update(row)
                .where(row.id == seen.id)
                .values(
                    generation=row.generation + 1,
                    previous_hash=row.current_hash,
                    current_hash=successor.current_hash,
                    rotated_at=successor.rotated_at,
                )
            )
        return True


class Interrupted(SqlSessionRepository):
    """Something else happens after the first reading of a session."""

    meanwhile: Callable[[], Coroutine[Any, Any, None]] | None = None

    async def seen(self, id: SessionId) -> Session | None:
        session = await super().seen(id)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await elsewhere(meanwhile())
        return session


class Saving(Interrupted):
    """Loads, changes and saves, like any other repository."""

    def __init__(self, current: Current, reads: Reads, changes: Changes, work: UnitOfWork) -> None:
        super().__init__(current, reads, changes)
        self.work = work

    async def rotate(self, seen: Session, successor: Session) -> bool:
        del seen
        async with self.work:
            await self.save(successor)
        return True


@asynccontextmanager
async def a_site(url: str, keys: Path, kind: type[Kind]) -> AsyncIterator[tuple[Site, Kind]]:
    async with Site(url, keys, built(SessionRepository, kind), max_concurrency=100) as site:
        sessions = await site.port(SessionRepository)  # type: ignore[type-abstract]
        assert isinstance(sessions, kind)
        yield site, sessions


async def refreshed_at_once(phone: Phone) -> list[Response]:
    tasks = [elsewhere(phone.ask(phone.refresh)) for _ in range(CLIENTS)]
    return [await task for task in tasks]


def one_successor(answers: Sequence[Response], row: Session) -> None:
    """All clients hold the same token, and the session has moved on by one generation."""
    assert {told(answer) for answer in answers} == {(200, None)}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert (row.generation, row.revoked_at) == (1, None)


@pytest.mark.parametrize("readers", [1, CLIENTS])
async def test_attack_20_of_fifty_refreshes_of_one_token_one_rotates_and_all_get_its_successor(
    url: str, keys: Path, readers: int
) -> None:
    async with a_site(url, keys, Crowded) as (site, crowd):
        member = (await site.join("ann")).id
        for _ in range(ROUNDS):
            crowd.expected = 1
            phone = await a_phone(site, member)
            crowd.expected = readers
            answers = await refreshed_at_once(phone)
            one_successor(answers, await phone.row())
            phone.take(answers[0])
        await phone.swap()
        assert (await phone.look()).status_code == 200


async def test_without_the_comparison_the_session_would_fork(url: str, keys: Path) -> None:
    async with a_site(url, keys, Trusting) as (site, crowd):
        phone = await a_phone(site, (await site.join("ann")).id)
        crowd.expected = CLIENTS
        answers = await refreshed_at_once(phone)
        row = await phone.row()
        assert row.generation > 1
        with pytest.raises(AssertionError):
            one_successor(answers, row)


async def race(phone: Phone) -> tuple[Response, Response]:
    """Refresh and sign out at the same moment."""
    refresh = elsewhere(phone.ask(phone.refresh))
    logout = elsewhere(post(phone.site, "/auth/logout", {"refresh_token": phone.refresh}))
    return await refresh, await logout


async def no_survivor(phone: Phone, refreshed: Response) -> None:
    """Whatever the refresh was answered, the session is over."""
    assert told(refreshed) in {(200, None), (401, "invalid-refresh-token")}
    if refreshed.status_code == 200:
        phone.take(refreshed)
    assert (await phone.row()).revoked_at is not None
    assert await phone.is_dead()


async def raced(phone: Phone) -> bool:
    """Whether the refresh won before the logout ended what it had won."""
    refreshed, logout = await race(phone)
    assert logout.status_code == 204
    await no_survivor(phone, refreshed)
    return refreshed.status_code == 200


async def test_attack_27_no_session_survives_a_logout_that_races_a_refresh(
    url: str, keys: Path
) -> None:
    async with a_site(url, keys, Interrupted) as (site, _):
        member = (await site.join("ann")).id
        won = []
        for _ in range(LOGOUTS // AT_ONCE):
            phones = [await a_phone(site, member) for _ in range(AT_ONCE)]
            won += await asyncio.gather(*(raced(phone) for phone in phones))
        assert len(won) == LOGOUTS


async def left_in_between(url: str, keys: Path, kind: type[Interrupted], rounds: int) -> None:
    """Sign out after a refresh has read the session and before it rotates it."""
    async with a_site(url, keys, kind) as (site, sessions):
        member = (await site.join("ann")).id
        for _ in range(rounds):
            phone = await a_phone(site, member)
            sessions.meanwhile = phone.leave
            refreshed = await phone.ask(phone.refresh)
            await no_survivor(phone, refreshed)
            assert told(refreshed) == (401, "invalid-refresh-token")
            assert (await phone.row()).generation == 0


async def test_attack_27_nor_one_that_was_read_before_the_logout(url: str, keys: Path) -> None:
    await left_in_between(url, keys, Interrupted, rounds=20)


async def test_a_session_that_is_loaded_and_saved_would_survive(url: str, keys: Path) -> None:
    with pytest.raises(AssertionError):
        await left_in_between(url, keys, Saving, rounds=1)


async def test_many_first_uses_of_an_access_token_confirm_it_once(url: str, keys: Path) -> None:
    async with a_site(url, keys, Interrupted) as (site, _):
        phone = await a_phone(site, (await site.join("ann")).id)
        await phone.swap()
        uses = [elsewhere(phone.look()) for _ in range(CLIENTS)]
        assert {told(await use) for use in uses} == {(200, None)}
        row = await phone.row()
        assert (row.generation, row.confirmed_generation) == (1, 1)
