"""The outbox as a table, and how far each consumer has read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.application.outbox import (
    Outbox,
)
from apps.shared.domain.ids import Ids
from apps.shared.domain.model import Event
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.payloads import payload_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Under which name an event is public, and of which aggregate it tells.

    `kind` never changes; `version` rises when the payload loses a field or changes its meaning.
    """

    kind: str
    aggregate: str
    id: str
    """The field of the event that holds the id of the aggregate."""
    version: int = 1


Publications = NewType("Publications", Mapping[type[Event], Publication])
"""Which events are public; all others stay inside."""


class OutboxModel(Model):
    """A public event. `position` counts insertions; on PostgreSQL, `tx` tells when to read it.

    `tx` is the id of the transaction, or that of the event before it of the same aggregate where
    that is higher: a transaction has its id from its first lock, perhaps of something else, and
    may then have waited for one that began later. SQLite has one writer, and `tx` is 0.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_tx", "tx", "position"),
        Index("ix_outbox_aggregate_id", "aggregate_id", "tx"),
        {"sqlite_autoincrement": True},
    )

    position: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=True), primary_key=True
    )
    id: Mapped[UUID]
    tx: Mapped[int] = mapped_column(BigInteger)
    aggregate: Mapped[str] = mapped_column(String(40))
    aggregate_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]


class OutboxPositionModel(Model):
    """How far a consumer has read."""

    __tablename__ = "outbox_positions"

    consumer: Mapped[str] = mapped_column(String(40), primary_key=True)
    tx: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime | None]


OUTBOX: Table = OutboxModel.metadata.tables[OutboxModel.__tablename__]
append_only(OUTBOX)


def number(xid: ColumnElement[Any]) -> ColumnElement[int]:
    """Return an xid8 as a number."""
    return cast(cast(xid, Text), BigInteger)


class SqlOutbox(Outbox):
    """All of a unit's events in one statement, at its end: its locks are still held."""

    def __init__(self, current: Current, ids: Ids, publications: Publications) -> None:
        self._current = current
        self._ids = ids
        self._publications = publications
        self._entry = {  # built once: that takes as long as sending it
            "sqlite": insert(OUTBOX).values(tx=0),
            "postgresql": insert(OUTBOX).values(tx=self._tx()),
        }

    async def keep(self, events: Sequence[Event]) -> None:
        """Insert them in the order in which they were told."""
        rows = [self._row(event) for event in events if type(event) in self._publications]
        if not rows:
            return
        session = self._current.session
        dialect = session.get_bind().dialect.name
        if dialect == "postgresql":
            rows = [{**row, "of": row["aggregate_id"]} for row in rows]
        await session.execute(self._entry[dialect], rows)

    def _row(self, event: Event) -> dict[str, Any]:
        publication = self._publications[type(event)]
        return {
            "id": self._ids.next(),
            "aggregate": publication.aggregate,
            "aggregate_id": getattr(event, publication.id),
            "kind": publication.kind,
            "version": publication.version,
            "payload": payload_of(event),
            "at": event.at,
        }

    def _tx(self) -> ColumnElement[int]:
        before = OUTBOX.alias("before")
        last = select(func.max(before.c.tx)).where(
            before.c.aggregate_id == bindparam("of", type_=Uuid())
        )
        return func.greatest(number(func.pg_current_xact_id()), last.scalar_subquery())
