"""A device refreshes while another one signs it out: no session survives."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from tests.identity.phones import Phone, a_phone
from tests.identity.stage import told
from tests.identity.test_refresh_races import Interrupted, Saving, a_site, no_survivor
from tests.support.site import Member, elsewhere

ROUNDS, AT_ONCE = 50, 10
Logout = Callable[[Member, Phone], Coroutine[Any, Any, Response]]


async def one(member: Member, phone: Phone) -> Response:
    """Sign out this very device."""
    return await member.delete(f"/auth/sessions/{phone.id}")


async def all_others(member: Member, _: Phone) -> Response:
    """Sign out every device but the one that asks."""
    return await member.post("/auth/logout-all", {"keep_current": True})


WAYS = [one, all_others]


async def raced(ann: Member, phone: Phone, logout: Logout) -> None:
    refresh = elsewhere(phone.ask(phone.refresh))
    ended = elsewhere(logout(ann, phone))
    refreshed = await refresh
    assert (await ended).status_code == 204
    await no_survivor(phone, refreshed)


@pytest.mark.parametrize("logout", WAYS)
async def test_no_session_survives_a_remote_logout_that_races_a_refresh(
    url: str, keys: Path, logout: Logout
) -> None:
    async with a_site(url, keys, Interrupted) as (site, _):
        members = [await site.join(f"ann-{number}") for number in range(AT_ONCE)]
        for _ in range(ROUNDS // AT_ONCE):
            phones = [await a_phone(site, member.id) for member in members]
            await asyncio.gather(
                *(raced(*pair, logout) for pair in zip(members, phones, strict=True))
            )


async def left_in_between(
    url: str, keys: Path, kind: type[Interrupted], logout: Logout, rounds: int
) -> None:
    """Sign the device out after its refresh has read the session and before it rotates it."""
    async with a_site(url, keys, kind) as (site, sessions):
        ann = await site.join("ann")
        for _ in range(rounds):
            phone = await a_phone(site, ann.id)

            async def leave(phone: Phone = phone) -> None:
                assert (await logout(ann, phone)).status_code == 204

            sessions.meanwhile = leave
            refreshed = await phone.ask(phone.refresh)
            await no_survivor(phone, refreshed)
            assert told(refreshed) == (401, "invalid-refresh-token")


@pytest.mark.parametrize("logout", WAYS)
async def test_nor_one_that_was_read_before_it(url: str, keys: Path, logout: Logout) -> None:
    await left_in_between(url, keys, Interrupted, logout, rounds=ROUNDS)


@pytest.mark.parametrize("logout", WAYS)
async def test_a_session_that_is_loaded_and_saved_would_survive(
    url: str, keys: Path, logout: Logout
) -> None:
    with pytest.raises(AssertionError):
        await left_in_between(url, keys, Saving, logout, rounds=1)
