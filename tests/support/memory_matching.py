"""Matching rounds in memory."""

from collections.abc import Sequence
from datetime import datetime

from apps.matching.domain.round import MatchingRound, RoundId, RoundNotFound, RoundRepository
from apps.matching.domain.round_steps import UNSOLVED, RoundState
from apps.shared.domain.ids import MemberId
from tests.support.memory import Diary, Memory


class MemoryRounds(Memory[RoundId, MatchingRound], RoundRepository):
    """Rounds."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, RoundNotFound)

    async def lock(self, id: RoundId) -> MatchingRound:
        self.diary.note("lock round")
        return await self.get(id)

    async def count_open(self, *, by: MemberId) -> int:
        return sum(
            each.opener == by and each.state is RoundState.OPEN for each in self.kept.values()
        )

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[RoundId]:
        due = [
            each
            for each in self.kept.values()
            if each.state is RoundState.OPEN and each.closes_at <= at
        ]
        return [each.id for each in sorted(due, key=lambda each: (each.closes_at, each.id))][:limit]

    async def unsolved(self) -> Sequence[RoundId]:
        return sorted(each.id for each in self.kept.values() if each.state in UNSOLVED)
