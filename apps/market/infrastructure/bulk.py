"""Many rows of one table at a time, by as few statements as each database lets one do it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, bindparam, func, insert, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from apps.shared.domain.portions import portions
from apps.shared.infrastructure.replies import INSERT

Values = Mapping[str, Any]
UNTIL = "until_event"


@dataclass(frozen=True, slots=True)
class Bulk:
    """In one session, past the rows that it knows."""

    session: AsyncSession

    async def find(
        self, table: Table, column: Column[Any], ids: Iterable[UUID], *of_it: Any
    ) -> Sequence[Any]:
        """Return the rows in which the column has one of these values."""
        given, asked = {*ids}, select(table).where(*of_it)
        if not given:
            return []
        if self._dialect == "postgresql":
            # Id by id, by the index: without OFFSET the planner would choose, and where it has
            # not heard of what is new in a table, it reads all of it for each batch.
            array = func.unnest(bindparam("ids", type_=ARRAY(column.type)))
            each = array.table_valued("id").render_derived()
            found = asked.where(column == each.c.id).offset(0).lateral()
            one_by_one = select(found).select_from(each.join(found, true()))
            return (await self.session.execute(one_by_one, {"ids": [*given]})).all()
        return [
            row
            for some in portions(given)
            for row in await self.session.execute(asked.where(column.in_(some)))
        ]

    async def add(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert them."""
        if rows:
            await self._run(insert(table), rows)

    async def put(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert them, or change those that are there."""
        if not rows:
            return
        new = INSERT[self._dialect](table)
        keys = [column.name for column in table.primary_key]
        others = {name: new.excluded[name] for name in rows[0] if name not in keys}
        await self._run(new.on_conflict_do_update(index_elements=keys, set_=others), rows)

    async def end(self, table: Table, rows: Sequence[Values]) -> None:
        """Say of spells, by their keys, until when they have lasted."""
        if not rows:
            return
        key = [column == bindparam(f"k_{column.name}") for column in table.primary_key]
        ended = update(table).where(*key).values({UNTIL: bindparam("until")})
        told = [
            {"until" if name == UNTIL else f"k_{name}": value for name, value in row.items()}
            for row in rows
        ]
        await self._run(ended, told)

    async def _run(self, statement: Any, rows: Sequence[Values]) -> None:
        await (await self.session.connection()).execute(statement, rows)

    @property
    def _dialect(self) -> str:
        return self.session.get_bind().dialect.name
