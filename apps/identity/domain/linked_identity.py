"""A linked identity: who somebody is to a provider, and which account that opens here."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.identity.domain.user import Status
from apps.shared.domain.errors import Conflict, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

LinkedIdentityId = NewType("LinkedIdentityId", UUID)

MOST_IDENTITIES = 10


class AccountLinkRequired(Conflict):
    """This address has an account; sign in to it, and link this way to sign in from there."""


class IdentityTaken(Conflict):
    """This way to sign in opens another account."""


class LastCredential(Conflict):
    """Nothing else opens your account; set a password or link another way to sign in first."""


class IdentityNotFound(NotFound):
    """There is no such way to sign in to your account."""


@dataclass(kw_only=True, eq=False)
class LinkedIdentity(Aggregate[LinkedIdentityId]):
    """Issuer and subject are the key; the address is what the provider said of it that day."""

    member_id: MemberId
    provider: str
    issuer: str
    subject: str
    email: str
    created_at: datetime

    @classmethod
    def link(
        cls,
        id: LinkedIdentityId,
        *,
        to: MemberId,
        provider: str,
        issuer: str,
        subject: str,
        email: str,
        at: datetime,
    ) -> Self:
        """Let it open this account from now on."""
        return cls(
            id=id,
            member_id=to,
            provider=provider,
            issuer=issuer,
            subject=subject,
            email=email,
            created_at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The account that an identity opens, or would if it took part."""

    member_id: MemberId
    status: Status


class LinkedIdentityRepository(Protocol):
    """All linked identities."""

    async def add(self, entity: LinkedIdentity, /) -> None:
        """Keep a new one; raise IdentityTaken if it is linked already."""
        ...

    async def opened_by(self, *, issuer: str, subject: str) -> Opened | None:
        """Return what this identity opens, as it is committed now."""
        ...

    async def count(self, *, of: MemberId) -> int:
        """Return how many open this account."""
        ...

    async def unlink(self, id: LinkedIdentityId, *, of: MemberId) -> bool:
        """Forget one of this account; False where there is none."""
        ...

    async def unlink_all(self, *, of: MemberId) -> None:
        """Forget all that open this account."""
        ...
