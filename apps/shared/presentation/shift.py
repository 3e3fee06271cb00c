"""How a worker begins and ends its work: in a process of its own, or beside a server."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from apps.shared.application.jobs import Worker

SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def work_until_told(worker: Worker, *, grace_s: int, once: bool = False) -> None:
    """Work until a signal; then finish within the time of grace, or until the second signal.

    What is not finished then is broken off, rolled back, and handed to another worker.
    """
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hear() -> None:
        (hurry if stop.is_set() else stop).set()

    for each in SIGNALS:
        loop.add_signal_handler(each, hear)
    work = asyncio.create_task(worker.run(stop, once=once))
    ending = asyncio.create_task(_after(stop, hurry, grace_s))
    try:
        await asyncio.wait({work, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending.cancel()
        work.cancel()
    with suppress(asyncio.CancelledError):
        await work


async def _after(stop: asyncio.Event, hurry: asyncio.Event, grace_s: int) -> None:
    """Return when the time to finish is over."""
    await stop.wait()
    with suppress(TimeoutError):
        await asyncio.wait_for(hurry.wait(), grace_s)


def employ(app: FastAPI) -> None:
    """Have a worker work for as long as the application runs.

    It takes nothing new once the server is told to stop, and the server cuts off what it then
    still does together with the requests under way.
    """
    alone = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[None]:
        async with alone(running):
            worker: Worker = await running.state.dishka_container.get(Worker)
            stop = asyncio.Event()
            work = asyncio.create_task(worker.run(stop))
            running.state.companions.add(work)
            try:
                yield
            finally:
                stop.set()
                with suppress(asyncio.CancelledError):
                    await work

    app.router.lifespan_context = lifespan
