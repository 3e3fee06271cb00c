"""The audit log as two tables that are only added to, and a row that says where it ends."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Index,
    String,
    Table,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.application.audit import (
    WHENCE,
    AuditEntry,
    AuditLog,
    Fact,
    ListAuditLog,
    Result,
)
from apps.shared.application.audit_chain import AuditChain, End, Link, Seal, Stamps
from apps.shared.application.pages import Page
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.replies import INSERT

LATE = timedelta(hours=1)
"""Longer than any unit of work lasts, and than clocks of machines are apart."""

READ_AT_ONCE = 500
THE_END = 1


class AuditEntryModel(Model):
    """An entry. It refers to nothing: what it tells of may be gone, and it stays as it is."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_actor", "actor", "id"),
        Index("ix_audit_entries_action", "action", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    target: Mapped[str | None] = mapped_column(String(80))
    ip_trunc: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    result: Mapped[Result]
    meta: Mapped[dict[str, Fact]] = mapped_column(JSON)
    stamp: Mapped[str] = mapped_column(String(64))


class AuditSealModel(Model):
    """A seal. Nothing keeps an entry from being gone, or that could not be told any more."""

    __tablename__ = "audit_seals"
    __table_args__ = (Index("uq_audit_seals_entry_id", "entry_id", unique=True),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    entry_stamp: Mapped[str] = mapped_column(String(64))
    before: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditEndModel(Model):
    """Where the seals end: one row, which whoever seals holds."""

    __tablename__ = "audit_end"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    stamp: Mapped[str] = mapped_column(String(64))


ENTRIES: Table = Model.metadata.tables[AuditEntryModel.__tablename__]
SEALS: Table = Model.metadata.tables[AuditSealModel.__tablename__]
ENDS: Table = Model.metadata.tables[AuditEndModel.__tablename__]
append_only(ENTRIES)
append_only(SEALS)

REFUSALS.update(dict.fromkeys(("uq_audit_seals_entry_id", "audit_seals.entry_id"), Busy))

WRITTEN = [column for column in ENTRIES.columns if column is not ENTRIES.c.stamp]
LINKS = Question(
    select(*SEALS.columns, ENTRIES)
    .outerjoin_from(SEALS, ENTRIES, SEALS.c.entry_id == ENTRIES.c.id)
    .where(SEALS.c.number > bindparam("behind"))
    .order_by(SEALS.c.number)
    .limit(bindparam("limit"))
)


def listing(*filters: ColumnElement[bool]) -> Question:
    """Return the question for one page."""
    before = ENTRIES.c.id < bindparam("before")
    return Question(
        select(*WRITTEN)
        .where(before, *filters)
        .order_by(ENTRIES.c.id.desc())
        .limit(bindparam("limit"))
    )


BY_ACTOR = ENTRIES.c.actor == bindparam("actor", type_=String)
BY_ACTION = ENTRIES.c.action == bindparam("action", type_=String)
LISTS = {
    (False, False): listing(),
    (True, False): listing(BY_ACTOR),
    (False, True): listing(BY_ACTION),
    (True, True): listing(BY_ACTOR, BY_ACTION),
}


class SqlAuditLog(AuditLog):
    """One INSERT, and no lock that anybody else could wait for."""

    def __init__(self, current: Current, clock: Clock, ids: Ids, stamps: Stamps) -> None:
        self._current = current
        self._clock = clock
        self._ids = ids
        self._stamps = stamps

    async def write(
        self,
        action: str,
        *,
        actor: MemberId | str | None,
        target: UUID | str | None = None,
        result: Result = Result.OK,
        **meta: Fact,
    ) -> None:
        """Insert it under its stamp."""
        whence = WHENCE.get()
        entry = AuditEntry(
            id=self._ids.next(),
            at=self._clock.now(),
            actor=str(actor) if actor else None,
            action=action,
            target=str(target) if target else None,
            ip_trunc=whence.network,
            request_id=whence.request_id,
            result=result,
            meta=meta,
        )
        row = {column.key: getattr(entry, column.key) for column in WRITTEN}
        await self._current.session.execute(
            insert(ENTRIES).values(**row, stamp=self._stamps.entry(entry))
        )

    def pseudonym(self, text: str) -> str:
        """Stamp it."""
        return self._stamps.pseudonym(text)


class SqlListAuditLog(ListAuditLog):
    """A range of one of three indexes."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(
        self, *, actor: str | None, action: str | None, after: str | None, limit: int
    ) -> Page[AuditEntry]:
        """Read it."""
        given = {"actor": actor, "action": action}
        asked = {name: value for name, value in given.items() if value is not None}
        question = LISTS["actor" in asked, "action" in asked]
        page = await self._reads.newest_first(question, after=after, limit=limit, **asked)
        return Page([AuditEntry(**row._asdict()) for row in page.items], page.next)


class SqlAuditChain(AuditChain):
    """What is not sealed is found among the entries of the last hour, or among all of them."""

    def __init__(self, current: Current, reads: Reads, clock: Clock) -> None:
        self._current = current
        self._reads = reads
        self._clock = clock

    async def hold(self) -> tuple[End, int]:
        """Lock the one row, making it first where nothing was ever sealed."""
        session = self._current.session
        new = INSERT[session.get_bind().dialect.name](ENDS).values(
            id=THE_END, number=0, hash="", stamp=""
        )
        await session.execute(new.on_conflict_do_nothing())
        row = (await session.execute(select(ENDS).with_for_update())).one()
        last = await session.scalar(select(func.max(SEALS.c.number)))
        return End(number=row.number, hash=row.hash, stamp=row.stamp), last or 0

    async def unsealed(self, *, limit: int, late: bool) -> Sequence[tuple[UUID, str]]:
        """Read what has no seal; others may still come in between, and are read the next time."""
        sealed = exists().where(SEALS.c.entry_id == ENTRIES.c.id)
        recent = () if late else (ENTRIES.c.id > await self._horizon(),)
        rows = await self._current.session.execute(
            select(ENTRIES.c.id, ENTRIES.c.stamp)
            .where(~sealed, *recent)
            .order_by(ENTRIES.c.id)
            .limit(limit)
        )
        return [(row.id, row.stamp) for row in rows]

    async def append(self, seals: Sequence[Seal], end: End) -> None:
        """Insert them all at once, and change the one row."""
        session = self._current.session
        rows: list[dict[str, Any]] = [
            {column.key: getattr(seal, column.key) for column in SEALS.columns} for seal in seals
        ]
        await session.execute(insert(SEALS), rows)
        await session.execute(
            update(ENDS).values(number=end.number, hash=end.hash, stamp=end.stamp)
        )

    async def links(self) -> AsyncIterator[Link]:
        """Ask for the next ones until there are none."""
        behind = 0
        while rows := await self._reads(LINKS, behind=behind, limit=READ_AT_ONCE):
            for row in rows:
                yield link_of(row)
            behind = rows[-1].number

    async def _horizon(self) -> UUID:
        """Return an id of an hour before the newest entry that is sealed, or before now."""
        newest = select(SEALS.c.entry_id).order_by(SEALS.c.entry_id.desc()).limit(1)
        sealed: UUID | None = await self._current.session.scalar(newest)
        if sealed is None:
            return UUID(int=0)
        now = int(self._clock.now().timestamp() * 1000)
        since = min(sealed.int >> 80, now) - LATE // timedelta(milliseconds=1)
        return UUID(int=max(since, 0) << 80)


def link_of(row: Any) -> Link:
    """Return the two sides of a row; without an entry, all of its columns are empty."""
    told = row._asdict()
    seal = Seal(**{column.key: told[column.key] for column in SEALS.columns})
    if row.id is None:
        return Link(seal=seal, entry=None, stamp=None)
    entry = AuditEntry(**{column.key: told[column.key] for column in WRITTEN})
    return Link(seal=seal, entry=entry, stamp=row.stamp)
