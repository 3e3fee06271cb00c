"""The state of one transaction; everything else is built once and keeps none."""

from asyncio import Task, current_task
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from apps.shared.domain.model import Aggregate, Event


@dataclass(eq=False, slots=True)
class Transaction:
    """A session, how deep its user is nested, and what was read, changed and told in it.

    `rows` keeps what was read alive: the session itself would forget a row that nobody holds,
    read it anew on saving, and so overwrite what somebody else has changed meanwhile.
    """

    session: AsyncSession
    connection: Any
    """The driver's own connection below that of the session."""
    task: Task[Any] | None = field(default_factory=current_task)
    depth: int = 1
    doomed: bool = False
    rows: list[object] = field(default_factory=list)
    changed: dict[int, Aggregate[Any]] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)

    def tell(self, events: Sequence[Event]) -> None:
        """Let the outbox have what one statement did to many aggregates; no subscriber hears it."""
        self.told.extend(events)

    async def flush(self) -> None:
        """Write what has changed, if anything has."""
        session = self.session.sync_session
        if session.new or session.dirty or session.deleted:
            await self.session.flush()


class Current:
    """The transaction that the running task has opened."""

    def __init__(self) -> None:
        self._transaction: ContextVar[Transaction | None] = ContextVar("transaction", default=None)

    def find(self) -> Transaction | None:
        """Return it, if one is open; a task started inside somebody else's has no part in it."""
        transaction = self._transaction.get()
        if transaction is None or not transaction.depth:
            return None
        if transaction.task is not current_task():
            raise RuntimeError("A task was started inside a unit of work that is still open.")
        return transaction

    @property
    def transaction(self) -> Transaction:
        """The open transaction, which rows cannot be touched without."""
        transaction = self.find()
        if transaction is None:
            raise RuntimeError("Rows are read and written inside `async with work`.")
        return transaction

    @property
    def session(self) -> AsyncSession:
        """The session of the open transaction."""
        return self.transaction.session

    def begin(self, session: AsyncSession, connection: Any) -> None:
        """Open a transaction of the running task."""
        self._transaction.set(Transaction(session, connection))

    def end(self) -> None:
        """Forget it."""
        self._transaction.set(None)
