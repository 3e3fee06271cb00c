"""Readiness: the database answers, and its schema is the one that the code was written for."""

import json
import logging
from asyncio import Task, create_task, shield, timeout
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory

from apps.shared.application.readiness import Closing, NotReady, Readiness, SchemaMissing
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.reads import Driver

MIGRATIONS = Path(__file__).parents[3] / "alembic"

PATIENCE = 1.8
"""Seconds; whoever probes learns within two that the database does not answer."""

TOLD = 5
"""How many of the tables that are missing are named in the sentence."""

SCHEMA = {
    "postgresql": """
        SELECT (SELECT version_num FROM alembic_version), ARRAY(
            SELECT CAST(relname AS text) FROM pg_class
            WHERE relkind IN ('r', 'p', 'm') AND pg_table_is_visible(oid))""",
    "sqlite": """
        SELECT (SELECT version_num FROM alembic_version), (
            SELECT json_group_array(name) FROM sqlite_master WHERE type = 'table')""",
}
"""The revision that Alembic has stored, and the tables there are."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Probe:
    """A connection of its own, so that probes wait for no request."""

    driver: Driver


@cache
def head() -> str | None:
    """Return the newest revision there is a migration for."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


class SqlReadiness(Readiness):
    """One question at a time; who asks meanwhile is given the same answer."""

    def __init__(self, probe: Probe, closing: Closing) -> None:
        self._driver = probe.driver
        self._closing = closing
        self._under_way: list[Task[str]] = []

    async def __call__(self, *, patience: float | None = None) -> str:
        """Compare what is stored with what the migrations and the models say."""
        if self._closing:
            raise NotReady("This server is about to stop.")
        if not self._under_way:
            task = create_task(self._look(patience or PATIENCE), context=Context())
            self._under_way.append(task)
            task.add_done_callback(self._conclude)
        return await shield(self._under_way[0])

    def _conclude(self, task: Task[str]) -> None:
        """Forget it, and what it raised: there may be nobody left to be told."""
        self._under_way.remove(task)
        _ = task.cancelled() or task.exception()

    async def _look(self, patience: float) -> str:
        try:
            async with timeout(patience):
                revision, tables = await self._schema()
        except SchemaMissing as missing:
            told = "The database is empty; run `alembic upgrade head`."
            raise NotReady(told, expected_revision=head(), found_revision=None) from missing
        except (Busy, TimeoutError) as away:
            raise NotReady("The database does not answer.") from away
        except Exception as fault:
            _log.exception("The database cannot be asked for its schema")
            raise NotReady(f"The database is at fault: {type(fault).__name__}.") from fault
        if revision is None or revision != head():
            raise NotReady(
                f"The schema has another revision ({revision or 'none'}, not {head()});"
                " run `alembic upgrade head`.",
                expected_revision=head(),
                found_revision=revision,
            )
        if missing_tables := sorted(set(Model.metadata.tables) - set(tables)):
            named = ", ".join(missing_tables[:TOLD])
            more = ", …" if len(missing_tables) > TOLD else ""
            raise NotReady(f"The schema lacks {named}{more}.", missing_tables=missing_tables)
        return revision

    async def _schema(self) -> tuple[str | None, Sequence[str]]:
        """Ask, and once more where the connection was cut since it was used last."""
        sql = SCHEMA[self._driver.dialect.name]
        try:
            rows = await self._driver.fetch(sql, ())
        except SchemaMissing:
            raise
        except Busy:
            rows = await self._driver.fetch(sql, ())
        ((revision, tables),) = rows
        return revision, json.loads(tables) if isinstance(tables, str) else tables
