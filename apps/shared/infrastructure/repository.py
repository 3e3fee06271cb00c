"""The repository every aggregate has: get, add, save."""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from sqlalchemy import select

from apps.shared.domain.errors import NotFound
from apps.shared.domain.model import Aggregate
from apps.shared.infrastructure.current import Current

Id = TypeVar("Id")
Entity = TypeVar("Entity", bound=Aggregate[Any])


class Row(Protocol[Entity]):
    """A row that can be made from an entity and turned back into it."""

    id: Any

    @classmethod
    def of(cls, entity: Entity, /) -> Self:
        """Copy every field of the entity."""
        ...

    def entity(self) -> Entity:
        """Rebuild the entity."""
        ...


class SqlRepository(Generic[Entity, Id]):
    """A concrete one says which `row` it keeps and which refusal stands for a `missing` one."""

    row: ClassVar[type[Row[Any]]]
    missing: ClassVar[type[NotFound]]

    def __init__(self, current: Current) -> None:
        self._current = current

    async def get(self, id: Id, /) -> Entity:
        """Return the aggregate, or raise the refusal that stands for a missing one."""
        row: Row[Entity] | None = await self._current.session.get(self.row, id)
        if row is None:
            raise self.missing
        return self._read(row)

    async def add(self, entity: Entity, /) -> None:
        """Insert it now, so that whatever refers to it may be inserted next."""
        await self.add_all([entity])

    async def add_all(self, entities: Sequence[Entity], /) -> None:
        """Insert them likewise, in as many statements as one of them would take."""
        for entity in entities:
            self._watch(entity)
        self._current.session.add_all([self._row(entity) for entity in entities])
        await self._current.session.flush()

    async def save(self, entity: Entity, /) -> None:
        """Write what changed since it was read; raise ChangedMeanwhile if the row did too."""
        self._watch(entity)
        await self._current.session.merge(self._row(entity))

    async def _locked(self, id: Id) -> Entity:
        """Return the aggregate as it now stands and nobody else can change it, or raise."""
        row: Row[Entity] | None = await self._current.session.scalar(
            select(self.row)  # not `get`, which refuses what has changed since it was read before
            .where(self.row.id == id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise self.missing
        return self._read(row)

    def _read(self, row: Row[Entity]) -> Entity:
        self._current.transaction.rows.append(row)
        return self._entity(row)

    def _row(self, entity: Entity) -> Any:
        """Copy it; a repository whose rows need more than the entity says so here."""
        return self.row.of(entity)

    def _entity(self, row: Any) -> Entity:
        """Rebuild it likewise."""
        entity: Entity = row.entity()
        return entity

    def _watch(self, entity: Entity) -> None:
        self._current.transaction.changed[id(entity)] = entity
