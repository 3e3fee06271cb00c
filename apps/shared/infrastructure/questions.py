"""Selects that are compiled once and then sent by the driver itself, past session and ORM."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A question in the words of one dialect, with what its values pass through both ways."""

    compiled: SQLCompiler
    binders: Mapping[str, Converter]
    readers: Sequence[tuple[int, Converter]]

    def bind(self, given: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Return the text and its values in order; a list takes one place per member."""
        state = self.compiled.construct_expanded_state(given)
        binders: dict[str, Any] = {**self.binders, **state.processors}
        placed = zip(state.positiontup or (), state.positional_parameters, strict=True)
        return state.statement, [
            binders[name](value) if name in binders else value for name, value in placed
        ]

    def read(self, row: Iterable[Any]) -> list[Any]:
        """Turn what the driver returned into what SQLAlchemy would have."""
        values = list(row)
        for place, reader in self.readers:
            values[place] = reader(values[place])
        return values


class Question:
    """A select in which `bindparam` stands for what changes; not for NUMERIC or FLOAT columns."""

    def __init__(self, select: Select[*tuple[Any, ...]]) -> None:
        self.select = select
        self.row = named(str(column.key) for column in select.selected_columns)
        self._plans: dict[str, Plan] = {}

    def plan(self, dialect: Dialect) -> Plan:
        """Compile for this dialect, the first time it is asked."""
        if dialect.name not in self._plans:
            self._plans[dialect.name] = self._compile(dialect)
        return self._plans[dialect.name]

    def _compile(self, dialect: Dialect) -> Plan:
        compiled = self.select.compile(dialect=dialect)
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
            (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, column in enumerate(self.select.selected_columns)
        ]
        return Plan(
            compiled=compiled,
            binders={name: binder for name, binder in binders.items() if binder},
            readers=[(place, reader) for place, reader in readers if reader],
        )


def named(columns: Iterable[str]) -> Callable[..., Any]:
    """Return what makes a row of these columns; their types are those of the select."""
    return namedtuple("Answer", list(columns))  # noqa: PYI024
