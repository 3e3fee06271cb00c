"""A change of a list is searched for new matches, which are told to those who are in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from apps.identity.contract import MemberErased
from apps.matching.application.find_matches import FindMatches
from apps.matching.domain.notice import MatchNotice, notices_of
from apps.shared.application.outbox import Consumer, PublicEvent
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId

LISTS = {"copy_listed": "owner", "want_opened": "member", "want_raised": "member"}
"""Of which events one member is concerned, and which field of the payload that is."""
RELEASES = (
    *("trade_countered", "trade_rejected", "trade_withdrawn", "trade_lapsed"),
    *("trade_expired", "trade_cancelled", "trade_resolved"),
)
"""Of which all parties are, since copies of theirs may be free again."""
SETTLES_WITHIN = timedelta(seconds=10)
"""Changes of one member within such a time lead to one search."""
SEARCHES_AT_ONCE = 20
MOST_TOLD = 10
"""Matches of one search that are told; the best ones."""
REMEMBERED_FOR = timedelta(days=90)
FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A member whose lists have changed so many times since they were last searched."""

    member: MemberId
    changes: int
    due_at: datetime


class Searches(Protocol):
    """For whom matches are to be searched."""

    async def ask_for(self, members: Collection[MemberId], *, due_at: datetime) -> None:
        """Have each searched then, or earlier where that was asked for before."""
        ...

    async def due(self, *, at: datetime, limit: int) -> Sequence[Search]:
        """Return what is due, the longest first; asked outside of a unit of work."""
        ...

    async def done(self, search: Search) -> None:
        """Forget it, unless something has changed since it was begun."""
        ...

    async def forget(self, member: MemberId) -> None:
        """Keep nothing of a member."""
        ...


class Notices(Protocol):
    """What members were told of matches."""

    async def tell(self, notices: Sequence[MatchNotice]) -> None:
        """Keep, and so tell, those that were not told before."""
        ...

    async def forget(self, *, before: datetime, limit: int) -> int:
        """Delete some that were told before then; return how many."""
        ...

    async def forget_all(self, member: MemberId) -> None:
        """Keep nothing that a member was told."""
        ...


@dataclass(frozen=True, slots=True)
class WatchLists(Consumer):
    """Notes whose lists have changed, or whose copies are free again."""

    searches: Searches
    clock: Clock
    name: str = field(default="matching.lists", init=False)
    kinds: Collection[str] = field(default=(*LISTS, *RELEASES), init=False)

    async def __call__(self, events: Sequence[PublicEvent]) -> None:
        concerned = {
            MemberId(UUID(member))
            for event in events
            for member in (
                [event.payload[LISTS[event.kind]]]
                if event.kind in LISTS
                else event.payload["parties"]
            )
        }
        await self.searches.ask_for(concerned, due_at=self.clock.now() + SETTLES_WITHIN)


@dataclass(frozen=True, slots=True)
class TellMatches:
    """Search what is due, and tell everybody in a match of it, once for each thing they would get.

    Nothing is locked while it is searched; what has changed meanwhile is searched again.
    """

    work: UnitOfWork
    find: FindMatches
    searches: Searches
    notices: Notices
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were searched; one that fails stops no other, and is tried again."""
        due = await self.searches.due(at=self.clock.now(), limit=SEARCHES_AT_ONCE)
        failures = []
        for search in due:
            try:
                await self._search(search)
            except Exception as failure:  # noqa: BLE001 - raised below
                failures.append(failure)
        if failures:
            raise ExceptionGroup("Not every search came to an end.", failures)
        return len(due)

    async def _search(self, search: Search) -> None:
        found = await self.find(search.member)
        at = self.clock.now()
        notices = [
            notice for match in found.matches[:MOST_TOLD] for notice in notices_of(match, at=at)
        ]
        async with self.work:
            await self.searches.done(search)
            await self.notices.tell(notices)


@dataclass(frozen=True, slots=True)
class ForgetNotices:
    """Delete what was told three months ago; a match that still stands is told anew after that."""

    work: UnitOfWork
    notices: Notices
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.notices.forget(
                before=self.clock.now() - REMEMBERED_FOR, limit=FORGOTTEN_AT_ONCE
            )


@dataclass(frozen=True, slots=True)
class ForgetMember:
    """Nothing is searched for who is erased, and what they were told is deleted."""

    searches: Searches
    notices: Notices

    async def __call__(self, event: MemberErased) -> None:
        await self.searches.forget(event.member)
        await self.notices.forget_all(event.member)
