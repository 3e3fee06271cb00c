"""A PostgreSQL of its own that is killed, restarted and cut off, and comes back on its port."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import postgres
from tests.support.databases import at, migrate
from tests.support.postgres import Server

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""As an operator has it: what is acknowledged has left the server's memory."""


@dataclass
class Mortal:
    """Its processes end at once where they are killed; its files stay."""

    server: Server
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    _process: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return at(f"postgresql+asyncpg://app@127.0.0.1:{self.port}", "postgres")

    def start(self) -> None:
        """Let it recover, and return once it takes connections."""
        process = self.server.launch(self.port, **DURABLE, **self.settings)
        self._process.append(process)
        self.server.wait_for(process)

    def kill(self) -> None:
        """Kill it and all its children with SIGKILL: nobody writes another byte."""
        process = self._process.pop()
        process.send_signal(signal.SIGSTOP)  # or it would have another child meanwhile
        children = children_of(process.pid)
        for each in (process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait()
        while any(map(is_running, children)):
            time.sleep(0.01)

    def restart(self) -> None:
        """As `pg_ctl restart -m immediate` does it: no session ends well, and no checkpoint."""
        process = self._process.pop()
        process.send_signal(signal.SIGQUIT)
        process.wait()
        self.start()

    def stop(self) -> None:
        while self._process:
            postgres.stop(self._process.pop())


def children_of(process: int) -> list[int]:
    """The ids of all processes that it has started."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def is_running(process: int) -> bool:
    """Whether it is neither gone nor only waits for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def a_mortal() -> Iterator[Mortal]:
    """A migrated one, on a disk."""
    with ExitStack() as on:
        owner = postgres.the_owner()
        binaries = on.enter_context(owner.within_reach(postgres.the_binaries()))
        server = Server(on.enter_context(owner.folder()), binaries, owner)
        server.create()
        mortal = Mortal(server, postgres.a_free_port())
        on.callback(mortal.stop)
        mortal.start()
        migrate(mortal.url)
        yield mortal
