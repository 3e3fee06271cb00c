"""Rounds and who takes part in them, found and kept in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select

from apps.collection.contract import CopyId, WantGroupId
from apps.matching.application.entries import Entries, Entry
from apps.matching.domain.round import MatchingRound, RoundId, RoundNotFound, RoundRepository
from apps.matching.domain.round_steps import UNSOLVED, RoundState
from apps.matching.infrastructure.round_models import MatchingEntryModel, MatchingRoundModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.repository import SqlRepository

ROUND, ENTRY = MatchingRoundModel, MatchingEntryModel
UNSEEN = {"synchronize_session": False}


class SqlRoundRepository(SqlRepository[MatchingRound, RoundId], RoundRepository):
    """Rounds, locked one at a time and last of all."""

    row = MatchingRoundModel
    missing = RoundNotFound

    async def lock(self, id: RoundId) -> MatchingRound:
        """Lock the row."""
        return await self._locked(id)

    async def count_open(self, *, by: MemberId) -> int:
        """Count by the opener's index."""
        mine = select(func.count()).where(ROUND.opener_id == by, ROUND.state == RoundState.OPEN)
        return await self._current.session.scalar(mine) or 0

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[RoundId]:
        """Read the beginning of the index of open rounds."""
        due = await self._current.session.scalars(
            select(ROUND.id)
            .where(ROUND.state == RoundState.OPEN, ROUND.closes_at <= at)
            .order_by(ROUND.closes_at, ROUND.id)
            .limit(limit)
        )
        return due.all()

    async def unsolved(self) -> Sequence[RoundId]:
        """Read two ranges of the index of states."""
        found = await self._current.session.scalars(
            select(ROUND.id).where(ROUND.state.in_(UNSOLVED)).order_by(ROUND.id)
        )
        return found.all()


class SqlEntries(Entries):
    """One statement each."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def has(self, round: RoundId, member: MemberId) -> bool:
        """Look for the key."""
        theirs = exists().where(ENTRY.round_id == round, ENTRY.member_id == member)
        return bool(await self._current.session.scalar(select(theirs)))

    async def add(self, round: RoundId, entry: Entry) -> None:
        """Insert a row; its key lets one in."""
        await self._current.session.execute(
            insert(ENTRY).values(
                round_id=round,
                member_id=entry.member,
                copy_ids=told(entry.copies),
                want_group_ids=told(entry.want_groups),
                joined_at=entry.joined_at,
            )
        )

    async def remove(self, round: RoundId, member: MemberId) -> None:
        """Delete it."""
        theirs = delete(ENTRY).where(ENTRY.round_id == round, ENTRY.member_id == member)
        await self._current.session.execute(theirs, execution_options=UNSEEN)

    async def leave_open(self, member: MemberId) -> None:
        """Delete those of rounds that are open."""
        opened = exists().where(ROUND.id == ENTRY.round_id, ROUND.state == RoundState.OPEN)
        theirs = delete(ENTRY).where(ENTRY.member_id == member, opened)
        await self._current.session.execute(theirs, execution_options=UNSEEN)

    async def of(self, round: RoundId) -> Sequence[Entry]:
        """Read a range of the key."""
        rows = await self._current.session.execute(
            select(ENTRY.member_id, ENTRY.copy_ids, ENTRY.want_group_ids, ENTRY.joined_at)
            .where(ENTRY.round_id == round)
            .order_by(ENTRY.member_id)
        )
        return [
            Entry(
                member=row.member_id,
                copies=read(row.copy_ids, CopyId),
                want_groups=read(row.want_group_ids, WantGroupId),
                joined_at=row.joined_at,
            )
            for row in rows
        ]


def told(ids: Sequence[UUID] | None) -> list[str] | None:
    """Write ids as JSON has them."""
    return None if ids is None else sorted(map(str, ids))


def read(told: Sequence[str] | None, kind: Any) -> tuple[Any, ...] | None:
    """Read them again."""
    return None if told is None else tuple(kind(UUID(id)) for id in told)
