"""Everywhere that a database keeps what it was told: its files, its log, and a dump of it."""

import asyncio
import json
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from apps.shared.infrastructure.sealing import Place, Sealer
from tests.support.catalog import connected
from tests.support.databases import aside
from tests.support.postgres import the_binaries


class Glass(Sealer):
    """Seals nothing: what it writes can be read by everybody."""

    def seal(self, content: Mapping[str, Any], place: Place, /) -> str:
        del place
        return f"1.{self.number}.{json.dumps(content, ensure_ascii=False)}"

    def open(self, text: str, place: Place, /) -> dict[str, Any]:
        del place
        opened: dict[str, Any] = json.loads(text.split(".", 2)[2])
        return opened


def places_with(url: str, words: str) -> set[str]:
    """Return in which of `files`, `log` and `dump` these words stand."""
    given = make_url(url)
    if given.get_backend_name() == "sqlite":
        found = dict(sqlite_places(Path(given.database or "")))
    else:
        found = dict(aside(lambda: asyncio.run(postgresql_places(url))))
        found["dump"] = [dump(url)]
    assert all(any(parts) for parts in found.values()), "there is nothing to look into"
    return {name for name, parts in found.items() if any(words.encode() in part for part in parts)}


def sqlite_places(file: Path) -> Iterator[tuple[str, list[bytes]]]:
    yield "log", [file.with_name(f"{file.name}-wal").read_bytes()]
    with closing(sqlite3.connect(file)) as connection:
        yield "dump", ["\n".join(connection.iterdump()).encode()]
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    yield "files", [file.read_bytes()]


async def postgresql_places(url: str) -> list[tuple[str, list[bytes]]]:
    connection = await connected(url)
    try:
        await connection.execute("CHECKPOINT")
        folder = Path(await connection.fetchval("SHOW data_directory"))
        database = await connection.fetchval(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    return [
        ("files", contents(folder / "base" / str(database))),
        ("log", contents(folder / "pg_wal")),
    ]


def contents(folder: Path) -> list[bytes]:
    return [each.read_bytes() for each in folder.iterdir() if each.is_file()]


def dump(url: str) -> bytes:
    """What pg_dump writes, as text."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    told = subprocess.run(
        [str(the_binaries() / "pg_dump"), plain], capture_output=True, check=True, timeout=60
    )
    return told.stdout
