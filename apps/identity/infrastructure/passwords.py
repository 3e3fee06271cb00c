"""Passwords under Argon2id, computed on threads of their own."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from apps.identity.application.ports import Passwords
from apps.shared.domain.errors import Busy

Result = TypeVar("Result")

MEMORY_KIB = 19 * 1024
ITERATIONS = 2
LANES = 1
MOST_WAITING = 32


class Argon2Passwords(Passwords):
    """At most four at a time, and at most 32 more in the queue."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(
            time_cost=ITERATIONS, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID
        )
        threads = min(4, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(threads, "argon2")
        self._room = asyncio.Semaphore(threads + MOST_WAITING)
        self._nobody = self._hasher.hash("the password of no account")

    async def hash(self, password: str) -> str:
        """Salt and hash."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Verify, against the hash of nobody where there is none."""
        right = await self._run(lambda: self._verify(password_hash or self._nobody, password))
        return right and bool(password_hash)

    def is_outdated(self, password_hash: str) -> bool:
        """Compare the parameters that the hash carries with today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown()

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except InvalidHashError:  # an account without a password; it costs the same work
            _ = self._verify(self._nobody, password)
            return False
        except VerificationError:
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._room.locked():
            raise Busy
        async with self._room:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
