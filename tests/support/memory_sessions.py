"""Sessions in memory, as repositories keep them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from apps.identity.domain.second_factor import SECOND_FACTOR
from apps.identity.domain.session import (
    RevokeReason,
    Session,
    SessionId,
    SessionNotFound,
    SessionRepository,
)
from apps.shared.domain.ids import MemberId
from tests.support.memory import Diary, Memory, fresh


@dataclass
class MemorySessions(Memory[SessionId, Session], SessionRepository):
    """Sessions; each method changes what it finds, and only if that is as it must be."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, SessionNotFound)

    async def seen(self, id: SessionId) -> Session | None:
        return fresh(self.kept[id]) if id in self.kept else None

    async def rotate(self, seen: Session, successor: Session) -> bool:
        row, at = self.kept.get(seen.id), successor.rotated_at
        if (
            row is None
            or (row.generation, row.current_hash) != (seen.generation, seen.current_hash)
            or row.delivery != seen.delivery
            or row not in self._live(row.user_id, at)
        ):
            return False
        self.kept[row.id] = replace(
            row,
            generation=successor.generation,
            previous_hash=row.current_hash,
            current_hash=successor.current_hash,
            mac_kid=successor.mac_kid,
            rotated_at=at,
            refreshes=successor.refreshes,
            refreshes_since=successor.refreshes_since,
            idle_expires_at=successor.idle_expires_at,
        )
        return True

    async def revoke(self, id: SessionId, *, reason: RevokeReason, at: datetime) -> bool:
        found = [each for each in self.kept.values() if each.id == id and each.revoked_at is None]
        return self._stamp(found, reason, at)

    async def end(self, id: SessionId, *, of: MemberId, at: datetime) -> bool:
        theirs = [each for each in self._live(of, at) if each.id == id]
        return self._stamp(theirs, RevokeReason.LOGOUT, at)

    async def end_all(self, *, of: MemberId, but: SessionId | None, at: datetime) -> None:
        others = [each for each in self._live(of, at) if each.id != but]
        self._stamp(others, RevokeReason.LOGOUT, at)

    async def revoke_oldest(self, user_id: MemberId, *, keep: int, at: datetime) -> None:
        newest_first = sorted(
            self._live(user_id, at), key=lambda each: (each.created_at, each.id), reverse=True
        )
        self._stamp(newest_first[keep:], RevokeReason.TOO_MANY, at)

    async def weaken(self, id: SessionId) -> None:
        if row := self.kept.get(id):
            row.amr = row.amr.replace(f" {SECOND_FACTOR}", "")

    async def reauthenticate(self, id: SessionId, *, at: datetime) -> bool:
        row = self.kept.get(id)
        if row is None or row.revoked_at is not None or row.expires_at <= at:
            return False
        row.auth_time = at
        return True

    async def confirm(self, id: SessionId, generation: int) -> None:
        row = self.kept.get(id)
        if row and row.confirmed_generation < generation <= row.generation:
            row.confirmed_generation = generation

    def _live(self, of: MemberId, at: datetime) -> list[Session]:
        return [
            each
            for each in self.kept.values()
            if each.user_id == of
            and each.revoked_at is None
            and min(each.idle_expires_at, each.expires_at) > at
        ]

    def _stamp(self, sessions: Iterable[Session], reason: RevokeReason, at: datetime) -> bool:
        """Tell whether there was one."""
        stamped = [*sessions]
        for each in stamped:
            each.revoked_at, each.revoke_reason = at, reason
        return bool(stamped)
