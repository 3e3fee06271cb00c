"""The application with some of its services replaced, and what passes through it watched."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from dishka import Provider, Scope
from httpx import Response
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from apps.identity.application.ports import Mail, Mailer, Passwords
from apps.identity.application.throttles import Attempts
from apps.identity.domain.throttle import Allowance
from apps.shared.infrastructure.database import Model
from tests.support.site import API, Site

PASSWORD = "correct horse battery"


def serving(kind: Any, service: object) -> Provider:
    """Let this object serve an interface in place of the real one."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: service, provides=kind)
    return provider


def built(kind: Any, service: Any) -> Provider:
    """Let this class serve it, built as the real one would be."""
    provider = Provider(scope=Scope.APP)
    provider.provide(service, provides=kind)
    return provider


class PlainPasswords(Passwords):
    """Does no work; for tests that are not about hashing."""

    async def hash(self, password: str) -> str:
        return f"plain {password!a}"

    async def matches(self, password: str, password_hash: str | None) -> bool:
        return password_hash == await self.hash(password)

    def is_outdated(self, password_hash: str) -> bool:
        del password_hash
        return False


class Unlimited(Attempts):
    """Counts nothing; for tests that have many do the same at once."""

    async def count(self, what: Allowance, *whom: str) -> bool:
        del what, whom
        return False

    async def forgive(self, what: Allowance, *whom: str) -> None:
        del what, whom

    async def forget(self, *, limit: int) -> int:
        del limit
        return 0


@dataclass
class Postbox(Mailer):
    """Keeps every mail."""

    mails: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    def subjects(self, to: str) -> list[str]:
        return [mail.subject for mail in self.mails if mail.to == to]


async def post(site: Site, path: str, body: object, **headers: str) -> Response:
    """As a visitor."""
    return await site.client.post(API + path, json=body, headers=headers)


async def register(site: Site, nickname: str, /, **more: Any) -> Response:
    """Open an account, as a form with everything filled in would."""
    account = {"email": f"{nickname}@kcs.test", "password": PASSWORD, "nickname": nickname}
    return await post(site, "/auth/register", account | more)


async def login(site: Site, nickname: str, /, **more: Any) -> Response:
    """Sign in to it."""
    known = {"email": f"{nickname}@kcs.test", "password": PASSWORD}
    return await post(site, "/auth/login", known | more)


def told(answer: Response) -> tuple[int, str | None]:
    """The status and, of a problem, its code."""
    problem = answer.headers.get("Content-Type") == "application/problem+json"
    return answer.status_code, answer.json()["code"] if problem else None


def heard(answer: Response) -> tuple[int, Any, dict[str, str]]:
    """All of an answer but what is different in each: the id of the request."""
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "request_id"}
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, body, headers


@asynccontextmanager
async def statements(site: Site) -> AsyncIterator[list[str]]:
    """Note each statement that units of work and questions send; opening a unit is none."""
    sent: list[str] = []
    engine, driver = (await site.engine()).sync_engine, await site.driver()
    fetch, fetch_on, change = driver.fetch, driver.fetch_on, driver.change

    def note(*execution: Any) -> None:
        if not execution[2].startswith("BEGIN"):
            sent.append(execution[2])

    async def fetch_noted(sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        sent.append(sql)
        return await fetch(sql, values)

    async def change_noted(sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        sent.append(sql)
        return await change(sql, values)

    async def fetch_on_noted(
        connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        sent.append(sql)
        return await fetch_on(connection, sql, values)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.multiple(
            driver, fetch=fetch_noted, change=change_noted, fetch_on=fetch_on_noted
        ):
            yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def dump(site: Site) -> str:
    """Every column of every row of every table, as text."""
    lines = []
    async with AsyncSession(await site.engine()) as session:
        for table in Model.metadata.sorted_tables:
            rows = await session.execute(select(table))
            lines += [f"{table.name} {tuple(row)}" for row in rows]
    return "\n".join(lines)
