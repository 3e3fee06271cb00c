"""Joining a matching round, and leaving it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.collection.contract import CopyId, OpenLists, WantGroupId
from apps.identity.contract import MemberDeparted, Partners, Ranks
from apps.matching.application.entries import Entries, Entry
from apps.matching.domain.round import MatchingRound, RoundId, RoundRepository
from apps.matching.domain.round_steps import Guest
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import DuplicateIds, NotFound
from apps.shared.domain.ids import Clock, MemberId


class NotOnYourLists(NotFound):
    """This is no copy or want of yours."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who comes, as far as it matters to a round; used inside a unit of work."""

    entries: Entries
    ranks: Ranks
    partners: Partners

    async def __call__(self, round: MatchingRound, member: MemberId) -> Guest:
        """Look at their rank, where they live, and whether they take part already."""
        partner = (await self.partners.among([member], to=member)).get(member)
        return Guest(
            rank=await self.ranks.of(member),
            region=partner.region if partner else None,
            joined=await self.entries.has(round.id, member),
        )


@dataclass(frozen=True, slots=True)
class JoinRound:
    """Take part, with all that you offer and look for or with a part of it.

    What counts is what your lists say when the round closes. Nothing is promised by that: each
    ring that is found for you is a proposal, which you may refuse.
    """

    work: UnitOfWork
    rounds: RoundRepository
    entries: Entries
    welcome: Welcome
    lists: OpenLists
    clock: Clock

    async def __call__(
        self,
        round_id: RoundId,
        *,
        by: MemberId,
        copies: Sequence[CopyId] | None,
        want_groups: Sequence[WantGroupId] | None,
    ) -> None:
        async with self.work:
            round = await self.rounds.lock(round_id)
            now = self.clock.now()
            round.admit(await self.welcome(round, by), at=now)
            if copies is not None:
                ensure_theirs(copies, await self.lists.copies(copies, of=by), "copy_ids")
            if want_groups is not None:
                theirs = await self.lists.want_groups(want_groups, of=by)
                ensure_theirs(want_groups, theirs, "want_group_ids")
            entry = Entry(member=by, copies=copies, want_groups=want_groups, joined_at=now)
            await self.entries.add(round_id, entry)


@dataclass(frozen=True, slots=True)
class LeaveRound:
    """Take part no longer, as long as the round is open."""

    work: UnitOfWork
    rounds: RoundRepository
    entries: Entries
    welcome: Welcome
    clock: Clock

    async def __call__(self, round_id: RoundId, *, by: MemberId) -> None:
        async with self.work:
            round = await self.rounds.lock(round_id)
            round.let_go(await self.welcome(round, by), at=self.clock.now())
            await self.entries.remove(round_id, by)


@dataclass(frozen=True, slots=True)
class LeaveRounds:
    """Who is suspended or gone takes part in no round that is open."""

    entries: Entries

    async def __call__(self, event: MemberDeparted) -> None:
        await self.entries.leave_open(event.member)


def ensure_theirs(told: Sequence[Any], theirs: Collection[UUID], name: str) -> None:
    """Raise DuplicateIds (P11), or NotOnYourLists with the places of those that are not."""
    if len(set(told)) != len(told):
        raise DuplicateIds
    faults = [
        {"pointer": f"/{name}/{place}", "code": "not-found", "detail": "This is not yours."}
        for place, id in enumerate(told)
        if id not in theirs
    ]
    if faults:
        raise NotOnYourLists(errors=faults)
