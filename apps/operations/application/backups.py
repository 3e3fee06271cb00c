"""Backups: made while others write, verified, restored and listed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from apps.operations.domain.backup import Contents, Dialect, Manifest
from apps.shared.domain.ids import Clock

Tell = Callable[[str, int, int | None], None]
"""Hears what is being done, how far it is, and how far it will go if that is known."""

Put = Callable[[bytes], Awaitable[None]]
"""Takes the next piece of a dump."""

Take = Callable[[], Awaitable[bytes]]
"""Gives the next piece of a dump, and nothing at its end."""


class BackupDamaged(Exception):
    """The file is not, or not any more, what was written as a backup."""


class LoadFailed(Exception):
    """The data of a backup cannot be brought into a database."""


class BackupImpossible(Exception):
    """Something that is needed is missing, or does not answer."""


class TargetTaken(Exception):
    """There is something already where a backup would go."""


class Snapshot(Protocol):
    """A database as of one moment, whatever is written to it meanwhile."""

    contents: Contents

    async def write(self, put: Put) -> None:
        """Hand over all of its data; raise BackupImpossible."""
        ...


class Database(Protocol):
    """A database that can be dumped, loaded and looked at; each step raises BackupImpossible."""

    dialect: Dialect

    def snapshot(self, room: Path, tell: Tell) -> AbstractAsyncContextManager[Snapshot]:
        """Hold on to this moment; `room` is a folder for what has to lie somewhere."""
        ...

    async def ensure_empty(self) -> None:
        """Raise TargetTaken where there is anything in it."""
        ...

    async def load(self, take: Take) -> None:
        """Bring a dump into the empty database, all of it or nothing; raise LoadFailed."""
        ...

    async def contents(self, tell: Tell) -> Contents:
        """Count what is in it."""
        ...

    async def drift(self) -> Sequence[str]:
        """Say in a line each where its schema is not what the migrations of this version make."""
        ...

    async def broken(self) -> Mapping[str, int]:
        """Return how many rows break each invariant."""
        ...

    async def take_over(self) -> None:
        """Let what was numbered by another server go on under this one."""
        ...


class Scratch(Protocol):
    """Databases that are made to be looked at, and are gone afterwards."""

    def __call__(self, dialect: Dialect) -> AbstractAsyncContextManager[Database]:
        """Lend one of this kind; raise BackupImpossible."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file in a folder of backups."""

    file: Path
    size: int
    modified_at: datetime


class Draft(Protocol):
    """A backup that is not there yet."""

    room: Path
    """A folder that is gone with the draft."""

    async def finish(self, manifest: Manifest, write: Callable[[Put], Awaitable[None]]) -> Stored:
        """Write it, and only then let it appear under its name; raise TargetTaken."""
        ...


class Archive(Protocol):
    """Backups as files; each step raises BackupDamaged where a file is not one, or OSError."""

    def draft(self, folder: Path) -> AbstractContextManager[Draft]:
        """Begin one in this folder; whatever is not finished leaves nothing there."""
        ...

    async def check(self, file: Path, tell: Tell) -> Manifest:
        """Read all of it, and return what it says of itself."""
        ...

    def data(self, file: Path, tell: Tell) -> AbstractContextManager[Take]:
        """Read the dump in it."""
        ...

    def files(self, folder: Path) -> Sequence[Stored]:
        """Return what is named like a backup there."""
        ...


@dataclass(frozen=True, slots=True)
class CreateBackup:
    """Keep all that the database holds at one moment after this was asked for."""

    database: Database
    archive: Archive
    clock: Clock
    product_version: str

    async def __call__(self, folder: Path, *, tell: Tell) -> tuple[Stored, Manifest]:
        created_at = self.clock.now()
        with self.archive.draft(folder) as draft:
            async with self.database.snapshot(draft.room, tell) as snapshot:
                if snapshot.contents.revision is None:
                    raise BackupImpossible("The database is empty: there is nothing to keep.")
                manifest = Manifest(
                    created_at=created_at,
                    product_version=self.product_version,
                    contents=snapshot.contents,
                )
                return await draft.finish(manifest, snapshot.write), manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of restoring a backup for a trial."""

    manifest: Manifest
    faults: Sequence[str]
    is_current: bool
    """Whether its revision is that of this version; only then more can be told than that it is
    what was backed up: whether its schema is what the migrations make, and its invariants."""


@dataclass(frozen=True, slots=True)
class VerifyBackup:
    """Restore a backup into a scratch database, and compare."""

    archive: Archive
    scratch: Scratch
    newest: str | None
    """The revision that this version is for."""

    async def __call__(self, file: Path, *, tell: Tell) -> Verified:
        manifest = await self.archive.check(file, tell)
        is_current = manifest.contents.revision == self.newest
        async with self.scratch(manifest.contents.dialect) as database:
            with self.archive.data(file, tell) as take:
                await database.load(take)
            restored = await database.contents(tell)
            faults = [*manifest.contents.differences(restored)]
            if is_current and not faults:
                tell("Comparing the schema", 0, None)
                faults += await database.drift()
                tell("Checking invariants", 0, None)
                broken = await database.broken()
                faults += [f"{rows} rows break: {name}" for name, rows in broken.items() if rows]
        return Verified(manifest=manifest, faults=faults, is_current=is_current)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of restoring a backup."""

    manifest: Manifest
    is_current: bool
    """Whether its schema is that of this version; else its events were not taken over yet."""


@dataclass(frozen=True, slots=True)
class RestoreBackup:
    """Bring a backup into an empty database; its schema stays of the revision it was of."""

    database: Database
    archive: Archive
    newest: str | None

    async def __call__(self, file: Path, *, tell: Tell) -> Restored:
        await self.database.ensure_empty()
        manifest = await self.archive.check(file, tell)
        kept, here = manifest.contents.dialect, self.database.dialect
        if kept != here:
            raise BackupImpossible(f"A backup of {kept} cannot be restored into {here}.")
        with self.archive.data(file, tell) as take:
            await self.database.load(take)
        if faults := [*manifest.contents.differences(await self.database.contents(tell))]:
            raise LoadFailed(f"It was restored, but: {' '.join(faults)}")
        is_current = manifest.contents.revision == self.newest
        if is_current:
            await self.database.take_over()
        return Restored(manifest=manifest, is_current=is_current)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A backup in a folder; the manifest, or what is wrong with it."""

    stored: Stored
    manifest: Manifest | None = None
    fault: str = ""

    @property
    def at(self) -> datetime:
        """When it was made, or last changed where it does not say."""
        return self.manifest.created_at if self.manifest else self.stored.modified_at


@dataclass(frozen=True, slots=True)
class ListBackups:
    """Look at every backup in a folder, newest first."""

    archive: Archive

    async def __call__(self, folder: Path, *, tell: Tell) -> Sequence[Listed]:
        listed = [await self._look(each, tell) for each in self.archive.files(folder)]
        return sorted(listed, key=lambda each: each.at, reverse=True)

    async def _look(self, stored: Stored, tell: Tell) -> Listed:
        try:
            return Listed(stored=stored, manifest=await self.archive.check(stored.file, tell))
        except (BackupDamaged, OSError) as fault:
            return Listed(stored=stored, fault=str(fault))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """What operators do with backups of one installation."""

    folder: Path
    """Where they are unless somebody says otherwise."""
    create: CreateBackup
    verify: VerifyBackup
    restore: RestoreBackup
    list: ListBackups
