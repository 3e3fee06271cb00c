"""Aggregates kept in dictionaries; one diary tells in which order such ports were used.

There is one task and nothing is rolled back, so locks only note that they were asked for.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import NotFound
from apps.shared.domain.model import Aggregate

Id = TypeVar("Id")
Entity = TypeVar("Entity", bound=Aggregate[Any])


@dataclass
class Diary:
    """What was done, in order."""

    lines: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.lines.append(line)


@dataclass
class RecordingWork(UnitOfWork):
    """Writes down how each outermost unit ended."""

    diary: Diary
    depth: int = 0

    async def __aenter__(self) -> Self:
        self.depth += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.depth -= 1
        if not self.depth:
            self.diary.note("roll back" if error else "commit")


class KeptAlready(Exception):
    """An id was given twice, which is nobody's fault but ours."""


def fresh(entity: Entity) -> Entity:
    """A copy that has nothing to tell, as one that was read has."""
    copy = deepcopy(entity)
    copy.release()
    return copy


@dataclass
class Memory(Generic[Id, Entity]):
    """Aggregates by id; who changes one without saving it has changed a copy only."""

    diary: Diary
    missing: type[NotFound] = NotFound
    kept: dict[Id, Entity] = field(default_factory=dict)

    async def get(self, id: Id, /) -> Entity:
        if id not in self.kept:
            raise self.missing
        return fresh(self.kept[id])

    async def add(self, entity: Entity, /) -> None:
        if entity.id in self.kept:
            raise KeptAlready(entity.id)
        self._keep("add", entity)

    async def save(self, entity: Entity, /) -> None:
        assert entity.id in self.kept
        self._keep("save", entity)

    def others(self, entity: Entity) -> Iterable[Entity]:
        """Among which what is unique about this one must not be found."""
        return [other for other in self.kept.values() if other.id != entity.id]

    def refuse(self, entity: Entity) -> None:
        """Raise what an index or a constraint would; most have none."""

    def _keep(self, verb: str, entity: Entity) -> None:
        self.refuse(entity)
        self.diary.note(f"{verb} {type(entity).__name__.lower()}")
        self.kept[entity.id] = deepcopy(entity)
