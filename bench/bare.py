"""The bare program: ASGI and asyncpg, the service's SQL, and as little else as will do."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg
import uvicorn
import uvloop
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from uuid_utils.compat import uuid7

from apps.catalogue.infrastructure.cards import CARDS, SHOWN
from apps.collection.infrastructure.queries import MINE, ONE
from apps.identity.domain.session import TERMS
from apps.identity.domain.throttle import REFRESHES
from apps.identity.infrastructure.gatekeeper import LIVE_SESSION
from apps.identity.infrastructure.keys import load
from apps.identity.infrastructure.repositories import SESSION
from apps.settings import Settings
from apps.shared.infrastructure.questions import Question, padded
from apps.shared.infrastructure.reads import LAST_ID
from apps.shared.presentation.pages import Cursors
from bench.bare_tokens import Keys, Refused, digest, jti

Body = dict[str, Any]
Send = Callable[[Body], Awaitable[None]]
Receive = Callable[[], Awaitable[Body]]

COPIES, MY_COPIES = "/api/v1/copies/", "/api/v1/me/copies"
LOCK = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE"
COUNT = "SELECT count(*) FROM copies WHERE owner_id = $1 AND state != 'gone'"
INSERT = """
INSERT INTO copies (id, card_id, owner_id, condition, state, for_trade, note, created_at,
updated_at, version) VALUES ($1, $2, $3, $4, 'held', $5, $6, $7, $7, 1)
"""
LISTED = """
INSERT INTO outbox (id, tx, aggregate, aggregate_id, kind, version, payload, at)
VALUES ($1, greatest(CAST(CAST(pg_current_xact_id() AS text) AS bigint),
(SELECT max(tx) FROM outbox WHERE aggregate_id = $2)), 'copy', $2, 'copy_listed', 1, $3, $4)
"""
ROTATE = """
UPDATE refresh_sessions SET generation = $4 + 1, previous_hash = current_hash, current_hash = $5,
mac_kid = $6, rotated_at = $2, idle_expires_at = $7, refreshes = $8, refreshes_since = $9
WHERE id = $1 AND generation = $4 AND current_hash = $3 AND delivery = 'body'
AND revoked_at IS NULL AND expires_at > $2 AND idle_expires_at > $2 RETURNING id
"""


def counted(row: Any, now: datetime) -> tuple[int, datetime]:
    """Count a refresh of a session in its minute; raise Refused for the one too many."""
    count, since = row["refreshes"] + 1, row["refreshes_since"]
    if now >= since + REFRESHES.window:
        return 1, now
    if count > REFRESHES.count:
        raise Refused
    return count, since


@cache
def words(question: Question, many: int) -> tuple[str, list[str], Body]:
    """Return a question's text for lists of so many, the names of its values, and fixed values."""
    compiled = question.statement.compile(dialect=dialect())  # type: ignore[no-untyped-call]
    lists = {name: [None] * many for name, bind in compiled.binds.items() if bind.expanding}
    state = compiled.construct_expanded_state(compiled.params | lists)
    return state.statement, list(state.positiontup or ()), dict(compiled.params)


async def ask(connection: Any, question: Question, **given: Any) -> list[Any]:
    """Ask one of the service's questions."""
    text, names, fixed = words(question, 0)
    rows: list[Any] = await connection.fetch(text, *[{**fixed, **given}[name] for name in names])
    return rows


async def ask_of_many(connection: Any, question: Question, ids: list[UUID]) -> list[Any]:
    """Ask one whose only value is a list."""
    members = padded(ids)
    rows: list[Any] = await connection.fetch(words(question, len(members))[0], *members)
    return rows


class Bare:
    """An ASGI application."""

    def __init__(self, pool: Any, keys: Keys, cursors: Cursors) -> None:
        self._pool = pool
        self._keys = keys
        self._cursors = cursors

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        sent = b""
        if scope["method"] == "POST":
            more = True
            while more:
                message = await receive()
                sent += message.get("body", b"")
                more = message.get("more_body", False)
        try:
            async with self._pool.acquire() as connection:
                status, answer = await self._answer(connection, scope, sent)
        except Refused:
            status, answer = 401, {}
        body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
        length = str(len(body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, connection: Any, scope: Any, sent: bytes) -> tuple[int, Body]:
        path, now = scope["path"], datetime.now(UTC)
        if path == "/readyz":
            return 200, {}
        if path == "/api/v1/auth/refresh":
            return 200, await self._refresh(connection, json.loads(sent)["refresh_token"], now=now)
        me = await self._caller(connection, scope, now=now)
        if path.startswith(COPIES):
            return 200, await one(connection, UUID(path.removeprefix(COPIES)), me)
        if scope["method"] == "POST":
            return 201, await create(connection, json.loads(sent), me, now=now)
        return 200, await self._page(connection, parse_qs(scope["query_string"].decode()), me)

    async def _caller(self, connection: Any, scope: Any, *, now: datetime) -> UUID:
        token = next((v for k, v in scope["headers"] if k == b"authorization"), b"").decode()
        session, member = self._keys.caller(token.removeprefix("Bearer "), now=now)
        if not await ask(connection, LIVE_SESSION, session=session, member=member, now=now):
            raise Refused
        return member

    async def _page(self, connection: Any, query: dict[str, list[str]], me: UUID) -> Body:
        limit, before, this = int(query["limit"][0]), LAST_ID, json.dumps([MY_COPIES, []])
        for cursor in query.get("cursor", ()):
            before = UUID(self._cursors.open(cursor, of=this))
        rows = await ask(connection, MINE, owner=me, before=before, limit=limit + 1)
        shown, more = rows[:limit], len(rows) > limit
        following = self._cursors.seal(str(shown[-1]["id"]), of=this) if more else None
        return {"items": await views(connection, shown, me), "next_cursor": following}

    async def _refresh(self, connection: Any, token: str, *, now: datetime) -> Body:
        claims, keys = self._keys.read_refresh(token), self._keys
        row = (await ask(connection, SESSION, id=UUID(claims["sid"])))[0]
        generation, end = row["generation"], TERMS.idle_end(now, row["expires_at"])
        if claims["gen"] != generation or claims["jti"] != jti(row["nonce"], generation):
            raise Refused
        successor = keys.refresh(row, generation + 1, at=now, until=end)
        hashes = digest(token), digest(successor)
        swap = (row["id"], now, hashes[0], generation, hashes[1], keys.mac_kid, end)
        if not await connection.fetch(ROTATE, *swap, *counted(row, now)):
            raise Refused
        return {
            "access_token": keys.access(row, generation + 1, now=now),
            "token_type": "Bearer",
            "expires_in": 600,
            "session_id": str(row["id"]),
            "refresh_token": successor,
            "refresh_expires_in": int((end - now).total_seconds()),
        }


async def one(connection: Any, copy: UUID, me: UUID) -> Body:
    """Show a copy."""
    return (await views(connection, await ask(connection, ONE, id=copy), me))[0]


async def create(connection: Any, entry: Body, me: UUID, *, now: datetime) -> Body:
    """Enter a copy."""
    copy, card = uuid7(), UUID(entry["card_id"])
    async with connection.transaction():
        _ = await cards(connection, [card])
        await connection.fetch(LOCK, me)
        await connection.fetchval(COUNT, me)
        given = (entry["condition"], entry["for_trade"], entry["note"], now)
        await connection.execute(INSERT, copy, card, me, *given)
        shown = await one(connection, copy, me)
        event = {"copy": str(copy), "card": str(card), "owner": str(me), "at": told(now)}
        await connection.execute(LISTED, uuid7(), copy, json.dumps(event), now)
        return shown


async def views(connection: Any, rows: list[Any], me: UUID) -> list[Body]:
    """Put the cards to their copies."""
    shown = await cards(connection, sorted({row["card_id"] for row in rows}))
    return [
        {
            "id": str(row["id"]),
            "card": shown[row["card_id"]],
            "owner_id": str(row["owner_id"]),
            "condition": row["condition"],
            "state": row["promise"] or row["state"],
            "for_trade": row["for_trade"],
            "note": row["note"] if row["owner_id"] == me else None,
            "created_at": told(row["created_at"]),
            "updated_at": told(row["updated_at"]),
        }
        for row in rows
    ]


async def cards(connection: Any, ids: list[UUID]) -> dict[UUID, Body]:
    """Put the idols to their cards."""
    rows = await ask_of_many(connection, CARDS, ids)
    idols: dict[UUID, list[Body]] = {row["id"]: [] for row in rows}
    for idol in await ask_of_many(connection, SHOWN, list(idols)):
        idols[idol["card_id"]].append({"id": str(idol["id"]), "name": idol["name"]})
    return {row["id"]: card(row, idols[row["id"]]) for row in rows}


def card(row: Any, idols: Iterable[Body]) -> Body:
    """Show a card."""
    return {
        "id": str(row["id"]),
        "code": row["code"],
        "group": {"id": str(row["group_id"]), "name": row["name"]},
        "idols": idols,
        "release": {"id": str(row["release_id"]), "title": row["title"]},
        **{name: row[name] for name in ("kind", "retailer", "version", "number", "image_url")},
    }


def told(moment: datetime) -> str:
    """Spell it as the service does."""
    return moment.isoformat().replace("+00:00", "Z")


async def leave_as_is(_: Any) -> None:
    """Reset nothing, as the service does with the connections it reads on."""


async def serve(port: int) -> None:
    """Serve until told to end."""
    settings = Settings()
    keyring = load(settings.data_dir / "keys")
    url = make_url(settings.database_url).set(drivername="postgresql")
    size = settings.db_reader_pool_size
    async with asyncpg.create_pool(
        url.render_as_string(hide_password=False), min_size=size, max_size=size, reset=leave_as_is
    ) as pool:
        app = Bare(pool, Keys.of(keyring, settings.issuer), Cursors(keyring.cursor))
        config = uvicorn.Config(app, port=port, log_level="warning", lifespan="off")
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
