"""The programs that come with PostgreSQL, each run as a process that ends with its caller."""

import asyncio
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL

from apps.operations.application.backups import BackupImpossible, LoadFailed, Put, Take
from apps.operations.infrastructure.backup_files import PIECE

LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
    "ssl": "PGSSLMODE",
}
"""What asyncpg is told as an argument, these programs read from the environment: arguments of a
process can be seen by everybody on its machine."""

LOCK_PATIENCE = "10s"
"""How long a dump waits for a migration to be over."""

LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Programs:
    """Where they are: in this folder, or on PATH where none is named."""

    folder: str = ""

    def find(self, name: str) -> str:
        """Raise BackupImpossible where there is none."""
        if found := shutil.which(name, path=self.folder or None):
            return found
        raise BackupImpossible(
            f"There is no {name} in {self.folder or 'the folders of PATH'}: install the client"
            " programs of PostgreSQL, or name their folder by PG_BIN_DIR."
        )

    async def ensure_as_new(self, name: str, server: int) -> None:
        """Raise BackupImpossible where the server is of a later major version."""
        async with running([self.find(name), "--version"], {}, stdout=PIPE) as process:
            told, _ = await process.communicate()
        found = re.search(r" (\d+)", told.decode(errors="replace"))
        if found is None or int(found[1]) < server:
            raise BackupImpossible(
                f"{self.find(name)} is of version {found[1] if found else 'unknown'}, and the"
                f" server of version {server}: install client programs that are as new, or name"
                " their folder by PG_BIN_DIR."
            )

    async def dump(self, url: URL, snapshot: str, put: Put) -> None:
        """Hand over what a snapshot holds; raise BackupImpossible."""
        options = (
            "--format=custom",
            f"--snapshot={snapshot}",
            f"--lock-wait-timeout={LOCK_PATIENCE}",
            "--no-password",
        )
        command = [self.find("pg_dump"), *options]
        async with running(command, environment(url), stdout=PIPE) as process:
            words = asyncio.create_task(all_of(process.stderr))
            while piece := await some_of(process.stdout):
                await put(piece)
            if await process.wait():
                raise BackupImpossible(f"pg_dump failed: {last_of(await words)}")
            await words

    async def restore(self, url: URL, take: Take) -> None:
        """Load a dump in one transaction; raise LoadFailed."""
        options = (
            "--dbname=",  # which is that of the environment
            "--format=custom",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-password",
        )
        command = [self.find("pg_restore"), *options]
        async with running(command, environment(url), stdin=PIPE) as process:
            words = asyncio.create_task(all_of(process.stderr))
            with suppress(ConnectionError):  # it has given up, and says why
                await feed(process, take)
            if await process.wait():
                raise LoadFailed(f"pg_restore failed: {last_of(await words)}")
            await words


def environment(url: URL) -> Mapping[str, str]:
    """Say where the database is, and who asks, the way that libpq is told."""
    _, where = url.get_dialect()().create_connect_args(url)
    return {LIBPQ[name]: joined(value) for name, value in where.items() if name in LIBPQ}


def joined(value: Any) -> str:
    """Write several hosts, or ports, in one."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@asynccontextmanager
async def running(
    command: list[str],
    environment: Mapping[str, str],
    *,
    stdin: int = DEVNULL,
    stdout: int = DEVNULL,
) -> AsyncIterator[Process]:
    """Run it out of reach of a Ctrl-C that is meant for us, and end it where we end first."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=stdin,
        stdout=stdout,
        stderr=PIPE,
        env={**os.environ, **environment, "LC_ALL": "C"},
        start_new_session=True,
        limit=PIECE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def feed(process: Process, take: Take) -> None:
    """Hand it all there is."""
    if process.stdin is None:
        raise RuntimeError("It was started without a standard input.")
    while piece := await take():
        process.stdin.write(piece)
        await process.stdin.drain()
    process.stdin.close()
    await process.stdin.wait_closed()


async def some_of(stream: asyncio.StreamReader | None) -> bytes:
    """Read what there is, and nothing at the end."""
    return await stream.read(PIECE) if stream else b""


async def all_of(stream: asyncio.StreamReader | None) -> bytes:
    """Read to the end."""
    return await stream.read() if stream else b""


def last_of(words: bytes) -> str:
    """Write the last things that a program has said in one line."""
    lines = words.decode(errors="replace").strip().splitlines()[-LAST_LINES:]
    return " ".join(line.strip() for line in lines)
