"""A hot standby of the cluster under test, which can be held still, killed and started again."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, Signals

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.support.databases import aside, at
from tests.support.postgres import (
    GIVEN,
    PATIENCE,
    Server,
    a_free_port,
    memory,
    stop,
    the_binaries,
    the_owner,
)


@dataclass(frozen=True)
class Copied(Server):
    """A server whose data are copied from another, whose log it follows."""

    def copy(self, cluster: str) -> None:
        """Take a base backup that knows whom to follow."""
        source = make_url(cluster)
        where = ("-h", "127.0.0.1", "-p", str(source.port), "-U", "app", "-D", str(self.data))
        options = ("-R", "-X", "stream", "-c", "fast", "--no-sync")
        with self._start("pg_basebackup", *where, *options) as process:
            failed = process.wait(PATIENCE)
        if failed:
            raise self._failure()

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """Start it, and wait until it answers questions."""
        process = self.launch(port)
        self.wait_for(process)
        return process

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return bool(lines) and lines[-1].strip() in {"standby", "ready"}


@dataclass
class Standby:
    """What a test does to it."""

    server: Copied
    port: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def url(self, source: str) -> str:
        """The URL of the copy of a database."""
        return at(
            f"postgresql+asyncpg://app@127.0.0.1:{self.port}", make_url(source).database or ""
        )

    def start(self) -> None:
        self.running.append(self.server.start(self.port))

    def kill(self) -> None:
        """End it without a word, with all its children."""
        self.signal(SIGKILL)
        self.running.pop().wait(PATIENCE)
        (self.server.data / "postmaster.pid").unlink()

    def signal(self, told: Signals) -> None:
        """Send it to all of its processes: each has a group of its own."""
        first = self.running[-1].pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            os.kill(process, told)

    def stop(self) -> None:
        if self.running:
            stop(self.running.pop())

    def hold(self) -> None:
        """Let it take what is written, and show none of it."""
        self.ask("SELECT pg_wal_replay_pause()")
        while self.ask("SELECT pg_get_wal_replay_pause_state()") != "paused":
            time.sleep(0.01)

    def go_on(self) -> None:
        self.ask("SELECT pg_wal_replay_resume()")

    def catch_up(self, source: str) -> None:
        """Wait until it has come as far as the source is now."""
        position = aside(
            lambda: asyncio.run(asked(source, "SELECT pg_current_wal_insert_lsn()::text"))
        )
        give_up_at = time.monotonic() + PATIENCE
        while not self.ask(f"SELECT pg_last_wal_replay_lsn() >= '{position}'"):
            assert time.monotonic() < give_up_at, "the standby does not follow"
            time.sleep(0.01)

    def ask(self, question: str) -> object:
        url = f"postgresql://app@127.0.0.1:{self.port}/postgres"
        return aside(lambda: asyncio.run(asked(url, question)))


async def asked(url: str, question: str) -> object:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@contextmanager
def a_standby(cluster: str) -> Iterator[Standby]:
    """Yield a standby of a cluster that this run has started, running."""
    if os.environ.get(GIVEN):
        pytest.skip("a server that was given is not copied")
    owner = the_owner()
    with ExitStack() as on:
        binaries = on.enter_context(owner.within_reach(the_binaries()))
        server = Copied(on.enter_context(owner.folder(*memory())), binaries, owner)
        server.copy(cluster)
        standby = Standby(server, a_free_port())
        with server._guarded():  # noqa: SLF001  it is cleared up like any other
            standby.start()
            try:
                yield standby
            finally:
                standby.stop()
