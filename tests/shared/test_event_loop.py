"""While a request waits for the database, the thread of all requests waits for nothing."""

import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest

from tests.support.site import Member, Site, proposal

WATCHED: dict[int, list[str]] = {}
"""What made a thread wait; noted for as long as the thread is listed here."""


def note(call: str) -> None:
    if get_ident() in WATCHED:
        WATCHED[get_ident()].append(call)


def hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Note connections; to connect a socket that does not block is the loop's own way."""
    if event == "sqlite3.connect" or (event == "socket.connect" and arguments[0].gettimeout() != 0):
        note(event)


sys.addaudithook(hear)


class Traced(sqlite3.Connection):
    """Notes every statement."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.set_trace_callback(note)


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What made the thread of this test wait."""
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *a, **options: connect(*a, **{**options, "factory": Traced})
    )
    yield WATCHED.setdefault(get_ident(), [])
    del WATCHED[get_ident()]


async def swap(ann: Member, bea: Member) -> None:
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    trade = (await ann.post("/trades", body)).json()["id"]
    for member, step in ((bea, "accept"), (ann, "confirm"), (bea, "confirm")):
        answer = await member.post(f"/trades/{trade}/{step}", {"revision": 1})
        assert answer.status_code == 200, answer.text


async def test_no_request_blocks_the_loop_on_its_database(
    url: str, keys: Path, blocked: list[str]
) -> None:
    async with Site(url, keys) as site:
        ann, bea = await site.join("ann"), await site.join("bea")
        await swap(ann, bea)
        for path in ("/me", "/me/copies", "/cards", "/members?q=be"):
            assert (await ann.send("GET", path)).status_code == 200
        assert (await site.client.get("/readyz")).status_code == 200
    assert blocked == []


async def test_a_call_that_blocks_the_loop_is_seen(sqlite: str, blocked: list[str]) -> None:
    """The control."""
    with closing(sqlite3.connect(sqlite.partition("///")[2])) as connection:
        connection.execute("SELECT 1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert blocked == ["sqlite3.connect", "SELECT 1", "socket.connect"]
