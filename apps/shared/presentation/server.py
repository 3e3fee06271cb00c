"""The server: how it begins to listen, and how it stops."""

import asyncio
import logging
import signal
import socket
from collections import deque
from collections.abc import Collection, Sequence
from threading import Event
from time import monotonic
from types import FrameType
from typing import Any, Literal

import typer
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from apps.shared.application.readiness import Closing

BACKLOG = 2048
"""Connections that may wait to be accepted."""

HEAD_S = 10.0
"""Seconds in which the head of a request has to arrive."""

TICK = 0.1
"""Seconds between two looks at whether there is still something to wait for."""

LAST_WORDS_S = 5
"""Seconds that requests which were cut off are given to roll back and to say so."""


logger = logging.getLogger("kcs")


class CannotListen(RuntimeError):
    """The address is taken, or not one of this machine."""


def listen(host: str, port: int) -> socket.socket:
    """Take an address before anything is told of it; raise CannotListen."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(BACKLOG)
    except OSError as fault:
        taken.close()
        raise CannotListen(f"Cannot listen on {host}, port {port}: {fault.strerror}.") from None
    return taken


def tell_address(name: tuple[str, int], form: Literal["text", "json"]) -> None:
    """Say where the service is, the way its log is read."""
    host, port = name[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if form == "json":
        logger.info("Serving on %s", address)
    else:
        typer.echo(f"API            {address}/api/v1")
        typer.echo(f"Documentation  {address}/docs")


def leave_when_told() -> None:
    """Let a signal end the process well; process 1 of a container would not hear it otherwise.

    While the server runs it handles them itself, and hands them on when it has stopped.
    """

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, leave)


def serve(
    app: FastAPI,
    on: socket.socket,
    *,
    drain_s: int,
    grace_s: int,
    trusted_proxies: Sequence[str] = (),
) -> None:
    """Serve until told to stop; then be not ready for a while, and then finish what is begun.

    Of the proxies in `X-Forwarded-For` the last one that is not trusted counts as the client.
    """
    config = uvicorn.Config(
        app,
        http=PunctualProtocol,
        server_header=False,
        access_log=False,
        log_config=None,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=[*trusted_proxies],
        timeout_graceful_shutdown=grace_s + LAST_WORDS_S,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        closing = runner.run(app.state.dishka_container.get(Closing))
        server = PatientServer(
            config, closing, app.state.companions, drain_s=drain_s, grace_s=grace_s
        )
        runner.run(server.serve([on]))


class PunctualProtocol(HttpToolsProtocol):
    """Closes connections on which the head of a request does not come in time.

    uvicorn itself closes only those on which nothing comes at all after an answer.
    """

    def __init__(self, *options: Any, **more: Any) -> None:
        super().__init__(*options, **more)
        self._awaited: deque[asyncio.TimerHandle] = deque(maxlen=1)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def on_headers_complete(self) -> None:
        """Wait no longer: the head is there."""
        self._cancel()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._cancel()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._cancel()
        self._awaited.append(self.loop.call_later(HEAD_S, self._give_up))

    def _cancel(self) -> None:
        for timer in self._awaited:
            timer.cancel()

    def _give_up(self) -> None:
        """Close, unless a request that came before is still being answered."""
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]
            self.transport.close()


class PatientServer(uvicorn.Server):
    """Stops in steps, each of which a second signal cuts short."""

    def __init__(
        self,
        config: uvicorn.Config,
        closing: Closing,
        companions: Collection[asyncio.Task[None]],
        *,
        drain_s: int,
        grace_s: int,
    ) -> None:
        super().__init__(config)
        self._closing = closing
        self._companions = companions
        self._drain_s = drain_s
        self._grace_s = grace_s
        self._hurry = Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, or hurry."""
        if self.should_exit:
            self._hurry.set()
        super().handle_exit(signal.SIGTERM if self.should_exit else sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Send new requests elsewhere, stop accepting them, finish the others, close the pools."""
        self._closing.begin()
        await self._wait(self._drain_s)
        async with asyncio.TaskGroup() as tasks:
            cutting = tasks.create_task(self._cut_off())
            await super().shutdown(sockets)
            cutting.cancel()

    async def _cut_off(self) -> None:
        await self._wait(self._grace_s)
        for task in {*self.server_state.tasks, *self._companions}:
            task.cancel()

    async def _wait(self, seconds: int) -> None:
        until = monotonic() + seconds
        while monotonic() < until and not self._hurry.is_set():  # noqa: ASYNC110, set by a signal
            await asyncio.sleep(TICK)
