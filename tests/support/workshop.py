"""The kernel over a table of its own, so that its tests need no context."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, NewType, Self
from uuid import UUID

from dishka import Provider, Scope
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Uuid, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateIndex, CreateTable
from uuid_utils.compat import uuid7

from apps.shared.application.work import Bus, UnitOfWork
from apps.shared.domain.errors import Conflict, NotFound
from apps.shared.domain.model import Aggregate, Event
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository
from tests.support.site import Site

ShelfId = NewType("ShelfId", UUID)
NOON = datetime(2026, 5, 24, 12, 0, 0, 123456, tzinfo=UTC)
MAY_24 = NOON.date()


class ShelfNotFound(NotFound):
    """There is no such shelf."""


class LabelTaken(Conflict):
    """Another shelf has this label."""


class Wood(StrEnum):
    OAK = "oak"
    PINE = "pine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled(Event):
    """A book was put on a shelf."""

    shelf: ShelfId
    book: str


@dataclass(kw_only=True, eq=False)
class Shelf(Aggregate[ShelfId]):
    """Whatever a column can be is on it."""

    label: str
    wood: Wood = Wood.OAK
    locked: bool = False
    width: int = 80
    built_at: datetime = NOON
    moved_at: datetime | None = None
    built_on: date = MAY_24
    tags: list[Any] = field(default_factory=lambda: ["high", {"deep": None}])
    plan: bytes | None = None
    room: UUID | None = None
    books: tuple[str, ...] = ()

    def put(self, book: str) -> None:
        self.books = (*self.books, book)
        self.record(Filled(shelf=self.id, book=book, at=NOON))


def a_shelf(label: str = "first", **more: Any) -> Shelf:
    return Shelf(id=ShelfId(uuid7()), label=label, **more)


class Scratch(DeclarativeBase):
    """Apart from the real tables, which alone are compared with the schema."""

    type_annotation_map = {**Model.type_annotation_map, ShelfId: Uuid(), list[Any]: JSON()}


class BookModel(Scratch):
    __tablename__ = "scratch_books"

    shelf_id: Mapped[ShelfId] = mapped_column(ForeignKey("scratch_shelves.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(40))


class ShelfModel(Scratch):
    __tablename__ = "scratch_shelves"
    __table_args__ = (Index("uq_scratch_shelves_label", "label", unique=True),)

    id: Mapped[ShelfId] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(40))
    wood: Mapped[Wood]
    locked: Mapped[bool]
    width: Mapped[int]
    built_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]
    built_on: Mapped[date]
    tags: Mapped[list[Any]]
    plan: Mapped[bytes | None] = mapped_column(LargeBinary)
    room: Mapped[UUID | None]
    version: Mapped[int] = mapped_column()
    books: Mapped[list[BookModel]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=BookModel.position
    )

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, shelf: Shelf, /) -> Self:
        told = {name: value for name, value in vars(shelf).items() if name in FIELDS}
        books = [
            BookModel(shelf_id=shelf.id, position=place, title=title)
            for place, title in enumerate(shelf.books)
        ]
        return cls(**told, books=books)

    def entity(self) -> Shelf:
        books = tuple(book.title for book in self.books)
        return Shelf(**{name: getattr(self, name) for name in FIELDS}, books=books)


FIELDS = set(ShelfModel.__table__.columns.keys()) - {"version"}


class ShelfRepository(SqlRepository[Shelf, ShelfId]):
    row = ShelfModel
    missing = ShelfNotFound

    async def held(self, id: ShelfId) -> Shelf:
        """Lock it."""
        return await self._locked(id)


@dataclass
class Town(Bus):
    """Everybody hears everything; `answer` is what a subscriber does about it."""

    heard: list[Event] = field(default_factory=list)
    concluded: list[Sequence[Event]] = field(default_factory=list)
    announced: list[Sequence[Event]] = field(default_factory=list)
    answer: Callable[[Event], Awaitable[None]] | None = None

    async def publish(self, event: Event) -> None:
        self.heard.append(event)
        if self.answer:
            await self.answer(event)

    async def conclude(self, events: Sequence[Event]) -> None:
        self.concluded.append(events)

    async def announce(self, events: Sequence[Event]) -> None:
        self.announced.append(events)


class Workshop(Site):
    """Open it as a context, like any site."""

    work: UnitOfWork
    current: Current
    reads: Reads
    shelves: ShelfRepository

    def __init__(self, url: str, keys: Path, *overrides: Provider, **settings: Any) -> None:
        self.town = Town()
        provider = Provider(scope=Scope.APP)
        provider.provide(lambda: self.town, provides=Bus)
        super().__init__(url, keys, provider, *overrides, **settings)

    async def __aenter__(self) -> Self:
        self.work = await self.port(UnitOfWork)  # type: ignore[type-abstract]
        self.current = await self.port(Current)
        self.reads = await self.port(Reads)
        self.shelves = ShelfRepository(self.current)
        engine = await self.engine()
        dialect = {"postgresql": postgresql, "sqlite": sqlite}[engine.dialect.name].dialect()
        for table in Scratch.metadata.sorted_tables:
            await self.run(str(CreateTable(table).compile(dialect=dialect)))
            for index in table.indexes:
                await self.run(str(CreateIndex(index).compile(dialect=dialect)))
        REFUSALS.update(dict.fromkeys(LABEL, LabelTaken))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in LABEL:
            del REFUSALS[name]
        await super().__aexit__(kind, error, trace)

    async def stand(self, shelf: Shelf) -> Shelf:
        async with self.work:
            await self.shelves.add(shelf)
        return shelf

    async def labels(self) -> set[str]:
        return {*await self.ask(LABELS)}

    async def connections_in_use(self) -> int:
        engine: AsyncEngine = await self.engine()
        assert isinstance(engine.pool, QueuePool)
        return engine.pool.checkedout()


LABEL = ("uq_scratch_shelves_label", "scratch_shelves.label")
LABELS = select(ShelfModel.label)
