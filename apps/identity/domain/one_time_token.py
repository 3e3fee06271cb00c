"""A one-time token: mailed to an address, it proves who reads the mail there, and serves once.

Only its digest is kept.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, Self

from apps.shared.domain.errors import Malformed
from apps.shared.domain.ids import MemberId


class InvalidOrExpiredToken(Malformed):
    """This token is not valid, was used, or is too old; ask for a new one."""


class Purpose(StrEnum):
    """What a token allows."""

    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL_CHANGE = "undo_email_change"
    RESET_PASSWORD = "reset_password"  # noqa: S105  no secret
    CANCEL_DELETION = "cancel_deletion"


LIFETIME = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.UNDO_EMAIL_CHANGE: timedelta(days=7),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.CANCEL_DELETION: timedelta(days=14),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeToken:
    """What is kept of a token; `email` is the address that it was mailed to."""

    digest: str
    purpose: Purpose
    user_id: MemberId
    email: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def issue(
        cls,
        digest: str,
        *,
        purpose: Purpose,
        user_id: MemberId,
        email: str,
        at: datetime,
        until: datetime | None = None,
    ) -> Self:
        """Let it serve from now on, for as long as its purpose allows unless told until when."""
        return cls(
            digest=digest,
            purpose=purpose,
            user_id=user_id,
            email=email,
            created_at=at,
            expires_at=until or at + LIFETIME[purpose],
        )


class OneTimeTokenRepository(Protocol):
    """All tokens. Each change is one statement that says itself what it may change."""

    async def issue(self, token: OneTimeToken, /) -> None:
        """Keep a new token; earlier ones of this user and purpose no longer serve.

        Those that undo a change of address do, unless they are about the same address: or who has
        taken an account over could take its owner's way back by changing the address once more.
        """
        ...

    async def seen(self, digest: str, *, purpose: Purpose, at: datetime) -> OneTimeToken | None:
        """Return a token that still serves, as it is committed now."""
        ...

    async def consume(self, digest: str, *, purpose: Purpose, at: datetime) -> OneTimeToken | None:
        """Use a token up and return it, once; None where it does not serve, or not any more."""
        ...

    async def cancel(self, *, of: MemberId, purposes: Collection[Purpose]) -> None:
        """Let none of these tokens of a user serve any more."""
        ...

    async def claimant(self, email: str, *, at: datetime) -> MemberId | None:
        """Return who can still take this address back, though their account has another."""
        ...

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete some that are too old to serve, and return how many."""
        ...
