"""A slow or endless sender holds nobody up: bodies are read before anything scarce is taken."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import pytest

from apps.shared.presentation import intake
from tests.support.site import API, Member, Site

BODY = {"Content-Type": "application/json"}


async def never_ending() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.sleep(3600)


def dribble(member: Member) -> "asyncio.Task[int]":
    """Begin to send a body, and never come to its end."""

    async def send() -> int:
        headers = BODY | {"Authorization": f"Bearer {member.token}"}
        answer = await member.site.client.post(
            f"{API}/me/copies", content=never_ending(), headers=headers
        )
        return answer.status_code

    return asyncio.create_task(send())


async def test_whoever_does_not_finish_a_body_stops_no_other_writer(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    slow = [dribble(ann) for _ in range(site.settings.max_concurrency + 5)]
    await asyncio.sleep(0.2)
    assert (await bea.hold()) is not None
    assert (await site.client.get(f"{API}/cards")).status_code == 200
    assert not any(task.done() for task in slow)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_a_body_that_takes_too_long_is_refused(site: Site) -> None:
    ann = await site.join("ann")
    with patch.object(intake, "PATIENCE", 0.05):
        assert await dribble(ann) == 408


@pytest.mark.parametrize("chunk", [b" " * 1000, b" " * 300_000])
async def test_attack_52_a_body_that_does_not_tell_its_length_is_counted(
    site: Site, chunk: bytes
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(400):
            yield chunk

    answer = await site.client.post(f"{API}/auth/login", content=endless(), headers=BODY)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload-too-large")


async def test_probes_are_answered_while_every_place_is_taken(keys: Path, sqlite: str) -> None:
    async with Site(sqlite, keys, max_concurrency=1) as site:
        held = asyncio.Event()

        async def hold(*_: object) -> None:
            held.set()
            await asyncio.sleep(3600)

        with patch("apps.identity.infrastructure.passwords.Argon2Passwords.matches", hold):
            login = {"email": "a@b.cd", "password": "x"}
            busy = asyncio.create_task(site.client.post(f"{API}/auth/login", json=login))
            await held.wait()
            for probe in ("/healthz", "/readyz"):
                assert (await site.client.get(probe)).status_code == 200
            busy.cancel()
            await asyncio.gather(busy, return_exceptions=True)
