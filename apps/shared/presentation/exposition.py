"""Where Prometheus finds the metrics of a process: on a port of their own, for its own network."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from dishka import AsyncContainer
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, make_wsgi_app

from apps.shared.application.meters import Watch
from apps.shared.presentation.server import CannotListen

PATH = "/metrics"

logger = logging.getLogger("kcs")


class Silent(WSGIRequestHandler):
    """Writes no lines about scrapes."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Endpoint(ThreadingMixIn, WSGIServer):
    """Listens from the start; answers on threads, so that a busy loop can still be looked into."""

    daemon_threads = True
    server_name = "metrics"

    def __init__(self, host: str, port: int) -> None:
        """Raise CannotListen."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Silent)
        except OSError as fault:
            raise CannotListen(
                f"Cannot listen on {host}, port {port}, for metrics: {fault.strerror}."
            ) from None

    @classmethod
    def at(cls, host: str, port: int) -> Self | None:
        """Take the address, if one is named; raise CannotListen."""
        if not port:
            return None
        endpoint = cls(host, port)
        logger.info("Metrics on %s", endpoint.address)
        return endpoint

    def server_bind(self) -> None:
        """Take the address without looking up what it is called."""
        TCPServer.server_bind(self)
        self.setup_environ()

    @property
    def server_port(self) -> int:  # type: ignore[override]
        """The port it was given."""
        return int(self.server_address[1])

    @property
    def address(self) -> str:
        """Where it is."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}{PATH}"


@asynccontextmanager
async def exposed(container: AsyncContainer, endpoint: Endpoint | None) -> AsyncIterator[None]:
    """Tell the metrics of these services for as long as this lasts, if anybody shall be told."""
    if endpoint is None:
        yield
        return
    endpoint.set_app(make_wsgi_app(await container.get(CollectorRegistry)))
    watch: Watch = await container.get(Watch)
    watching = asyncio.create_task(watch.run())
    thread = Thread(target=endpoint.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await asyncio.to_thread(endpoint.shutdown)
        endpoint.server_close()


def expose(app: FastAPI, endpoint: Endpoint | None) -> None:
    """Have the metrics told for as long as the application runs."""
    alone = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[None]:
        async with alone(running), exposed(running.state.dishka_container, endpoint):
            yield

    app.router.lifespan_context = lifespan
