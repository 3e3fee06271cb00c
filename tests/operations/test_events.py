"""`kcs events`: who reads the outbox, and how far they are."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dishka import AsyncContainer
from typer.testing import CliRunner

from apps.main import CONSUMERS
from apps.operations.presentation.events import commands
from tests.support.delivery import Scribe, a_library, filled, reading
from tests.support.served import environment, typed
from tests.support.workshop import Workshop

Type = Callable[..., Any]
"""Runs a sub-command, and returns what it said."""


@pytest.fixture
def scribe() -> Scribe:
    return Scribe()


@pytest.fixture
def type_in(url: str, keys: Path, scribe: Scribe) -> Type:
    """Run a command over an installation with one consumer, to which two events were told."""

    async def prepare() -> None:
        async with a_library(url, keys, scribe) as library:
            await library.stand(filled("one", "two"))

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        async with an_installation(url, keys, scribe) as workshop:
            container: AsyncContainer = workshop.app.state.dishka_container
            yield container

    asyncio.run(prepare())
    app = commands(open_container)
    return lambda *words: CliRunner().invoke(app, words)


@asynccontextmanager
async def an_installation(url: str, keys: Path, scribe: Scribe) -> AsyncIterator[Workshop]:
    """Another process over the same database."""
    site = Workshop(url, keys, reading(scribe))
    try:
        yield site
    finally:
        await site.client.aclose()
        await site.app.state.dishka_container.close()


def until_delivered(type_in: Type) -> Any:
    """Other transactions of the cluster may hold it up a little."""
    for _ in range(100):
        done = type_in("deliver")
        if done.exit_code or not done.stdout.startswith("0"):
            return done
    raise TimeoutError


def test_an_operator_delivers_looks_and_starts_anew(type_in: Type, scribe: Scribe) -> None:
    assert "2 waiting   last moved never" in type_in("list-consumers").stdout
    assert until_delivered(type_in).stdout == "2 events delivered.\n"
    assert type_in("deliver").stdout == "0 events delivered.\n"
    shown = type_in("list-consumers").stdout.splitlines()[0].split()
    assert shown[:2] == ["scribe", "0"]
    assert shown[-1].endswith("+00:00")
    assert type_in("reset", "scribe").stdout == "scribe starts from the beginning.\n"
    assert until_delivered(type_in).stdout == "2 events delivered.\n"
    assert scribe.books == ["one", "two"] * 2


def test_what_failed_is_told_in_a_line(type_in: Type, scribe: Scribe) -> None:
    scribe.fails = True
    failed = until_delivered(type_in)
    assert failed.exit_code == 1
    assert failed.stderr == "LookupError: scribe This is of the consumer scribe.\n"
    unknown = type_in("reset", "nobody")
    assert (unknown.exit_code, unknown.stderr) == (1, "There is no consumer nobody.\n")


def test_an_installation_says_how_far_its_consumers_are(url: str, tmp_path: Path) -> None:
    env = environment(url, tmp_path)
    told = typed("kcs events list-consumers", env).stdout.splitlines()
    assert len(told) == len(CONSUMERS) + 1
    assert told[-1].startswith("market ")
    assert "matching.rounds 0 waiting last moved never" in [" ".join(each.split()) for each in told]
    assert typed("kcs events deliver", env).stdout == "0 events delivered.\n"
    assert typed("kcs events reset mail", env).returncode == 1
