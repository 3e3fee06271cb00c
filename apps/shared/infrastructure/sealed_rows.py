"""Tables with sealed rows, whichever they are: what is due, and how it is sealed anew."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import Table, bindparam, func, or_, select, update

from apps.shared.application.reseal import SealedRows
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.sealing import Sealer

NO_KEY = 0


class SqlSealedRows(SealedRows):
    """A concrete one says which `table`, and what a row of it holds sealed."""

    table: ClassVar[Table]

    def __init__(self, current: Current, reads: Reads, sealer: Sealer) -> None:
        self._current = current
        self._reads = reads
        self.sealer = sealer
        by = self.table.c.sealed_by
        columns = (by, func.count().label("rows"))
        self._count = Question(select(*columns).group_by(by).order_by(by))
        after = select(func.min(by)).where(by > bindparam("number")).scalar_subquery()
        self._next = Question(select(self.table).where(by == after).limit(1))

    @property
    def name(self) -> str:
        """Its name in the database."""
        return self.table.name

    @abstractmethod
    def resealed(self, row: Any) -> Mapping[str, Any]:
        """Return the values of columns that are to change; raise SealBroken."""

    @abstractmethod
    def open(self, row: Any) -> object:
        """Open it; raise SealBroken."""

    async def reseal(self, limit: int) -> int:
        """Lock what is due and nobody else has locked, and write all of it at once."""
        session, table = self._current.session, self.table
        by, newest, keys = table.c.sealed_by, self.sealer.number, [*table.primary_key.columns]
        due = or_(by.is_(None), by < newest, by > newest)
        chosen = select(table).where(due).limit(limit).with_for_update(skip_locked=True)
        rows = (await session.execute(chosen)).all()
        changes = [
            {**{f"key_{key.name}": getattr(row, key.name) for key in keys}, **self.resealed(row)}
            for row in rows
        ]
        if changes:
            this = [key == bindparam(f"key_{key.name}") for key in keys]
            connection = await session.connection()
            await connection.execute(update(table).where(*this), changes)
        return len(changes)

    async def probe(self) -> None:
        """Go from key to key by the index."""
        number = NO_KEY
        while rows := await self._first_after(number):
            self.open(rows[0])
            number = rows[0].sealed_by

    async def counted(self) -> Mapping[int | None, int]:
        """Count all."""
        return {row.sealed_by: row.rows for row in await self._reads(self._count)}

    async def _first_after(self, number: int) -> Sequence[Any]:
        return await self._reads(self._next, number=number)
