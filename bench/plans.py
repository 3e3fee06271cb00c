"""How the databases find what the hot routes ask for; the statements are those that are sent."""

import json
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from dishka import Provider, Scope
from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.main import create_app
from apps.settings import Settings
from apps.shared.infrastructure.reads import Driver
from bench.operations import API
from bench.people import Kind, Size, id_of, is_promised
from bench.visitors import Visitors

GREAT = {"copies", "copy_promises", "users", "profiles", "standings", "refresh_sessions"}
"""Tables that grow with the number of members, and are never read from end to end."""

ENTRY = {"card_id": str(id_of(Kind.CARD, 1)), "condition": "mint", "for_trade": True}
EXPECTED: Mapping[tuple[str, str], set[str]] = {
    ("GET", "/me/copies"): {"ix_copies_owner_id"},
    ("GET", "/members/{member}/copies"): {
        "ix_copies_listed_by_owner",
        "ix_copies_listed_by_owner_and_card",  # as good where a page begins with the newest
    },
    ("GET", "/cards/{card}/copies"): {"ix_copies_listed_by_card"},
    ("GET", "/copies/{copy}"): {"pk_copies"},
    ("POST", "/me/copies"): {"ix_copies_owner_id", "pk_copies"},
    ("PATCH", "/me/copies/{copy}"): {"ix_copies_owner_id", "pk_copies"},
    ("DELETE", "/me/copies/{copy}"): {"ix_copies_owner_id", "pk_copies"},
    ("POST", "/auth/refresh"): set(),
}
"""By which indexes each route may find copies; that by owner ends in the id of a copy."""

BODIES = {("POST", "/me/copies"): ENTRY, ("PATCH", "/me/copies/{copy}"): {"note": "sleeved"}}


class PlanChanged(RuntimeError):
    """A hot route does not find its rows as it should."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What was sent, in the words of the driver."""

    text: str
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Access:
    """How a table is read: by an index, or, with None, from end to end."""

    table: str
    index: str | None


class Recorder(Driver):
    """Passes everything on to the driver, and keeps it."""

    def __init__(self, driver: Driver, kept: list[Statement]) -> None:
        self.dialect = driver.dialect
        self._driver = driver
        self._kept = kept

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Keep a question."""
        self._kept.append(Statement(sql, values))
        return await self._driver.fetch(sql, values)

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Keep a change."""
        self._kept.append(Statement(sql, values))
        return await self._driver.change(sql, values)

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        """Keep a question of a unit of work."""
        self._kept.append(Statement(sql, values))
        return await self._driver.fetch_on(connection, sql, values)

    async def close(self) -> None:
        """Close it."""
        await self._driver.close()


async def check_plans(url: str, size: Size, visitors: Visitors) -> None:
    """Raise PlanChanged unless every hot route finds its rows by the indexes meant for them."""
    async with aclosing(sent(url, size, visitors)) as hot:
        async for route, statements in hot:
            read = [access for each in statements async for access in accesses(url, each)]
            scanned = {access.table for access in read if access.index is None} & GREAT
            used = {str(access.index) for access in read if access.table == "copies"}
            if scanned or used - EXPECTED[route]:
                raise PlanChanged(f"{' '.join(route)} scans {scanned} and reads copies by {used}.")


async def sent(
    url: str, size: Size, visitors: Visitors
) -> AsyncGenerator[tuple[tuple[str, str], list[Statement]]]:
    """Yield each hot route with the statements that one request to it sends."""
    member = size.visitors[-1]
    copies = (
        copy for copy in range(size.copies) if size.owner(copy) == member and not is_promised(copy)
    )
    path = {"member": id_of(Kind.MEMBER, member), "card": id_of(Kind.CARD, 1)}
    async with a_recorded_client(url, visitors) as (client, kept):
        headers = {"Authorization": f"Bearer {visitors.access_token(member)}"}
        for method, template in EXPECTED:
            body: Any = BODIES.get((method, template))
            if template == "/auth/refresh":
                body = {"refresh_token": visitors.refresh_token(member)}
            where = template.format(copy=id_of(Kind.COPY, next(copies)), **path)
            kept.clear()
            answer = await client.request(method, API + where, json=body, headers=headers)
            answer.raise_for_status()
            yield (method, template), list(kept)


@asynccontextmanager
async def a_recorded_client(
    url: str, visitors: Visitors
) -> AsyncIterator[tuple[httpx.AsyncClient, list[Statement]]]:
    """Yield a client of the service in this process, and what the service sends."""
    kept: list[Statement] = []
    recording = Provider(scope=Scope.APP)

    def record(driver: Driver) -> Driver:
        return Recorder(driver, kept)

    recording.decorate(record, provides=Driver)
    app = create_app(Settings(database_url=url, data_dir=visitors.data), recording)
    engine = await app.state.dishka_container.get(AsyncEngine)

    def keep(*execution: Any) -> None:
        if execution[2].startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            *_, statement, values, _, is_many = execution
            kept.append(Statement(statement, values[0] if is_many else values))

    event.listen(engine.sync_engine, "before_cursor_execute", keep)
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://kcs.test") as client:
            yield client, kept
    finally:
        await app.state.dishka_container.close()


async def accesses(url: str, statement: Statement) -> AsyncIterator[Access]:
    """Yield how the database at the URL reads tables for a statement."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(target.database or "")) as file:
            steps = file.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.values)
            for access in filter(None, map(_told_by_sqlite, steps.fetchall())):
                yield access
        return
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for plan in (await _custom(connection, statement), await _generic(connection, statement)):
            for access in _told_by_postgresql(json.loads(plan)[0]["Plan"]):
                yield access
    finally:
        await connection.close()


async def _custom(connection: Any, statement: Statement) -> str:
    """Return the plan for these values."""
    explain = f"EXPLAIN (FORMAT JSON) {statement.text}"
    return str(await connection.fetchval(explain, *statement.values))


async def _generic(connection: Any, statement: Statement) -> str:
    """Return the plan for any values, which a statement has once it was sent often."""
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE hot AS {statement.text}")
    given = f"({', '.join(['NULL'] * len(statement.values))})" if statement.values else ""
    return str(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot{given}"))


def _told_by_postgresql(node: Mapping[str, Any]) -> Iterator[Access]:
    if node["Node Type"] == "Seq Scan":
        yield Access(node["Relation Name"], None)
    elif "Index Name" in node:
        table = node.get("Relation Name", _table_of(node["Index Name"]))
        yield Access(table, node["Index Name"])
    for child in node.get("Plans", ()):
        yield from _told_by_postgresql(child)


def _table_of(index: str) -> str:
    """A bitmap of an index does not tell its table; of those read here only copies has more."""
    return "copies" if "_copies" in index else index


def _told_by_sqlite(step: Sequence[Any]) -> Access | None:
    """Read `SEARCH t USING [COVERING] INDEX i (…)` or `SCAN t`."""
    kind, table, *words = str(step[3]).split()
    if kind == "SCAN" and "INDEX" not in words:
        return Access(table, None)
    if "INDEX" not in words:
        return None
    index = words[words.index("INDEX") + 1]
    return Access(table, f"pk_{table}" if index == f"sqlite_autoindex_{table}_1" else index)
