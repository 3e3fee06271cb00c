"""What comes over the wire before there is a request: slow heads, and bodies with two ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from apps.shared.presentation import server
from apps.shared.presentation.server import PunctualProtocol, listen
from tests.support.site import API, Site

HEAD = b"GET /healthz HTTP/1.1\r\nHost: kcs.test\r\n"
POST = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: kcs.test\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def served(site: Site, protocol: type[asyncio.Protocol]) -> AsyncIterator[int]:
    """Serve in this loop, with a second and a half for the head of a request."""
    taken = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        site.app, http=protocol, log_config=None, access_log=False, lifespan="off"
    )
    serving = uvicorn.Server(config)
    serving.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(serving._serve([taken]))  # noqa: SLF001
    while not serving.started:  # noqa: ASYNC110, it has no event
        await asyncio.sleep(0.01)
    yield taken.getsockname()[1]
    serving.should_exit = True
    await task


@pytest.fixture
async def port(sqlite: str, keys: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(server, "HEAD_S", 0.5)
    async with Site(sqlite, keys) as site, served(site, PunctualProtocol) as port:
        yield port


async def closed_within(port: int, sent: bytes, seconds: float) -> tuple[bool, bytes]:
    """Send this and no more; tell whether the server hangs up in that time, and what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    try:
        return True, await asyncio.wait_for(reader.read(), seconds)
    except TimeoutError:
        return False, b""
    finally:
        writer.close()


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET", HEAD, POST + b"Content-Le"])
async def test_a_head_that_does_not_come_in_time_ends_the_connection(
    port: int, sent: bytes
) -> None:
    assert await closed_within(port, sent, 3) == (True, b"")


async def test_so_it_does_after_an_answer(port: int) -> None:
    hung_up, said = await closed_within(port, HEAD + b"\r\n" + HEAD, 3)
    assert hung_up
    assert said.startswith(b"HTTP/1.1 200")
    assert said.count(b"HTTP/1.1") == 1


async def test_without_that_timer_it_would_be_waited_for(
    sqlite: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.5)
    async with Site(sqlite, keys) as site, served(site, HttpToolsProtocol) as port:
        assert not (await closed_within(port, HEAD, 1.5))[0]


async def test_a_request_that_takes_long_is_not_cut_off(port: int) -> None:
    """The head is there; its body has a patience of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + b"Content-Length: 2\r\n\r\n{")
    await asyncio.sleep(1.2)
    writer.write(b"}")
    assert (await reader.readline()).startswith(b"HTTP/1.1 422")
    writer.close()


CHUNKS = b"2\r\n{}\r\n0\r\n\r\n"
TWO_ENDS = {
    "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "the same twice": b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "length and chunks": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n" + CHUNKS,
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "not chunked at last": b"Transfer-Encoding: chunked, identity\r\n\r\n{}",
    "another encoding": b"Transfer-Encoding: gzip\r\n\r\n{}",
    "a sign": b"Content-Length: +2\r\n\r\n{}",
    "a list": b"Content-Length: 2, 2\r\n\r\n{}",
}


@pytest.mark.parametrize("ends", TWO_ENDS)
async def test_a_body_whose_end_is_told_twice_or_oddly_is_refused(port: int, ends: str) -> None:
    _, said = await closed_within(port, POST + TWO_ENDS[ends], 3)
    assert said.startswith(b"HTTP/1.1 400"), said[:80]
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "twice",
    [
        [("Content-Length", "2"), ("Content-Length", "2")],
        [("Content-Length", "2"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
    ],
)
async def test_so_it_is_behind_any_other_server(
    sqlite: str, keys: Path, twice: list[tuple[str, str]]
) -> None:
    headers = [("Content-Type", "application/json"), *twice]
    async with Site(sqlite, keys) as site:
        answer = await site.client.post(f"{API}/auth/login", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
