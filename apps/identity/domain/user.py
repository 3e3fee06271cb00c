"""A user: an account, the address it is reached at, and the password that opens it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, Self

from apps.shared.domain.errors import Conflict, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate, Event

NO_PASSWORD = "!"  # noqa: S105
"""Stands for a hash, and is that of no password."""
GRACE = timedelta(days=14)
"""How long who leaves can come back, and what is known of them is kept, unless set otherwise."""


class UserNotFound(NotFound):
    """There is no such member."""


class EmailTaken(Conflict):
    """This address has an account; registering it again answers as if it had none."""


class EmailNotVerified(Forbidden):
    """Confirm your e-mail address first."""


class AccountSuspended(Forbidden):
    """This account is suspended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDeparted(Event):
    """A member was suspended, or has left for good (P10)."""

    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(Event):
    """A member has left for good; told after the departure, once trading is done with it (P10)."""

    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionAsked(Event):
    """A member wants to leave; who cannot let them go raises OpenTrades or OpenOrders (P10)."""

    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberErased(Event):
    """The time to come back is over: whatever tells who a member was has to go (K6)."""

    member: MemberId


class OpenTrades(Conflict):
    """End what you have agreed on first: `trade_ids` are not over yet."""


class OpenOrders(Conflict):
    """End your part in group orders first: in `group_order_ids` others count on you, or owe you."""


class Role(StrEnum):
    """What an account may do beyond its own affairs."""

    USER = "user"
    MODERATOR = "moderator"
    ADMIN = "admin"

    @property
    def is_staff(self) -> bool:
        """Tell whether it goes beyond that; then a second factor is needed."""
        return self is not Role.USER


class Status(StrEnum):
    """Whether an account takes part."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETING = "deleting"
    DELETED = "deleted"


def email_key(address: str) -> str:
    """Return what is compared to tell whether two addresses are the same account's."""
    folded = unicodedata.normalize("NFC", address).casefold()
    return unicodedata.normalize("NFC", folded)  # folding takes some letters apart


def known_of(email: str, nickname: str) -> tuple[str, str]:
    """Return what everybody may know of a member, and nobody should make a password of."""
    return email.partition("@")[0], nickname


@dataclass(kw_only=True, eq=False)
class User(Aggregate[MemberId]):
    """An account; its id is the member's everywhere."""

    email: str
    password_hash: str
    role: Role
    status: Status
    email_verified_at: datetime | None
    erase_after: datetime | None = None
    """When what is known of who leaves is erased; None for who stays, and once it is done."""
    created_at: datetime
    updated_at: datetime

    @classmethod
    def register(cls, id: MemberId, *, email: str, password_hash: str, at: datetime) -> Self:
        """Open an account whose address nobody has confirmed yet."""
        return cls(
            id=id,
            email=email,
            password_hash=password_hash,
            role=Role.USER,
            status=Status.ACTIVE,
            email_verified_at=None,
            created_at=at,
            updated_at=at,
        )

    @classmethod
    def join(cls, id: MemberId, *, email: str, at: datetime) -> Self:
        """Open an account without a password, whose address somebody else vouches for."""
        user = cls.register(id, email=email, password_hash=NO_PASSWORD, at=at)
        user.verify_email(at=at)
        return user

    def suspend(self, *, at: datetime) -> None:
        """Keep a member out until a moderator says otherwise; raise UserNotFound."""
        self._ensure_here()
        self._leave(Status.SUSPENDED, at)

    def reinstate(self, *, at: datetime) -> None:
        """Let a suspended member in again; raise UserNotFound. What has ended stays ended."""
        self._ensure_here()
        if self.status is Status.SUSPENDED:
            self.status = Status.DELETING if self.erase_after else Status.ACTIVE
            self.updated_at = at

    def delete(self, *, at: datetime, grace: timedelta = GRACE) -> None:
        """Let a member leave for good; raise UserNotFound for who has."""
        self._ensure_here()
        self._leave(Status.DELETED, at)
        self.erase_after = self.erase_after or at + grace
        self.record(MemberRemoved(member=self.id, at=at))

    def ask_deletion(self, *, at: datetime, grace: timedelta = GRACE) -> datetime:
        """Hide an active member, and return until when that can be undone."""
        self.status, self.updated_at = Status.DELETING, at
        self.erase_after = at + grace
        self.record(DeletionAsked(member=self.id, at=at))
        return self.erase_after

    def cancel_deletion(self, *, at: datetime) -> None:
        """Let who wanted to leave stay; a suspension meanwhile stays, too."""
        self.erase_after, self.updated_at = None, at
        if self.status is Status.DELETING:
            self.status = Status.ACTIVE

    def erase(self, *, at: datetime) -> None:
        """Forget who it was; the id stays, and stands for a former member."""
        self.email = f"erased {self.id}"  # nobody can register what is no address
        self.password_hash, self.role, self.email_verified_at = NO_PASSWORD, Role.USER, None
        self.status, self.erase_after, self.updated_at = Status.DELETED, None, at
        self.record(MemberErased(member=self.id, at=at))

    def _leave(self, status: Status, at: datetime) -> None:
        if self.status is Status.ACTIVE:
            self.record(MemberDeparted(member=self.id, at=at))
        self.status, self.updated_at = status, at

    def _ensure_here(self) -> None:
        if self.status is Status.DELETED:
            raise UserNotFound

    def change_role(self, role: Role, *, at: datetime) -> None:
        """Let the account do more from now on, or less; raise UserNotFound for who has left."""
        self._ensure_here()
        self.role, self.updated_at = role, at

    def verify_email(self, *, at: datetime) -> None:
        """Note that the member reads the mail of the address; the first time counts."""
        if self.email_verified_at is None:
            self.email_verified_at = self.updated_at = at

    def change_email(self, email: str, *, at: datetime) -> None:
        """Move to an address whose mail the member reads."""
        self.email, self.email_verified_at, self.updated_at = email, at, at

    def has_email(self, email: str) -> bool:
        """Tell whether this is the address, in whatever case it is written."""
        return email_key(email) == email_key(self.email)

    def change_password(self, password_hash: str, *, at: datetime) -> None:
        """Take another password in place of the one before."""
        self.password_hash, self.updated_at = password_hash, at

    @property
    def has_password(self) -> bool:
        """Tell whether some password opens the account."""
        return self.password_hash != NO_PASSWORD

    def drop_password(self, *, at: datetime) -> None:
        """Let no password open the account until its owner has set a new one."""
        self.change_password(NO_PASSWORD, at=at)

    def rehash(self, password_hash: str, *, at: datetime) -> None:
        """Keep the same password under newer parameters."""
        self.password_hash, self.updated_at = password_hash, at


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What signing in, and letters about it, need of an account."""

    id: MemberId
    email: str
    email_verified: bool
    password_hash: str
    status: Status
    erase_after: datetime | None


class UserRepository(Protocol):
    """All accounts."""

    async def get(self, id: MemberId, /) -> User:
        """Return the user; raise UserNotFound."""
        ...

    async def add(self, entity: User, /) -> None:
        """Keep a new user; raise EmailTaken if the address has an account."""
        ...

    async def save(self, entity: User, /) -> None:
        """Keep what changed."""
        ...

    async def credentials(self, email: str) -> Credentials | None:
        """Return those of the account with this address, as they are committed now."""
        ...

    async def credentials_of(self, id: MemberId) -> Credentials | None:
        """Return those of this account, likewise."""
        ...

    async def to_erase(self, *, at: datetime, limit: int) -> Sequence[MemberId]:
        """Return some whose time to come back is over, longest first."""
        ...
