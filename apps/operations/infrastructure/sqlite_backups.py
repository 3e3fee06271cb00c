"""SQLite dumped by its online backup API and loaded into a new file; between the two, gzip."""

import asyncio
import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from sqlalchemy import URL

from apps.operations.application.backups import (
    BackupImpossible,
    LoadFailed,
    Put,
    Snapshot,
    Take,
    TargetTaken,
    Tell,
)
from apps.operations.domain.backup import Contents
from apps.operations.infrastructure.backup_files import PIECE, ROOM, opened, publish
from apps.operations.infrastructure.databases import Check, SqlDatabase

GZIP = 16 + zlib.MAX_WBITS
LEVEL = 1
"""Of nine; the others take longer than most disks."""

PAGES = 256
"""Pages that are copied between two looks at whether to go on."""

BESIDE = ("", "-wal", "-shm", "-journal")
"""Ends of the names of files that make a database together."""


class SqliteDatabase(SqlDatabase):
    """One file, and its log beside it."""

    def __init__(self, file: Path, check: Check) -> None:
        super().__init__(URL.create("sqlite+aiosqlite", database=str(file.absolute())), check)
        self._file = file.absolute()

    @asynccontextmanager
    async def snapshot(self, room: Path, tell: Tell) -> AsyncIterator[Snapshot]:
        """Copy it, page by page, and look at the copy."""
        copy = room / "copy.db"
        with opened(copy, "xb"), told_by_sqlite(self._file):
            await unless_told_to_stop(partial(copy_pages, self._file, copy, tell))
        contents = await SqliteDatabase(copy, self._check).contents(tell)
        yield SqliteSnapshot(copy, contents, tell)

    async def ensure_empty(self) -> None:
        """Take no file for empty: its old log would be replayed over what is restored."""
        for end in BESIDE:
            if (there := self._file.with_name(self._file.name + end)).exists():
                raise TargetTaken(f"{there} is there already; restore into a new file.")

    async def load(self, take: Take) -> None:
        """Let it appear when it is whole."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=ROOM, dir=self._file.parent) as room:
            unfinished = Path(room) / "restored.db"
            await unpack(take, unfinished)
            if faults := await asyncio.to_thread(faults_of, unfinished):
                raise LoadFailed(f"SQLite finds faults in it: {'; '.join(faults)}.")
            await self.ensure_empty()
            await publish(unfinished, self._file)


class SqliteSnapshot(Snapshot):
    """A copy that nobody else knows of."""

    def __init__(self, copy: Path, contents: Contents, tell: Tell) -> None:
        self._copy = copy
        self._tell = tell
        self.contents = contents

    async def write(self, put: Put) -> None:
        """Compress it."""
        packing = zlib.compressobj(LEVEL, wbits=GZIP)
        size = self._copy.stat().st_size
        with opened(self._copy, "rb") as stream:
            while piece := await asyncio.to_thread(stream.read, PIECE):
                await put(await asyncio.to_thread(packing.compress, piece))
                self._tell("Compressing", stream.tell(), size)
        await put(packing.flush())


class Stopped(Exception):
    """Somebody does not wait for it any more."""


def copy_pages(source: Path, copy: Path, tell: Tell, stop: Event) -> None:
    """Copy the database as of one moment: a reader of its log sees no later writes."""

    def go_on(_status: int, remaining: int, total: int) -> None:
        if stop.is_set():
            raise Stopped
        tell("Copying", total - remaining, total)

    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(copy)) as writing,
    ):
        writing.execute("PRAGMA synchronous = OFF")  # it is read once, by us
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(writing, pages=PAGES, progress=go_on)


async def unless_told_to_stop(work: Callable[[Event], None]) -> None:
    """Do it in a thread, and do not leave that thread behind."""
    stop = Event()
    working = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({working})
        raise


@contextmanager
def told_by_sqlite(file: Path) -> Iterator[None]:
    """Say that there is no such database, or what else SQLite has against it."""
    try:
        yield
    except sqlite3.Error as failure:
        raise BackupImpossible(f"{file} cannot be read as a database.") from failure


async def unpack(take: Take, file: Path) -> None:
    """Write what was compressed; raise LoadFailed where it ends too early or goes on."""
    unpacking = zlib.decompressobj(wbits=GZIP)
    with opened(file, "xb") as stream:

        def add(piece: bytes) -> None:
            while piece:
                stream.write(unpacking.decompress(piece, PIECE))
                piece = unpacking.unconsumed_tail

        try:
            while piece := await take():
                await asyncio.to_thread(add, piece)
        except zlib.error as failure:
            raise LoadFailed("Its data cannot be unpacked.") from failure
        stream.write(unpacking.flush())
        if not unpacking.eof or unpacking.unused_data:
            raise LoadFailed("Its data does not end where it should.")


def faults_of(file: Path) -> list[str]:
    """Have SQLite check the file itself, its indexes, constraints and references."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = [told for (told,) in connection.execute("PRAGMA integrity_check(5)")]
            lost = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    except sqlite3.Error as failure:
        return [str(failure)]
    return [told for told in found if told != "ok"] + [
        f"a row of {table} refers to none of {other}" for table, _, other, _ in lost
    ]
