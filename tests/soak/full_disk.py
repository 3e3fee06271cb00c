"""What a service does on a disk that is full; run in a mount namespace of its own.

`unshare -m python -m tests.soak.full_disk sqlite|data|wal FOLDER`
"""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from httpx import Response

from tests.support import postgres
from tests.support.catalog import connected
from tests.support.databases import a_sqlite_database, migrate
from tests.support.mortal import Mortal
from tests.support.postgres import Server
from tests.support.site import Member, Site

MEGABYTE = 2**20
MOST = 3_000
"""Copies; a disk that still has room after so many is not full."""
SIZES = {"sqlite": 24, "data": 120, "wal": 48}
WAL = {"min_wal_size": "32MB", "max_wal_size": "32MB"}


@dataclass
class Disk:
    """A small one, which a file can fill."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def mount(self, megabytes: int) -> None:
        self.folder.mkdir(exist_ok=True)
        options = f"size={megabytes}m,mode=0777"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", self.folder], check=True)

    def fill(self) -> None:
        """Write until nothing fits any more."""
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                return

    def free(self) -> None:
        self._filler.unlink()


@dataclass
class Clerk:
    """Enters copies, and keeps what was acknowledged."""

    ann: Member
    card: str
    kept: set[str] = field(default_factory=set)
    told: Counter[int] = field(default_factory=Counter)

    async def enter(self) -> Response:
        body = {"card_id": self.card, "condition": "mint", "for_trade": True}
        answer = await self.ann.post("/me/copies", body)
        self.told[answer.status_code] += 1
        if answer.status_code == 201:
            self.kept.add(answer.json()["id"])
        return answer

    async def until_refused(self) -> Response:
        for _ in range(MOST):
            answer = await self.enter()
            if answer.status_code != 201:
                return answer
        raise AssertionError("The disk is not full.")

    async def read(self) -> int:
        return (await self.ann.get("/me/copies", limit=1)).status_code

    async def missing(self) -> set[str]:
        """What was acknowledged and is not there."""
        found: set[str] = set()
        query: dict[str, Any] = {"limit": 100}
        while True:
            page = (await self.ann.get("/me/copies", **query)).json()
            found |= {copy["id"] for copy in page["items"]}
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        return self.kept - found


@contextmanager
def a_small_postgresql(kind: str, disk: Disk) -> Iterator[Mortal]:
    """One with its data, or only its WAL, on the small disk."""
    with ExitStack() as on:
        owner = postgres.the_owner()
        binaries = on.enter_context(owner.within_reach(postgres.the_binaries()))
        large = on.enter_context(owner.folder())
        homes = {"data": (disk.folder / "home", large), "wal": (large, disk.folder)}
        home, wal = homes[kind]
        home.mkdir(exist_ok=True)
        owner.take(home)
        server = Server(home, binaries, owner)
        server.create()
        moved = wal / "pg_wal"
        subprocess.run(["mv", server.data / "pg_wal", moved], check=True)
        (server.data / "pg_wal").symlink_to(moved)
        mortal = Mortal(server, postgres.a_free_port(), settings=WAL)
        on.callback(mortal.stop)
        mortal.start()
        migrate(mortal.url)
        yield mortal


async def live_through(
    url: str, keys: Path, disk: Disk, mortal: Mortal | None
) -> dict[str, object]:
    """Fill the disk under a service, and free it again; what was told meanwhile."""
    async with Site(url, keys, copies_count_max=100_000, db_pool_size=4) as site:
        ann = await site.join("ann")
        (card,) = await site.some_cards(1)
        clerk = Clerk(ann, str(card))
        for _ in range(20):
            await clerk.enter()
        if mortal is None:
            settle(disk.folder / "kcs.db")  # or its log, which is as long as ever, has room
        disk.fill()
        if mortal:
            await use_up(mortal.url)
        refused = await clerk.until_refused()
        reads = Counter([await clerk.read() for _ in range(20)])
        for _ in range(20):
            await clerk.enter()
        lives = (await site.client.get("/healthz")).status_code
        disk.free()
        if mortal:
            mortal.kill()
            await asyncio.to_thread(mortal.start)
        for _ in range(100):
            if (again := await clerk.enter()).status_code == 201:
                break
            await asyncio.sleep(0.1)
        return {
            "told": clerk.told,
            "type": refused.headers["Content-Type"],
            "retry_after": refused.headers.get("Retry-After"),
            "reads": reads,
            "lives": lives,
            "again": again.status_code,
            "kept": len(clerk.kept),
            "missing": len(await clerk.missing()),
        }


async def use_up(url: str) -> None:
    """Have the server go on to the next file of its log until there is none."""
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        for _ in range(5):
            connection = await connected(url)
            await connection.execute("CREATE TABLE IF NOT EXISTS scratch_log (n int)")
            await connection.execute("INSERT INTO scratch_log VALUES (1); SELECT pg_switch_wal()")
            await connection.close(timeout=5)


def settle(file: Path) -> None:
    """Bring everything into the file itself, and leave no log."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main(kind: str, folder: Path) -> None:
    disk = Disk(folder / "small")
    disk.mount(SIZES[kind])
    if kind == "sqlite":
        url = a_sqlite_database(disk.folder / "kcs.db")
        migrate(url)
        found = asyncio.run(live_through(url, folder, disk, None))
    else:
        with a_small_postgresql(kind, disk) as mortal:
            restarted = mortal if kind == "wal" else None
            found = asyncio.run(live_through(mortal.url, folder, disk, restarted))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
