"""`kcs catalogue import`, as an operator types it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from dishka import AsyncContainer
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from apps.catalogue.presentation.command import commands
from apps.main import create_container
from apps.settings import Settings
from apps.shared.domain.errors import Busy
from tests.catalogue.demo import SMALL, spoilt


@pytest.fixture
def settings(sqlite: str, keys: Path) -> Settings:
    return Settings(database_url=sqlite, data_dir=keys)


def run(settings: Settings, *arguments: str) -> Result:
    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        container = create_container(settings)
        try:
            yield container
        finally:
            await container.close()

    return CliRunner().invoke(commands(open_container), arguments)


def folder(place: Path, files: dict[str, str]) -> str:
    for file, content in files.items():
        (place / file).write_text(content, encoding="utf-8")
    return str(place)


def test_an_import_reports_in_a_table(settings: Settings, tmp_path: Path) -> None:
    result = run(settings, "import", folder(tmp_path, SMALL))

    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["file", "new", "changed", "unchanged"],
        ["groups.csv", "2", "0", "0"],
        ["idols.csv", "2", "0", "0"],
        ["memberships.csv", "1", "0", "0"],
        ["releases.csv", "1", "0", "0"],
        ["cards.csv", "3", "0", "0"],
    ]
    assert result.stderr == ""


def test_refused_rows_are_told_on_standard_error(settings: Settings, tmp_path: Path) -> None:
    result = run(settings, "import", folder(tmp_path, spoilt("cards.csv", "hanni,omg", "hanni,x")))

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "cards.csv:2 release There is no release with the code 'x'.",
        "1 refused; nothing was imported.",
    ]


def test_missing_files_are_told_by_name(settings: Settings, tmp_path: Path) -> None:
    result = run(settings, "import", str(tmp_path))

    assert result.exit_code == 1
    assert result.stderr.startswith("groups.csv There is no such file.\nidols.csv ")


def test_a_busy_database_is_told_in_one_line(settings: Settings, tmp_path: Path) -> None:
    file = make_url(settings.database_url).database or ""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run(settings, "import", folder(tmp_path, SMALL))

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [str(Busy())]


def test_a_folder_that_is_not_there_is_a_mistake_of_typing(
    settings: Settings, tmp_path: Path
) -> None:
    assert run(settings, "import", str(tmp_path / "nowhere")).exit_code == 2
