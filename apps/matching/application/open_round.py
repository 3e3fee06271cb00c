"""Opening a matching round."""

from dataclasses import dataclass
from datetime import datetime

from apps.identity.contract import Directory, EmailNotVerified, Ranks
from apps.matching.domain.round import MatchingRound, RoundId, RoundRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import Clock, Ids, MemberId

MOST_OPEN = 5
"""Rounds of one opener that take members at the same time."""


@dataclass(frozen=True, slots=True)
class OpenRound:
    """Open a round, everywhere or in one region, with rings of at most so many members.

    It takes members until `closes_at`, or until you close it before. Members of level 2 and
    moderators open rounds.
    """

    work: UnitOfWork
    rounds: RoundRepository
    directory: Directory
    ranks: Ranks
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        *,
        by: MemberId,
        title: str,
        region: str | None,
        max_length: int,
        closes_at: datetime,
    ) -> RoundId:
        async with self.work:
            await self.directory.lock([by])  # or two at once would count the same number
            rank = await self.ranks.of(by)
            if not rank.email_verified:
                raise EmailNotVerified
            opened = MatchingRound.open(
                RoundId(self.ids.next()),
                by=rank,
                title=title,
                region=region,
                max_length=max_length,
                closes_at=closes_at,
                at=self.clock.now(),
            )
            there = await self.rounds.count_open(by=by)
            if there >= MOST_OPEN:
                raise LimitExceeded("rounds_open_max", limit=MOST_OPEN, current=there)
            await self.rounds.add(opened)
        return opened.id
