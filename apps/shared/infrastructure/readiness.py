"""Readiness: the database answers, and its schema is the one that the code was written for."""

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import String, column, select, table

from apps.shared.application.readiness import NotReady, Readiness, SchemaMissing
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

MIGRATIONS = Path(__file__).parents[3] / "alembic"
REVISION = Question(select(column("version_num", String)).select_from(table("alembic_version")))


@cache
def head() -> str | None:
    """Return the newest revision there is a migration for."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


class SqlReadiness(Readiness):
    """One question."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self) -> str:
        """Compare the revision stored by Alembic with the newest one."""
        try:
            revision = next((row.version_num for row in await self._reads(REVISION)), None)
        except SchemaMissing as missing:
            raise NotReady("The database is empty; run `alembic upgrade head`.") from missing
        except Busy as away:
            raise NotReady("The database does not answer.") from away
        if revision is None or revision != head():
            raise NotReady("The schema has another revision; run `alembic upgrade head`.")
        return str(revision)
