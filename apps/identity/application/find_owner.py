"""Whose a password is going to be."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from apps.identity.domain.user import Role, known_of
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What a new password must not be made of, and how long it has to be."""

    email: str
    nickname: str
    role: Role

    @property
    def known(self) -> Collection[str]:
        """What everybody may know."""
        return known_of(self.email, self.nickname)

    @property
    def is_staff(self) -> bool:
        """Whether much would be lost with this password."""
        return self.role is not Role.USER


class FindOwner(Protocol):
    """Of an account that is there."""

    async def __call__(self, member: MemberId) -> Owner:
        """Return its owner; raise UserNotFound."""
        ...
