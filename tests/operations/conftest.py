"""What tests of operators' commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.operations.application.keep_schema import Dialect
from apps.operations.infrastructure import schemas
from apps.operations.infrastructure.migrations import AlembicMigrations
from apps.operations.infrastructure.servers import a_scratch_database
from tests.support.databases import a_postgresql_database, a_sqlite_database


@pytest.fixture
def a_template(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scratch databases be copies of one that was migrated, which takes a moment only."""

    @contextmanager
    def migrated(dialect: Dialect, server: str | None, revision: str = "head") -> Iterator[str]:
        if revision != "head":
            with a_scratch_database(dialect, server) as url:
                AlembicMigrations(url).upgrade(revision, lambda _: None)
                yield url
        elif dialect == "postgresql":
            template = request.getfixturevalue("postgresql_template")
            with a_postgresql_database(request.getfixturevalue("cluster"), like=template) as url:
                yield url
        else:
            folder: Path = request.getfixturevalue("tmp_path") / "copy"
            folder.mkdir(exist_ok=True)
            template = request.getfixturevalue("sqlite_template")
            yield a_sqlite_database(folder / "kcs.db", like=template)

    monkeypatch.setattr(schemas, "migrated", migrated)
