"""Backups as files: a line with a checksum over all behind it, the manifest as JSON, the data.

Whoever has no `kcs` at hand gets at the data with `tail -n +3`.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError

from apps.operations.application.backups import (
    Archive,
    BackupDamaged,
    Draft,
    Put,
    Stored,
    Take,
    TargetTaken,
    Tell,
)
from apps.operations.domain.backup import Manifest
from apps.shared.infrastructure.disk import sync

HEAD = re.compile(rb"kcs-backup 1 sha256:([0-9a-f]{64})\n")
PIECE = 2**20
"""Bytes that are read, digested and written at once."""

ROOM = ".kcs-"
"""What folders are called in which something is unfinished; only a killed process leaves one."""

MANIFEST = TypeAdapter(Manifest)


class BackupFiles(Archive):
    """Files that only their owner may read."""

    @contextmanager
    def draft(self, folder: Path) -> Iterator[Draft]:
        """Work in a folder inside, which is taken away whatever happens."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=ROOM, dir=folder) as room:
            yield FileDraft(folder, Path(room))

    async def check(self, file: Path, tell: Tell) -> Manifest:
        """Compare the checksum before anything else is believed."""
        with opened(file, "rb") as stream:
            size = size_of(stream)
            head = HEAD.fullmatch(stream.readline(len(head_of("0" * 64))))
            if head is None:
                raise BackupDamaged(f"{file} does not begin like a backup.")
            digest = sha256()
            while piece := await asyncio.to_thread(stream.read, PIECE):
                await asyncio.to_thread(digest.update, piece)
                tell("Checking", stream.tell(), size)
            if digest.hexdigest().encode() != head[1]:
                raise BackupDamaged(f"{file} is cut off or changed: its checksum does not fit.")
            stream.seek(len(head[0]))
            try:
                return MANIFEST.validate_json(stream.readline())
            except ValidationError as fault:
                raise BackupDamaged(f"{file} has a manifest that is not ours.") from fault

    @contextmanager
    def data(self, file: Path, tell: Tell) -> Iterator[Take]:
        """Begin behind the first two lines."""
        with opened(file, "rb") as stream:
            size = size_of(stream)
            for _ in range(2):
                stream.readline()

            async def take() -> bytes:
                piece: bytes = await asyncio.to_thread(stream.read, PIECE)
                tell("Restoring", stream.tell(), size)
                return piece

            yield take

    def files(self, folder: Path) -> Sequence[Stored]:
        """Go by their names alone."""
        return [stored(file) for file in sorted(folder.iterdir()) if file.suffix == ".backup"]


class FileDraft(Draft):
    """Writes into its room, to disk, and then renames."""

    def __init__(self, folder: Path, room: Path) -> None:
        self._folder = folder
        self.room = room

    async def finish(self, manifest: Manifest, write: Callable[[Put], Awaitable[None]]) -> Stored:
        """Leave a place for the checksum, which is known when all is written."""
        file, unfinished, digest = self._folder / manifest.name, self.room / "backup", sha256()
        if file.exists():
            raise TargetTaken(f"{file} is there already.")
        with opened(unfinished, "xb") as stream:

            def add(piece: bytes) -> None:
                digest.update(piece)
                stream.write(piece)

            async def put(piece: bytes) -> None:
                await asyncio.to_thread(add, piece)

            stream.write(head_of("0" * 64))
            await put(MANIFEST.dump_json(manifest) + b"\n")
            await write(put)
            stream.seek(0)
            stream.write(head_of(digest.hexdigest()))
        await publish(unfinished, file)
        return stored(file)


def head_of(digest: str) -> bytes:
    """Write the first line."""
    return f"kcs-backup 1 sha256:{digest}\n".encode()


@contextmanager
def opened(file: Path, mode: str) -> Iterator[IO[Any]]:
    """Open it so that nobody else may read what is written."""
    with open(file, mode, opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        yield stream


def size_of(stream: IO[Any]) -> int:
    """Return how long an open file is."""
    return os.fstat(stream.fileno()).st_size


async def publish(unfinished: Path, file: Path) -> None:
    """Let a file that is all on disk appear under its name; whoever is cancelled has it or not."""
    await asyncio.to_thread(sync, unfinished)
    rename(unfinished, file)


def rename(unfinished: Path, file: Path) -> None:
    """Have it be there after a crash, too."""
    unfinished.rename(file)
    sync(file.parent)


def stored(file: Path) -> Stored:
    """Tell what the system knows of it."""
    known = file.stat()
    modified_at = datetime.fromtimestamp(known.st_mtime, UTC)
    return Stored(file=file, size=known.st_size, modified_at=modified_at)
