"""What takes too long is broken off: nothing of it is kept, and the client is told."""

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest
from starlette.responses import StreamingResponse
from starlette.types import Message

from apps.shared.presentation import time_limit
from apps.shared.presentation.time_limit import TimeLimit
from tests.shared.test_command_route import command
from tests.support.workshop import Workshop, a_shelf


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit, "PATIENCE", 0.3)


async def test_a_change_that_takes_too_long_is_rolled_back(workshop: Workshop) -> None:
    async def step() -> None:
        await workshop.shelves.add(a_shelf("lost"))
        await asyncio.sleep(30)

    answer = await command(workshop, step)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    assert await workshop.labels() == set()


async def test_without_the_limit_it_is_kept(workshop: Workshop) -> None:
    async def step() -> None:
        await workshop.shelves.add(a_shelf("kept"))
        await asyncio.sleep(0.6)

    with patch.object(time_limit, "PATIENCE", None):
        assert (await command(workshop, step)).status_code == 200
    assert await workshop.labels() == {"kept"}


async def test_a_time_out_of_somebody_else_is_a_fault_like_any_other(workshop: Workshop) -> None:
    async def step() -> None:
        raise TimeoutError

    answer = await command(workshop, step)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")


async def test_a_stream_that_has_begun_may_take_its_time() -> None:
    async def portions() -> AsyncIterator[str]:
        for portion in "abc":
            yield portion
            await asyncio.sleep(0.2)

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.sleep(30)
        raise AssertionError

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await TimeLimit(StreamingResponse(portions()))(scope, receive, send)
    assert b"".join(message.get("body", b"") for message in sent) == b"abc"
