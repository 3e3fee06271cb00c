"""How passwords are hashed, and what opens nothing."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from apps.identity.infrastructure.passwords import Argon2Passwords
from apps.shared.domain.errors import Busy


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    passwords = Argon2Passwords()
    yield passwords
    passwords.close()


async def test_a_password_opens_its_own_hash_alone(passwords: Argon2Passwords) -> None:
    one, two = await passwords.hash("heron"), await passwords.hash("heron")
    assert one != two
    assert await passwords.matches("heron", one)
    assert not await passwords.matches("Heron", one)
    assert not await passwords.matches("", one)


async def test_what_is_no_hash_is_opened_by_nothing(passwords: Argon2Passwords) -> None:
    for kept in (None, "", "!", "heron", "$argon2id$"):
        assert not await passwords.matches("heron", kept)
        assert not await passwords.matches("the password of no account", kept)


async def test_a_hash_takes_as_much_work_as_was_agreed(passwords: Argon2Passwords) -> None:
    kept = await passwords.hash("heron")
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", kept)
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(
        PasswordHasher(time_cost=1, memory_cost=19456, parallelism=1).hash("x")
    )


async def test_who_finds_no_room_is_sent_away(passwords: Argon2Passwords) -> None:
    """At most four are served at a time, and 32 more wait."""
    asked = [asyncio.create_task(passwords.hash("heron")) for _ in range(40)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    served = [answer for answer in answers if isinstance(answer, str)]
    assert 32 < len(served) <= 36
    assert all(isinstance(answer, str | Busy) for answer in answers)


async def test_what_is_no_hash_costs_as_much_work(
    passwords: Argon2Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or an account without a password could be told by the time of its answer."""
    verified: list[str] = []
    verify = PasswordHasher.verify

    def noting(hasher: PasswordHasher, kept: str, password: str) -> bool:
        verified.append(kept)
        return verify(hasher, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", noting)
    for kept in (None, "!"):
        verified.clear()
        assert not await passwords.matches("heron", kept)
        assert verified[-1].startswith("$argon2id$")
