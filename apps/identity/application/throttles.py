"""Counting what is tried, and forgetting it."""

from dataclasses import dataclass
from typing import Protocol

from apps.identity.domain.throttle import Allowance, Flow
from apps.shared.application.jobs import FORGOTTEN_AT_ONCE
from apps.shared.application.work import UnitOfWork


class Attempts(Protocol):
    """What was tried on whom, kept in the database; it tells nothing of whom but to who asks."""

    async def count(self, what: Allowance, *whom: str) -> bool:
        """Count one more, at once and outside of any unit of work; raise TooManyAttempts.

        What is refused is not counted. Return whether nothing is let in any more if this fails.
        """
        ...

    async def forgive(self, what: Allowance, *whom: str) -> None:
        """Let it begin anew, likewise: one attempt has succeeded."""
        ...

    async def forget(self, *, limit: int) -> int:
        """Delete what counts no longer, in a unit of work; return how many, at most `limit`."""
        ...


class Floods(Protocol):
    """What comes from one network; a host that is not told, or is this machine, may be spared."""

    async def enter(self, flow: Flow, host: str | None) -> None:
        """Count one more; raise the refusal of this flow."""
        ...

    async def fail(self, account: str, host: str | None) -> bool:
        """Note that the password of an account was given wrong.

        Return whether that makes too many accounts.
        """
        ...


@dataclass(frozen=True, slots=True)
class ForgetAttempts:
    """Delete counts that count no longer."""

    work: UnitOfWork
    attempts: Attempts

    async def __call__(self) -> int:
        """Return how many were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.attempts.forget(limit=FORGOTTEN_AT_ONCE)
