"""Selects that are compiled once and then sent by the driver itself, past session and ORM."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Enum, Select, Uuid
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert, ReturningUpdate
from sqlalchemy.types import NullType, TypeEngine

Converter = Callable[[Any], Any]
Changing = (
    ReturningInsert[*tuple[Any, ...]]
    | ReturningUpdate[*tuple[Any, ...]]
    | ReturningDelete[*tuple[Any, ...]]
)
Asked = Select[*tuple[Any, ...]] | Changing


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value of the text comes from: a name, or a member of the list of that name."""

    name: str
    member: int | None
    binder: Converter | None

    def fill(self, given: Mapping[str, Any]) -> Any:
        """Return the value as the driver takes it."""
        value = given[self.name] if self.member is None else given[self.name][self.member]
        return self.binder(value) if self.binder else value


@dataclass(frozen=True, slots=True)
class Plan:
    """A question in the words of one dialect, with what its values pass through both ways."""

    compiled: SQLCompiler
    binders: Mapping[str, Converter]
    readers: Sequence[tuple[int, Converter]]
    fixed: Mapping[str, Any]
    lists: Sequence[str]
    row: Callable[..., Any]
    texts: dict[tuple[int, ...], tuple[str, Sequence[Place]]] = field(default_factory=dict)

    def bind(self, given: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Return the text and its values in order; a list takes one place per member."""
        lists = {name: padded(given[name]) for name in self.lists}
        lengths = tuple(map(len, lists.values()))
        if lengths not in self.texts:
            self.texts[lengths] = self._expand(lists)
        text, places = self.texts[lengths]
        values = {**self.fixed, **given, **lists}
        return text, [place.fill(values) for place in places]

    def read(self, rows: Iterable[Iterable[Any]]) -> list[Any]:
        """Turn what the driver returned into what SQLAlchemy would have, column by column."""
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        if not columns:
            return []
        for place, reader in self.readers:
            columns[place] = map(reader, columns[place])
        return list(map(self.row, *columns))

    def _expand(self, lists: Mapping[str, Sequence[Any]]) -> tuple[str, Sequence[Place]]:
        """Write out places for lists of these lengths."""
        unfilled = dict.fromkeys(self.compiled.bind_names.values())
        state = self.compiled.construct_expanded_state({**unfilled, **lists})
        sources: dict[str, tuple[str, int | None]] = {
            expanded: (name, member)
            for name, names in state.parameter_expansion.items()
            for member, expanded in enumerate(names)
        }
        binders = {**self.binders, **state.processors}
        return state.statement, [
            Place(name, member, binders.get(place))
            for place in state.positiontup or ()
            for name, member in [sources.get(place, (place, None))]
        ]


def reader_of(kind: TypeEngine[Any], dialect: Dialect) -> Converter | None:
    """Return what a value passes through; what comes again and again is translated once."""
    reader = kind.dialect_impl(dialect).result_processor(dialect, None)
    if reader is None or not isinstance(kind, Uuid | Enum):
        return reader
    return an_id if isinstance(kind, Uuid) and kind.as_uuid else lru_cache(reader)


@lru_cache(maxsize=20_000)
def an_id(text: str | None) -> UUID | None:
    """Read an id where a database has none of its own; one cache for all questions."""
    return None if text is None else UUID(text)


def padded(members: Iterable[Any]) -> list[Any]:
    """Repeat the last member up to a power of two, so that few texts have to be prepared."""
    filled = list(members)
    if filled:
        filled += filled[-1:] * ((1 << (len(filled) - 1).bit_length()) - len(filled))
    return filled


class Question:
    """A select in which `bindparam` stands for what changes; not for NUMERIC or FLOAT columns.

    It locks no row. Where it is the first of a unit of work on PostgreSQL, it is sent before
    SQLAlchemy begins the transaction, and a lock would be over with it: the session takes locks.
    Where a dialect has no words for it, it is told what to ask `instead`, by its name.
    """

    def __init__(
        self, statement: Asked, *, row: Callable[..., Any] | None = None, **instead: Asked
    ) -> None:
        """Compile nothing yet; raise TypeError for one that would lock rows.

        A `row` is made of the columns in their order; it is a tuple with their names, if none is
        told.
        """
        if isinstance(statement, Select) and statement._for_update_arg is not None:  # noqa: SLF001
            raise TypeError("A question locks no rows; have the session execute this.")
        self.statement = statement
        self._instead = instead
        self.row = row or named(str(column.key) for column in statement.exported_columns)
        self._plans: dict[str, Plan] = {}

    def plan(self, dialect: Dialect) -> Plan:
        """Compile for this dialect, the first time it is asked."""
        if dialect.name not in self._plans:
            self._plans[dialect.name] = self._compile(dialect)
        return self._plans[dialect.name]

    def _compile(self, dialect: Dialect) -> Plan:
        statement = self._instead.get(dialect.name, self.statement)
        compiled = statement.compile(dialect=dialect)
        untyped = {name for name, bind in compiled.binds.items() if isinstance(bind.type, NullType)}
        if untyped - {"limit"}:  # compared with a foreign key whose table was not imported yet
            raise TypeError(
                f"Give the columns compared with {sorted(untyped)} a type of their own."
            )
        binders = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }
        readers = [
            (place, reader_of(column.type, dialect))
            for place, column in enumerate(self.statement.exported_columns)
        ]
        return Plan(
            compiled=compiled,
            binders={name: binder for name, binder in binders.items() if binder},
            readers=[(place, reader) for place, reader in readers if reader],
            fixed={
                name: bind.effective_value
                for name, bind in compiled.binds.items()
                if not bind.required
            },
            lists=[name for name, bind in compiled.binds.items() if bind.expanding],
            row=self.row,
        )


def named(columns: Iterable[str]) -> Callable[..., Any]:
    """Return what makes a row of these columns; their types are those of the select."""
    return namedtuple("Answer", list(columns))  # noqa: PYI024
