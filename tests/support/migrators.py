"""Migrators in processes of their own, several at once, or killed at a statement."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import Timer
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event
from sqlalchemy.ext import asyncio as engines

from apps.main import create_app
from apps.operations.infrastructure.migrations import AlembicMigrations

__all__ = ["create_app"]  # imported once, it is there in each fork of the server

PATIENCE = 120
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


def at_once(url: str, starters: int, *, guarded: bool = True) -> tuple[list[int], list[str]]:
    """Let so many migrate an empty database; return how they ended, and all steps they took."""
    barrier = FORKS.Barrier(starters)
    reader, writer = FORKS.Pipe(duplex=False)
    processes = [
        FORKS.Process(target=start, args=(url, barrier, writer, guarded)) for _ in range(starters)
    ]
    for process in processes:
        process.start()
    writer.close()
    steps = []
    while True:
        try:
            steps.append(reader.recv())
        except EOFError:
            break
    for process in processes:
        process.join(PATIENCE)
    return [process.exitcode or 0 for process in processes], steps


def start(url: str, barrier: Barrier, steps: Connection, guarded: bool) -> None:  # noqa: FBT001
    """Migrate as soon as all are there."""
    if not guarded:
        take_locks_away()
    barrier.wait(PATIENCE)
    AlembicMigrations(url).upgrade("head", steps.send)


def take_locks_away() -> None:
    """Let nobody wait for the one before."""

    @event.listens_for(Engine, "before_cursor_execute", retval=True)
    def unlocked(*call: Any) -> tuple[str, Any]:
        statement = call[2].replace("BEGIN IMMEDIATE", "BEGIN")
        return ("SELECT true" if "pg_try_advisory_lock" in statement else statement), call[3]


def statements_of(url: str) -> list[str]:
    """Migrate an empty database; return all statements that it took."""
    reader, writer = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=record, args=(url, writer))
    process.start()
    told: list[str] = reader.recv()
    process.join(PATIENCE)
    return told


def record(url: str, told: Connection) -> None:
    """Migrate, and tell the statements."""
    seen: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    AlembicMigrations(url).upgrade("head", lambda _: None)
    told.send(seen)


def killed(url: str, at: int, after: float, *, whole: bool = True) -> None:
    """Migrate until the statement of that number, and be killed so many seconds after it began."""
    process = FORKS.Process(target=migrate_and_die, args=(url, at, after, whole))
    process.start()
    process.join(PATIENCE)
    if process.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"It was not killed, but ended with {process.exitcode}.")


def migrate_and_die(url: str, at: int, after: float, whole: bool) -> None:  # noqa: FBT001
    """End by SIGKILL; `whole` lets each revision be a transaction."""
    numbers = count()

    @event.listens_for(Engine, "before_cursor_execute", retval=True)
    def look(*call: Any) -> tuple[str, Any]:
        if next(numbers) == at:
            end = partial(os.kill, os.getpid(), signal.SIGKILL)
            if after:
                Timer(after, end).start()
            else:
                end()
        begins = call[2] == "BEGIN IMMEDIATE" and not whole
        return ("SELECT 1" if begins else call[2]), call[3]

    make: Callable[..., Any] = engines.create_async_engine
    if not whole and url.startswith("postgresql"):
        make = partial(make, isolation_level="AUTOCOMMIT")
    with patch.object(engines, "create_async_engine", make):
        AlembicMigrations(url).upgrade("head", lambda _: None)
    Timer(0, partial(os.kill, os.getpid(), signal.SIGKILL)).start()
