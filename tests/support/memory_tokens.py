"""One-time tokens in memory."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from apps.identity.domain.one_time_token import OneTimeToken, OneTimeTokenRepository, Purpose
from apps.identity.domain.user import email_key
from apps.shared.domain.ids import MemberId


@dataclass
class MemoryOneTimeTokens(OneTimeTokenRepository):
    """Tokens by their digests, and which of them are used up."""

    kept: dict[str, OneTimeToken] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    async def issue(self, token: OneTimeToken, /) -> None:
        ways_back = token.purpose is Purpose.UNDO_EMAIL_CHANGE
        for each in self._of(token.user_id, [token.purpose]):
            if not ways_back or email_key(each.email) == email_key(token.email):
                del self.kept[each.digest]
        self.kept[token.digest] = token

    async def seen(self, digest: str, *, purpose: Purpose, at: datetime) -> OneTimeToken | None:
        token = self.kept.get(digest)
        serves = token and token.purpose is purpose and token.expires_at > at
        return token if serves and digest not in self.used else None

    async def consume(self, digest: str, *, purpose: Purpose, at: datetime) -> OneTimeToken | None:
        token = await self.seen(digest, purpose=purpose, at=at)
        self.used |= {digest} if token else set()
        return token

    async def cancel(self, *, of: MemberId, purposes: Collection[Purpose]) -> None:
        for each in self._of(of, purposes):
            del self.kept[each.digest]

    async def claimant(self, email: str, *, at: datetime) -> MemberId | None:
        claims = [
            each
            for each in self.kept.values()
            if each.purpose is Purpose.UNDO_EMAIL_CHANGE
            and email_key(each.email) == email_key(email)
            and each.expires_at > at
            and each.digest not in self.used
        ]
        oldest_first = sorted(claims, key=lambda each: each.created_at)
        return next((each.user_id for each in oldest_first), None)

    async def forget(self, *, at: datetime, limit: int) -> int:
        old = [each.digest for each in self.kept.values() if each.expires_at <= at][:limit]
        for digest in old:
            del self.kept[digest]
        return len(old)

    def _of(self, user: MemberId, purposes: Collection[Purpose]) -> list[OneTimeToken]:
        return [e for e in self.kept.values() if e.user_id == user and e.purpose in purposes]
