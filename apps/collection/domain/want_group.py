"""A want group: a member looks for so many of these cards (K3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol, Self, TypedDict
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.domain.copy import WORSE_AND_WORSE, Condition
from apps.shared.domain.errors import Conflict, DuplicateIds, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate, Event

WantGroupId = NewType("WantGroupId", UUID)


class WantGroupNotFound(NotFound):
    """There is no such want group of yours."""


class SurplusNotAccepted(Conflict):
    """This is more than you look for; say `accept_surplus` if you want it all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantOpened(Event):
    """A member has begun to look for so many of some cards."""

    group: WantGroupId
    member: MemberId
    cards: tuple[CardId, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WantRaised(Event):
    """A member looks for more than before: for more cards, more of them, or less good ones."""

    group: WantGroupId
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class WantChanged(Event):
    """A member looks for other cards, or for more or fewer of them, whoever changed that."""

    group: WantGroupId
    cards: tuple[CardId, ...] | None
    """None where they are still the same."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WantClosed(Event):
    """A member looks for these cards no longer: they have them, or have said so, or have left."""

    group: WantGroupId


class WantGroupChanges(TypedDict, total=False):
    """What to change of a want group; what is left out stays."""

    card_ids: Sequence[CardId]
    count: int
    rank: int
    min_condition: Condition | None


@dataclass(kw_only=True, eq=False)
class WantGroup(Aggregate[WantGroupId]):
    """`count` of `card_ids` are wanted; rank 1 is wanted most, 5 least."""

    member_id: MemberId
    card_ids: tuple[CardId, ...]
    count: int
    rank: int
    min_condition: Condition | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def open(
        cls,
        id: WantGroupId,
        *,
        member_id: MemberId,
        card_ids: Sequence[CardId],
        count: int,
        rank: int,
        min_condition: Condition | None,
        at: datetime,
    ) -> Self:
        """Begin to look for cards. Raises DuplicateIds."""
        group = cls(
            id=id,
            member_id=member_id,
            card_ids=each_once(card_ids),
            count=count,
            rank=rank,
            min_condition=min_condition,
            created_at=at,
            updated_at=at,
        )
        group.record(
            WantOpened(group=id, member=member_id, cards=group.card_ids, count=count, at=at)
        )
        return group

    def change(self, changes: WantGroupChanges, *, at: datetime) -> None:
        """Take over what is told and leave the rest. Raises DuplicateIds."""
        cards, count, accepted = set(self.card_ids), self.count, self._accepted()
        self.card_ids = each_once(changes.get("card_ids", self.card_ids))
        self.count = changes.get("count", self.count)
        self.rank = changes.get("rank", self.rank)
        self.min_condition = changes.get("min_condition", self.min_condition)
        self.updated_at = at
        more = set(self.card_ids) - cards or self.count > count
        if set(self.card_ids) != cards or self.count != count:
            self.record(WantChanged(group=self.id, cards=self.card_ids, count=self.count, at=at))
        if more or self._accepted() > accepted:
            self.record(WantRaised(group=self.id, member=self.member_id, at=at))

    def close(self, *, at: datetime) -> None:
        """Look for them no longer."""
        self.record(WantClosed(group=self.id, at=at))

    def _accepted(self) -> int:
        """Return how many conditions are good enough."""
        return (self.min_condition or WORSE_AND_WORSE[-1]).wear


def each_once(cards: Sequence[CardId]) -> tuple[CardId, ...]:
    """Refuse a list in which a card stands twice (P11)."""
    if len(set(cards)) < len(cards):
        raise DuplicateIds
    return tuple(cards)


class WantGroupRepository(Protocol):
    """All want groups."""

    async def add(self, entity: WantGroup, /) -> None:
        """Keep a new one."""
        ...

    async def save(self, entity: WantGroup, /) -> None:
        """Keep what changed."""
        ...

    async def delete(self, entity: WantGroup, /) -> None:
        """Forget it."""
        ...

    async def lock(self, id: WantGroupId, *, of: MemberId) -> WantGroup:
        """Return the member's want group for nobody else to change meanwhile.

        Raises WantGroupNotFound, also for somebody else's.
        """
        ...

    async def count(self, *, of: MemberId) -> int:
        """Return how many want groups a member has."""
        ...

    async def follow(self, card: CardId, *, into: CardId) -> None:
        """Let all who look for a merged card look for the surviving one, once."""
        ...
