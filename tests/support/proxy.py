"""A TCP proxy whose line can be made as bad as lines are, to stand before a PostgreSQL."""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sqlalchemy import make_url

PORTION = 65_536
AT_ONCE = struct.pack("ii", 1, 0)
"""With SO_LINGER set to this, closing a socket resets its connection."""


@dataclass(eq=False)
class Line:
    """One connection, from a client through the proxy to the server."""

    client: StreamWriter
    server: StreamWriter
    pumps: list[asyncio.Task[None]] = field(default_factory=list)

    def end(self, *, reset: bool) -> None:
        """Close both ends; with a reset nothing that is under way arrives."""
        for end in (self.client, self.server):
            if reset:
                end.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE
                )
            end.transport.abort()
        for pump in self.pumps:
            pump.cancel()


class Proxy:
    """Open it as a context; what is set on it holds for all its lines, old and new.

    `latency` is how many seconds each portion takes. With `dribbling` each byte travels alone.
    `to_server` and `to_client` are black holes when cleared: what is sent is neither delivered nor
    refused until they are set again. `refusing` resets whoever connects. `commits_lost` counts
    down: so many times a COMMIT reaches the server, and the answer is a reset; with
    `commits_swallowed` it is silence.
    """

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self.port = 0
        self.latency = 0.0
        self.dribbling = False
        self.refusing = False
        self.commits_lost = self.commits_swallowed = 0
        self.to_server = asyncio.Event()
        self.to_client = asyncio.Event()
        self.lines: set[Line] = set()
        self.heal()

    @property
    def url(self) -> str:
        """The URL of the same database, by way of this proxy."""
        here = self._target.set(host="127.0.0.1", port=self.port)
        return here.render_as_string(hide_password=False)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        self.cut()
        await asyncio.sleep(0)

    def heal(self) -> None:
        """Let everything pass again; what was held up is delivered now."""
        self.latency, self.commits_lost, self.commits_swallowed = 0.0, 0, 0
        self.dribbling = self.refusing = False
        self.to_server.set()
        self.to_client.set()

    def swallow(self) -> None:
        """Let nothing pass any more, in neither direction."""
        self.to_server.clear()
        self.to_client.clear()

    def cut(self) -> None:
        """End every line."""
        self._end(reset=False)

    def reset(self) -> None:
        """End every line as a crashed machine does."""
        self._end(reset=True)

    def _end(self, *, reset: bool) -> None:
        for line in [*self.lines]:
            line.end(reset=reset)
        self.lines.clear()

    async def _connect(self, reader: StreamReader, client: StreamWriter) -> None:
        try:
            from_server, server = await asyncio.open_connection(
                self._target.host, self._target.port
            )
        except OSError:
            client.transport.abort()
            return
        line = Line(client, server)
        if self.refusing:
            line.end(reset=True)
            return
        self.lines.add(line)
        line.pumps += [
            asyncio.create_task(self._pump(reader, server, self.to_server, line)),
            asyncio.create_task(self._pump(from_server, client, self.to_client, None)),
        ]
        await asyncio.wait(line.pumps)
        line.end(reset=False)
        self.lines.discard(line)

    async def _pump(
        self, source: StreamReader, drain: StreamWriter, passable: asyncio.Event, line: Line | None
    ) -> None:
        with suppress(OSError):
            while portion := await source.read(PORTION):
                await asyncio.sleep(self.latency)
                await passable.wait()
                doomed = self._dooms(portion) if line else None
                if line and doomed:
                    line.pumps[1].cancel()
                await self._pass_on(portion, drain)
                if line and doomed == "reset":
                    await asyncio.sleep(0.05)  # in which the server commits
                    line.end(reset=True)
            if drain.can_write_eof():
                drain.write_eof()

    def _dooms(self, portion: bytes) -> str | None:
        """Whether a client is not to hear what becomes of this."""
        if b"COMMIT" not in portion:
            return None
        if self.commits_lost:
            self.commits_lost -= 1
            return "reset"
        if self.commits_swallowed:
            self.commits_swallowed -= 1
            return "silence"
        return None

    async def _pass_on(self, portion: bytes, drain: StreamWriter) -> None:
        size = 1 if self.dribbling else len(portion)
        for start in range(0, len(portion), size):
            drain.write(portion[start : start + size])
            await drain.drain()
            if self.dribbling:
                await asyncio.sleep(0)
