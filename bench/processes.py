"""Servers as processes of their own, and what they cost."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.postgres import a_free_port

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 30
"""Seconds that a server may take to come up."""


@dataclass(frozen=True, slots=True)
class Process:
    """A server that listens on a port, or is about to."""

    popen: subprocess.Popen[bytes]
    port: int

    @property
    def pid(self) -> int:
        """By which the kernel knows it."""
        return self.popen.pid

    def await_ready(self) -> None:
        """Return once it serves; raise RuntimeError where it does not come to that."""
        give_up_at = time.monotonic() + PATIENCE
        with httpx.Client() as client:
            while time.monotonic() < give_up_at and self.popen.poll() is None:
                try:
                    if client.get(f"http://127.0.0.1:{self.port}/readyz").is_success:
                        return
                except httpx.TransportError:
                    time.sleep(0.05)
        raise RuntimeError("The server did not get ready.")


@contextmanager
def serving(command: Sequence[str], env: Mapping[str, str]) -> Iterator[Process]:
    """Start a server that takes its port behind its command and logs to a file; stop it at last."""
    port = a_free_port()
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(  # noqa: S603 - a command of ours
            [*command, str(port)],
            env=os.environ | env,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=log,
        ) as process,
    ):
        try:
            yield Process(process, port)
        finally:
            process.terminate()


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process with all its threads and children, past ones too."""
    own = sum(int(ticks) for ticks in _stat(pid)[11:15]) / TICKS
    return own + sum(cpu_of(child) for child in children_of(pid))


def children_of(pid: int) -> list[int]:
    """Return the children that are there now."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def parent_of(pid: int) -> int:
    """Return who started a process."""
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    """Return the fields of proc(5) that stand behind the program's name, the state first."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
