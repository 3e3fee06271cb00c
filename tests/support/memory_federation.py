"""Linked identities and attempts in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from apps.identity.domain.attempt import Attempt, AttemptRepository
from apps.identity.domain.linked_identity import (
    IdentityNotFound,
    IdentityTaken,
    LinkedIdentity,
    LinkedIdentityId,
    LinkedIdentityRepository,
    Opened,
)
from apps.shared.domain.ids import MemberId
from tests.support.memory import Diary, Memory
from tests.support.memory_identity import MemoryUsers


class MemoryLinkedIdentities(Memory[LinkedIdentityId, LinkedIdentity], LinkedIdentityRepository):
    """Identities, one to an issuer and subject."""

    def __init__(self, diary: Diary, users: MemoryUsers) -> None:
        super().__init__(diary, IdentityNotFound)
        self.users = users

    def refuse(self, entity: LinkedIdentity) -> None:
        taken = {(other.issuer, other.subject) for other in self.others(entity)}
        if (entity.issuer, entity.subject) in taken:
            raise IdentityTaken

    async def opened_by(self, *, issuer: str, subject: str) -> Opened | None:
        found = [
            Opened(member_id=each.member_id, status=self.users.kept[each.member_id].status)
            for each in self.kept.values()
            if (each.issuer, each.subject) == (issuer, subject)
        ]
        return next(iter(found), None)

    async def count(self, *, of: MemberId) -> int:
        return len(self._of(of))

    async def unlink(self, id: LinkedIdentityId, *, of: MemberId) -> bool:
        return id in self._of(of) and bool(self.kept.pop(id))

    async def unlink_all(self, *, of: MemberId) -> None:
        for id in self._of(of):
            del self.kept[id]

    def _of(self, member: MemberId) -> list[LinkedIdentityId]:
        return [each.id for each in self.kept.values() if each.member_id == member]


@dataclass
class MemoryAttempts(AttemptRepository):
    """Attempts by their digests."""

    kept: dict[str, Attempt] = field(default_factory=dict)

    async def begin(self, attempt: Attempt, /) -> None:
        self.kept[attempt.digest] = attempt

    async def finish(
        self, digest: str, *, provider: str, holder: str | None, at: datetime
    ) -> Attempt | None:
        attempt = self.kept.get(digest)
        if attempt is None or attempt.provider != provider or attempt.expires_at <= at:
            return None
        if holder != (attempt.exchange.holder if attempt.exchange else None):
            return None
        return self.kept.pop(digest)

    async def forget(self, *, at: datetime, limit: int) -> int:
        old = [each.digest for each in self.kept.values() if each.expires_at <= at][:limit]
        for digest in old:
            del self.kept[digest]
        return len(old)
