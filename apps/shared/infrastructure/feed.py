"""The outbox as consumers read it, each from where it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Row,
    delete,
    false,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from apps.shared.application.outbox import (
    START,
    Consumers,
    Feed,
    ListConsumers,
    NumberedElsewhere,
    Position,
    Progress,
    PublicEvent,
    Readers,
    Watermark,
)
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.outbox import OUTBOX, OutboxPositionModel, number
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.replies import INSERT

POSITIONS = OutboxPositionModel


class Behind(FunctionElement[bool]):
    """Whether an event comes behind this transaction and position."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "Behind":
        """Stay a comparison: with `= 1` behind it, as for a function, no index would serve."""
        del against
        return self


@compiles(Behind)
def compare(behind: Behind, compiler: SQLCompiler, **more: Any) -> str:
    """Compare both, by the index over both."""
    later = tuple_(OUTBOX.c.tx, OUTBOX.c.position) > tuple_(*behind.clauses)
    return f"({compiler.process(later, **more)})"


@compiles(Behind, "sqlite")
def compare_positions(behind: Behind, compiler: SQLCompiler, **more: Any) -> str:
    """Compare positions alone, for the first of the pair is 0 everywhere.

    SQLite would look for that only, and read the index from its beginning each time.
    """
    _, position = behind.clauses
    later = (OUTBOX.c.tx == literal_column("0")) & (OUTBOX.c.position > position)
    return f"({compiler.process(later, **more)})"


BEHIND = Behind(POSITIONS.tx, POSITIONS.position)


class SqlFeed(Feed):
    """On PostgreSQL an event is read once no transaction is open that could come before it."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def take(self, consumer: str) -> Position | None:
        """Lock the row; SQLite, with its one writer, needs no lock."""
        row = await self._one(
            select(POSITIONS.tx, POSITIONS.position, self._ahead().label("ahead"))
            .where(POSITIONS.consumer == consumer)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return START if await self._begin(consumer) else None
        if row.ahead:
            raise NumberedElsewhere
        return Position(row.tx, row.position)

    async def at(self, consumer: str) -> Position:
        """Read the row, locked or not."""
        row = await self._one(
            select(POSITIONS.tx, POSITIONS.position).where(POSITIONS.consumer == consumer)
        )
        return Position(row.tx, row.position) if row else START

    async def behind(
        self, position: Position, *, limit: int
    ) -> Sequence[tuple[Position, PublicEvent]]:
        """Read a range of the index."""
        rows = await self._current.session.execute(
            select(OUTBOX)
            .where(self._later(position), self._settled())
            .order_by(*self._order())
            .limit(limit)
        )
        return [(Position(row.tx, row.position), public(row)) for row in rows]

    async def move(self, consumer: str, position: Position, *, at: datetime) -> None:
        """Write it, or change what is written."""
        values = {"tx": position.tx, "position": position.number, "updated_at": at}
        new = self._insert(consumer).values(values)
        await self._current.session.execute(
            new.on_conflict_do_update(index_elements=["consumer"], set_=values)
        )

    async def forget(self, consumer: str) -> None:
        """Delete the row."""
        await self._current.session.execute(
            delete(POSITIONS).where(POSITIONS.consumer == consumer),
            execution_options={"synchronize_session": False},
        )

    async def renumber(self) -> None:
        """Take them over in the open unit of work."""
        await take_over(self._current.session)

    def _later(self, position: Position) -> ColumnElement[bool]:
        return Behind(literal(position.tx, BigInteger), literal(position.number, BigInteger))

    def _order(self) -> Sequence[ColumnElement[Any]]:
        return (OUTBOX.c.tx, OUTBOX.c.position)

    def _settled(self) -> ColumnElement[bool]:
        if self._dialect == "sqlite":
            return true()
        return OUTBOX.c.tx < number(func.pg_snapshot_xmin(func.pg_current_snapshot()))

    def _ahead(self) -> ColumnElement[bool]:
        if self._dialect == "sqlite":
            return false()
        return POSITIONS.tx >= number(func.pg_snapshot_xmax(func.pg_current_snapshot()))

    async def _begin(self, consumer: str) -> bool:
        """Make the row of a new consumer; whoever made it holds it."""
        new = self._insert(consumer).values(tx=START.tx, position=START.number)
        made = new.on_conflict_do_nothing().returning(POSITIONS.consumer)
        return await self._one(made) is not None

    def _insert(self, consumer: str) -> Any:
        return INSERT[self._dialect](POSITIONS).values(consumer=consumer)

    async def _one(self, statement: Any) -> Row[Any] | None:
        return (await self._current.session.execute(statement)).one_or_none()

    @property
    def _dialect(self) -> str:
        return self._current.session.get_bind().dialect.name


async def take_over(session: AsyncSession) -> None:
    """Let all events be of before the first transaction, in the order of their insertion."""
    if session.get_bind().dialect.name == "sqlite":
        return
    unread = select(func.min(OUTBOX.c.position) - 1).where(BEHIND).scalar_subquery()
    last = select(func.coalesce(func.max(OUTBOX.c.position), 0)).scalar_subquery()
    await session.execute(text("ALTER TABLE outbox DISABLE TRIGGER USER"))
    await session.execute(update(POSITIONS).values(tx=0, position=func.coalesce(unread, last)))
    await session.execute(update(OUTBOX).values(tx=0))
    await session.execute(text("ALTER TABLE outbox ENABLE TRIGGER USER"))


def public(row: Row[Any]) -> PublicEvent:
    """Return the event of a row."""
    return PublicEvent(
        id=row.id,
        kind=row.kind,
        version=row.version,
        aggregate=row.aggregate,
        aggregate_id=row.aggregate_id,
        payload=row.payload,
        at=row.at,
    )


LAST = Question(
    select(OUTBOX.c.tx, OUTBOX.c.position)
    .order_by(OUTBOX.c.tx.desc(), OUTBOX.c.position.desc())
    .limit(1)
)


class SqlWatermark(Watermark):
    """The end of the index."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def now(self) -> Position:
        """Read one row."""
        for row in await self._reads(LAST):
            return Position(row.tx, row.position)
        return START


PROGRESS = Question(
    select(
        POSITIONS.consumer,
        POSITIONS.updated_at,
        select(func.count()).select_from(OUTBOX).where(BEHIND).scalar_subquery().label("waiting"),
    )
)
ALL = Question(select(func.count().label("waiting")).select_from(OUTBOX))


class SqlListConsumers(ListConsumers):
    """One SELECT for those that have begun, and one for those that have not."""

    def __init__(self, reads: Reads, consumers: Consumers, readers: Readers) -> None:
        self._reads = reads
        self._names = [*(consumer.name for consumer in consumers), *readers]

    async def __call__(self) -> Sequence[Progress]:
        """Count what each has before it."""
        begun = {row.consumer: row for row in await self._reads(PROGRESS)}
        (everything,) = await self._reads(ALL)
        return [
            Progress(
                consumer=name,
                waiting=begun.get(name, everything).waiting,
                moved_at=begun[name].updated_at if name in begun else None,
            )
            for name in self._names
        ]
