"""A new key for refresh tokens: nobody is signed out by it, and every answer stays the same."""

import shutil
from pathlib import Path

import pytest

from apps.identity.infrastructure.keys import load_or_create
from apps.shared.domain.ids import Clock
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import serving, told
from tests.support.builders import FixedClock
from tests.support.site import Site

INVALID = (401, "invalid-refresh-token")


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """An installation with its first refresh key."""
    load_or_create(tmp_path / "before" / "keys")
    return tmp_path / "before"


@pytest.fixture
def after(before: Path, tmp_path: Path) -> Path:
    """The same with a second one beside it."""
    shutil.copytree(before, tmp_path / "after")
    (tmp_path / "after" / "keys" / "refresh-2.key").write_text(bytes(range(32)).hex())
    return tmp_path / "after"


def a_site(url: str, data: Path) -> Site:
    return Site(url, data, serving(Clock, FixedClock()))


def moved(phone: Phone, site: Site) -> Phone:
    """The same device, talking to another installation on the same database."""
    return Phone(site, phone.member, phone.id, phone.access, [*phone.tokens])


async def test_attack_30_old_tokens_still_rotate_and_replays_are_identical(
    url: str, before: Path, after: Path
) -> None:
    async with a_site(url, before) as old, a_site(url, after) as new:
        phone = await a_phone(old, (await old.join("ann")).id)
        await phone.swap()
        phone = moved(phone, new)
        assert (await phone.look()).status_code == 200
        replayed = await phone.ask(phone.tokens[0])
        assert replayed.json()["refresh_token"] == phone.tokens[1]
        assert (await phone.row()).mac_kid == 1
        await phone.swap()
        assert (await phone.row()).mac_kid == 2
        again = await phone.ask(phone.tokens[1])
        assert (again.status_code, again.json()["refresh_token"]) == (200, phone.refresh)
        await phone.swap()
        assert told(await phone.ask(phone.tokens[0])) == (401, "refresh-token-reused")


async def test_attack_30_once_the_old_key_is_gone_only_new_tokens_count(
    url: str, before: Path, after: Path
) -> None:
    async with a_site(url, before) as old, a_site(url, after) as new:
        member = (await old.join("ann")).id
        moving, staying = await a_phone(old, member), await a_phone(old, member)
        moving = moved(moving, new)
        await moving.swap()
    (after / "keys" / "refresh-1.key").unlink()
    async with a_site(url, after) as newest:
        moving, staying = moved(moving, newest), moved(staying, newest)
        await moving.swap()
        assert told(await staying.ask(staying.refresh)) == INVALID
        assert (await staying.row()).revoked_at is None
        assert (await staying.look()).status_code == 200


async def test_a_worker_that_does_not_know_the_new_key_yet_harms_no_session(
    url: str, before: Path, after: Path
) -> None:
    async with a_site(url, before) as old, a_site(url, after) as new:
        phone = await a_phone(new, (await new.join("ann")).id)
        lagging = moved(phone, old)
        assert told(await lagging.ask(lagging.refresh)) == INVALID
        assert (await phone.row()).revoked_at is None
        await phone.swap()


async def test_such_a_worker_cannot_repeat_an_answer_under_the_new_key(
    url: str, before: Path, after: Path
) -> None:
    async with a_site(url, before) as old, a_site(url, after) as new:
        phone = await a_phone(old, (await old.join("ann")).id)
        await moved(phone, new).swap()
        answer = await phone.ask(phone.refresh)
        assert told(answer) == (503, "busy")
        assert (await phone.row()).revoked_at is None
