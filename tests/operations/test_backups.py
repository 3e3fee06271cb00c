"""What becomes of a backup that came to harm, was broken off, or has nowhere to go."""

import asyncio
import resource
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import make_url

from apps.operations.application.backups import (
    BackupDamaged,
    BackupImpossible,
    Backups,
    LoadFailed,
    TargetTaken,
    Tell,
)
from apps.operations.domain.backup import Manifest
from apps.operations.infrastructure.backup_files import MANIFEST, BackupFiles
from apps.shared.application.outbox import DeliverEvents
from tests.support.backups import an_empty_place, keeping, silent
from tests.support.budget import Budget
from tests.support.builders import FixedClock
from tests.support.delivery import waiting
from tests.support.seeds import sow
from tests.support.site import Site

LARGE = 4096
"""Bytes after which a file may not grow, in the test of a disk that is full."""


@pytest.fixture
def backups(url: str, tmp_path: Path) -> Backups:
    """Over a database that was migrated."""
    return keeping(url, tmp_path)


def parts_of(file: Path) -> list[bytes]:
    """The first line, the manifest, and the data."""
    return file.read_bytes().split(b"\n", 2)


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


async def made(backups: Backups) -> Path:
    stored, _ = await backups.create(backups.folder, tell=silent)
    return stored.file


def cut_off(whole: bytes, dice: Random) -> bytes:
    return whole[: dice.randrange(len(whole))]


def flipped(whole: bytes, dice: Random, most: int | None = None) -> bytes:
    """Change one bit."""
    harmed = bytearray(whole)
    harmed[dice.randrange(most or len(whole))] ^= 1 << dice.randrange(8)
    return bytes(harmed)


async def test_a_backup_is_whole_and_nobody_elses(backups: Backups) -> None:
    stored, manifest = await backups.create(backups.folder, tell=silent)
    assert [*backups.folder.iterdir()] == [stored.file]
    assert mode_of(stored.file) == 0o600
    assert mode_of(backups.folder) == 0o700
    assert manifest.contents.rows["alembic_version"] == 1
    assert manifest.contents.last_event == (0, 0)
    (listed,) = await backups.list(backups.folder, tell=silent)
    assert (listed.stored, listed.manifest, listed.fault) == (stored, manifest, "")


async def test_whatever_is_cut_off_or_flipped_is_refused(
    backups: Backups, tmp_path: Path, budget: Budget
) -> None:
    whole, dice = (await made(backups)).read_bytes(), budget.random()
    harmed = tmp_path / "harmed.backup"
    times = budget.of(20, 1000)
    for harm in (cut_off, flipped):
        for _ in range(times):
            harmed.write_bytes(harm(whole, dice))
            with pytest.raises(BackupDamaged):
                await backups.verify(harmed, tell=silent)
    budget.tell(f"{times} cut off and {times} flipped: all refused")


class Trusting(BackupFiles):
    """The control: takes a backup for what it says it is."""

    async def check(self, file: Path, tell: Tell) -> Manifest:
        del tell
        _, manifest, _ = parts_of(file)
        return MANIFEST.validate_json(manifest)


async def test_without_the_checksum_some_flips_pass(backups: Backups, tmp_path: Path) -> None:
    whole, dice = (await made(backups)).read_bytes(), Random(1)
    verify = replace(backups.verify, archive=Trusting())
    head = whole.index(b'"contents"')
    passed = 0
    for _ in range(20):
        harmed = tmp_path / "harmed.backup"
        harmed.write_bytes(flipped(whole, dice, head))
        try:
            await verify.archive.check(harmed, silent)
        except (ValueError, IndexError):
            continue
        passed += 1
    assert passed


async def test_a_backup_goes_into_an_empty_database_only(
    backups: Backups, url: str, tmp_path: Path
) -> None:
    sow(url)
    full = backups.restore.database
    file, before = await made(backups), await full.contents(silent)
    with pytest.raises(TargetTaken):
        await backups.restore(file, tell=silent)
    assert await full.contents(silent) == before
    assert all(before.rows.values())
    with an_empty_place(url, tmp_path) as place:
        there = keeping(place, tmp_path)
        restored = await there.restore(file, tell=silent)
        assert restored.is_current
        assert (await there.restore.database.contents(silent)).rows == before.rows
        if place.startswith("sqlite"):
            assert mode_of(Path(make_url(place).database or "")) == 0o600
        with pytest.raises(TargetTaken):
            await there.restore(file, tell=silent)


async def test_a_log_that_is_left_of_another_database_is_not_replayed(
    sqlite: str, tmp_path: Path
) -> None:
    file, place = await made(keeping(sqlite, tmp_path)), tmp_path / "new.db"
    (tmp_path / "new.db-wal").touch()
    with pytest.raises(TargetTaken):
        await keeping(f"sqlite:///{place}", tmp_path).restore(file, tell=silent)
    assert not place.exists()


async def test_a_backup_of_one_kind_does_not_go_into_the_other(
    sqlite: str, empty_postgresql: str, tmp_path: Path
) -> None:
    file = await made(keeping(sqlite, tmp_path))
    with pytest.raises(BackupImpossible):
        await keeping(empty_postgresql, tmp_path).restore(file, tell=silent)
    assert not (await keeping(empty_postgresql, tmp_path).verify(file, tell=silent)).faults


async def test_a_backup_of_postgresql_needs_a_server_to_be_verified(
    postgresql: str, empty_sqlite: str, tmp_path: Path
) -> None:
    file = await made(keeping(postgresql, tmp_path))
    with pytest.raises(BackupImpossible, match="scratch database"):
        await keeping(empty_sqlite, tmp_path).verify(file, tell=silent)


async def test_what_cannot_be_loaded_leaves_nothing(
    backups: Backups, url: str, tmp_path: Path
) -> None:
    """Its checksum is right, as that of a dump that was bad from the start would be."""
    file = await made(backups)
    manifest = await BackupFiles().check(file, silent)

    async def nonsense(put: Any) -> None:
        await put(parts_of(file)[2][:-100])

    with BackupFiles().draft(tmp_path / "bad") as draft:
        bad = await draft.finish(manifest, nonsense)
    with an_empty_place(url, tmp_path) as place:
        there = keeping(place, tmp_path)
        with pytest.raises(LoadFailed):
            await there.restore(bad.file, tell=silent)
        await there.restore(file, tell=silent)


async def test_nothing_is_made_of_an_empty_database(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(BackupImpossible):
        await keeping(empty_url, tmp_path).create(tmp_path / "backups", tell=silent)
    assert not [*(tmp_path / "backups").iterdir()]
    assert not (tmp_path / "empty.db").exists()


async def test_what_is_there_already_is_not_overwritten(sqlite: str, tmp_path: Path) -> None:
    create = replace(keeping(sqlite, tmp_path).create, clock=FixedClock())
    stored, _ = await create(tmp_path / "backups", tell=silent)
    before = stored.file.read_bytes()
    with pytest.raises(TargetTaken):
        await create(tmp_path / "backups", tell=silent)
    assert [*(tmp_path / "backups").iterdir()] == [stored.file]
    assert stored.file.read_bytes() == before


@contextmanager
def a_full_disk() -> Iterator[None]:
    """Let no file grow any more, as the system sees it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGE, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_leaves_no_half_of_a_backup(backups: Backups, tmp_path: Path) -> None:
    with a_full_disk(), pytest.raises((OSError, BackupImpossible)):
        await backups.create(tmp_path / "backups", tell=silent)
    assert not [*(tmp_path / "backups").iterdir()]


async def test_a_folder_that_cannot_be_made_is_told(sqlite: str, tmp_path: Path) -> None:
    backups = keeping(sqlite, tmp_path)
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "folder", Path("/proc/none")):
        with pytest.raises(OSError, match=r"\S"):
            await backups.create(folder, tell=silent)


async def broken_off(step: Callable[[Tell], Coroutine[Any, Any, object]], moment: str) -> None:
    """Take it until this moment."""
    reached, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(what: str, done: int, of: int | None) -> None:
        del done, of
        if what == moment and not reached.is_set():
            reached.set()
            loop.call_soon_threadsafe(working.cancel)

    working = asyncio.create_task(step(tell))
    with pytest.raises(asyncio.CancelledError):
        await working
    assert reached.is_set()


async def test_what_is_broken_off_leaves_nothing(
    backups: Backups, url: str, tmp_path: Path
) -> None:
    steps = ("Copying", "Counting rows", "Compressing")
    for moment in steps if url.startswith("sqlite") else ("Counting rows", "Dumping"):
        await broken_off(lambda tell: backups.create(tmp_path / "backups", tell=tell), moment)
        assert not [*(tmp_path / "backups").iterdir()]
    file = await made(backups)
    with an_empty_place(url, tmp_path) as place:
        there = keeping(place, tmp_path)
        await broken_off(lambda tell: there.restore(file, tell=tell), "Restoring")
        await there.restore(file, tell=silent)


async def test_events_are_delivered_while_a_backup_is_made(
    site: Site, url: str, tmp_path: Path
) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    deliver = await site.port(DeliverEvents)
    async with keeping(url, tmp_path).create.database.snapshot(tmp_path, silent):
        await ann.propose(bea, give=[await ann.hold()], take=[await bea.hold()])
        assert await waiting(site)
        async with asyncio.timeout(10):
            while await waiting(site):
                await deliver()
