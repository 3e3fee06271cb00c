"""What other contexts may know of members, and tell identity about them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.identity.domain.block import MemberBlocked
from apps.identity.domain.staff import ModeratorsOnly
from apps.identity.domain.standing import TradeRecord, TrustLevelTooLow
from apps.identity.domain.user import (
    DeletionAsked,
    EmailNotVerified,
    MemberDeparted,
    MemberErased,
    MemberRemoved,
    OpenOrders,
    OpenTrades,
    Role,
    UserNotFound,
)
from apps.shared.domain.ids import MemberId

__all__ = [
    "CountTrades",
    "DeletionAsked",
    "Directory",
    "Disclosure",
    "EmailNotVerified",
    "Letter",
    "MemberBlocked",
    "MemberCard",
    "MemberDeparted",
    "MemberErased",
    "MemberRemoved",
    "ModeratorsOnly",
    "NameOthers",
    "OpenOrders",
    "OpenTrades",
    "Partner",
    "Partners",
    "Postbox",
    "Rank",
    "Ranks",
    "Role",
    "Standings",
    "TradeRecord",
    "TrustLevelTooLow",
    "UserNotFound",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """A member as a line in somebody else's list."""

    id: MemberId
    nickname: str
    accepts_proposals: bool


class Directory(Protocol):
    """Who is who."""

    async def members(
        self, ids: Collection[MemberId], *, to: MemberId
    ) -> Mapping[MemberId, MemberCard]:
        """Return the active ones among these, in one question; who is hidden from `to` is none."""
        ...

    async def hidden_from(self, member: MemberId) -> frozenset[MemberId]:
        """Return who has blocked this member or was blocked by them, in one question (BL2)."""
        ...

    async def together(self, ids: Collection[MemberId]) -> bool:
        """Tell whether all of these are active and see each other, in one question (BL2)."""
        ...

    async def apart(self, ids: Collection[MemberId]) -> frozenset[frozenset[MemberId]]:
        """Return the pairs among these of whom one has blocked the other (BL2).

        One question for each thousand of them.
        """
        ...

    async def removed(self, ids: Collection[MemberId]) -> Collection[MemberId]:
        """Return who of these has left for good, in one question (P10)."""
        ...

    async def lock(self, ids: Collection[MemberId]) -> None:
        """Keep others from counting what these members have until this unit of work ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """What a member may decide for others: by role, and by trust level, 0 to 3 (R8)."""

    id: MemberId
    role: Role
    trust_level: int
    email_verified: bool
    completed_trades: int


class Ranks(Protocol):
    """Who may decide what."""

    async def of(self, member: MemberId) -> Rank:
        """Return how it is now; raise UserNotFound."""
        ...

    async def among(self, members: Collection[MemberId]) -> Mapping[MemberId, Rank]:
        """Return the ranks of the active ones among these, in one question."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A member as somebody to swap with."""

    id: MemberId
    nickname: str
    region: str | None
    trust_level: int
    email_verified: bool
    accepts_proposals: bool


class Partners(Protocol):
    """Whom a member could swap with."""

    async def among(self, ids: Collection[MemberId], *, to: MemberId) -> Mapping[MemberId, Partner]:
        """Return the active ones among these, in one question; who is hidden from `to` is none."""
        ...


CountTrades = Callable[[Collection[MemberId]], Awaitable[Mapping[MemberId, TradeRecord]]]
"""Counts what these members' trades have come to; who has none may be left out."""


class Standings(Protocol):
    """What trading has to say of members; used inside its unit of work."""

    async def recount(
        self,
        members: Collection[MemberId],
        count: CountTrades,
        *,
        at: datetime,
    ) -> None:
        """Keep what `count` finds once nobody else can count these members; set their levels."""
        ...

    async def review(self, members: Collection[MemberId], *, at: datetime) -> int:
        """Set the levels anew as time or an account has changed; return how many changed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to one member about others, whose `names` the text calls `{name}` and the like."""

    to: MemberId
    names: Mapping[str, MemberId]
    subject: str
    text: str


class Postbox(Protocol):
    """Writes to members, whose addresses nobody else needs to know."""

    async def send(self, letters: Sequence[Letter]) -> None:
        """Mail those to active members, all looked up in one question, outside of transactions.

        Nobody is named to whom they are hidden from (BL2). A letter that cannot be sent is logged.
        """
        ...


NameOthers = Callable[[MemberId], str]
"""Says `me` of whose archive it is, and of each other member a name that is only known in it."""


class Disclosure(Protocol):
    """What one context keeps of a member, for that member's eyes (K6)."""

    async def __call__(
        self, member: MemberId, name: NameOthers
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return lists of records as JSON has them, by what they are of; nobody else's words."""
        ...
