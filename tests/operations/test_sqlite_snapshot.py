"""A backup of SQLite is of one moment, however long the copying takes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from apps.operations.infrastructure.sqlite_backups import PAGES
from tests.support.backups import keeping, silent

ROWS = 2000


def fill(url: str) -> Path:
    """Let the database be of some thousand pages, in a table that nobody knows."""
    file = Path(make_url(url).database or "")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")  # as the service does when it begins
        connection.execute("CREATE TABLE ballast (words TEXT)")
        connection.executemany("INSERT INTO ballast VALUES (?)", [("x" * 2000,)] * ROWS)
    return file


def write_a_page(file: Path, done: int, of: int | None) -> int:
    """Let somebody write while it is copied; return how far that is."""
    if done != of:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("INSERT INTO ballast VALUES (?)", ("y" * 2000,))
    return done


async def test_writes_between_two_pages_neither_get_in_nor_hold_it_up(
    sqlite: str, tmp_path: Path
) -> None:
    file, backups = fill(sqlite), keeping(sqlite, tmp_path)
    steps: list[int] = []

    def tell(what: str, done: int, of: int | None) -> None:
        if what == "Copying":
            steps.append(write_a_page(file, done, of))

    stored, manifest = await backups.create(backups.folder, tell=tell)
    assert manifest.contents.rows["ballast"] == ROWS
    await keeping(f"sqlite:///{tmp_path}/new.db", tmp_path).restore(stored.file, tell=silent)
    assert steps == sorted(set(steps))
    assert len(steps) > 3


def test_a_copy_without_a_snapshot_begins_anew_with_each_write(sqlite: str, tmp_path: Path) -> None:
    """The control: it would never come to its end."""
    file = fill(sqlite)
    steps: list[int] = []

    def tell(_status: int, remaining: int, total: int) -> None:
        steps.append(write_a_page(file, total - remaining, total))
        if len(steps) > 20:
            raise TimeoutError

    with (
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
        pytest.raises(TimeoutError),
    ):
        source.backup(copy, pages=PAGES, progress=tell)
    assert steps != sorted(set(steps))
