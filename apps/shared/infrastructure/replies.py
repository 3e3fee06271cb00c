"""Idempotency keys as rows, written in the transaction whose answer they keep."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Index,
    LargeBinary,
    String,
    delete,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.application.replies import (
    KEPT_FOR,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    KeyedRequest,
    Replies,
    Reply,
)
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.unit_of_work import LOCK_TIMEOUT

INSERT: dict[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
SCOPE = ("member_id", "method", "path", "key")


class IdempotencyKeyModel(Model):
    """A key and what was answered; without an answer only inside the transaction that took it."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    member_id: Mapped[MemberId] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(String(7), primary_key=True)
    path: Mapped[str] = mapped_column(String(255), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


KEY = [getattr(IdempotencyKeyModel, name) for name in SCOPE]
UNSEEN = {"synchronize_session": False}
"""The session holds no such rows."""


class SqlReplies(Replies):
    """The primary key lets one of two twins in; the other waits for its transaction."""

    def __init__(self, current: Current, clock: Clock) -> None:
        self._current = current
        self._clock = clock

    async def reserve(self, request: KeyedRequest) -> Reply | None:
        """Insert the key, or take over one that is older than a day; else read what is kept."""
        if await self._take(request):
            return None
        kept = await self._current.session.scalars(
            select(IdempotencyKeyModel).where(*_same(request))
        )
        row = kept.one()
        if row.digest != request.digest:
            raise IdempotencyKeyReused
        return Reply(status=row.status or 0, headers=row.headers or {}, body=row.body or b"")

    async def keep(self, request: KeyedRequest, reply: Reply) -> None:
        """Complete the row."""
        await self._current.session.execute(
            update(IdempotencyKeyModel)
            .where(*_same(request))
            .values(**asdict(reply))
            .execution_options(synchronize_session=False)
        )

    async def forget_all(self, *, of: MemberId) -> None:
        """Delete a range of the primary key."""
        theirs = delete(IdempotencyKeyModel).where(IdempotencyKeyModel.member_id == of)
        await self._current.session.execute(theirs, execution_options=UNSEEN)

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete a batch of rows, found by their age."""
        old = select(*KEY).where(IdempotencyKeyModel.created_at < at - KEPT_FOR).limit(limit)
        gone = delete(IdempotencyKeyModel).where(tuple_(*KEY).in_(old))
        found = await self._current.session.scalars(
            gone.returning(IdempotencyKeyModel.key), execution_options=UNSEEN
        )
        return len(found.all())

    async def _take(self, request: KeyedRequest) -> bool:
        session, now = self._current.session, self._clock.now()
        new = INSERT[session.get_bind().dialect.name](IdempotencyKeyModel).values(
            **asdict(request), created_at=now
        )
        forgotten = {
            name: new.excluded[name]
            for name in ("digest", "status", "headers", "body", "created_at")
        }
        taken = new.on_conflict_do_update(
            index_elements=SCOPE,
            set_=forgotten,
            where=IdempotencyKeyModel.created_at < now - KEPT_FOR,
        ).returning(IdempotencyKeyModel.key)
        try:
            return await session.scalar(taken) is not None
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlstate", None) == LOCK_TIMEOUT:
                raise IdempotencyInProgress from failure
            raise


def _same(request: KeyedRequest) -> list[ColumnElement[bool]]:
    return [getattr(IdempotencyKeyModel, name) == getattr(request, name) for name in SCOPE]
