"""Vouch cards: a member's level and figures, signed, and read by whoever is shown one (R9)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from apps.identity.application.show_me import Reputation, ShowMe
from apps.identity.domain.standing import StandingRepository
from apps.identity.domain.vouch import MOST_VOUCHES, Vouch, VouchId, VouchRepository
from apps.shared.application.pages import Page
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a card says; neither an address nor a place is in it."""

    id: VouchId
    nickname: str
    trust_level: int
    reputation: Reputation
    issued_at: datetime
    expires_at: datetime


class VouchTokens(Protocol):
    """Signs statements, and knows its own signature again."""

    def mint(self, statement: Statement) -> str:
        """Return the card: a JWT under the key of this installation."""
        ...

    def read(self, token: str) -> Statement:
        """Return what it says, be it ever so old; raise VouchNotFound for what we did not sign."""
        ...


class VouchState(StrEnum):
    """Whether a card still holds."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchCheck:
    """Whether a card holds, and, only if so, what it says."""

    state: VouchState
    statement: Statement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MyVouchView:
    """A card that you have asked for and that still holds."""

    id: VouchId
    issued_at: datetime
    expires_at: datetime


class CheckVouch(Protocol):
    """Whether a vouch card that somebody has shown you is ours, and what it says."""

    async def __call__(self, token: str) -> VouchCheck:
        """Raise VouchNotFound for what this installation did not sign."""
        ...


class ListMyVouches(Protocol):
    """Your vouch cards that still hold, newest first."""

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[MyVouchView]:
        """Return one page."""
        ...


@dataclass(frozen=True, slots=True)
class IssueVouch:
    """Have your nickname, level and figures signed as they are now, good for thirty days."""

    work: UnitOfWork
    standings: StandingRepository
    vouches: VouchRepository
    show: ShowMe
    tokens: VouchTokens
    ids: Ids
    clock: Clock

    async def __call__(self, *, to: MemberId) -> tuple[Statement, str]:
        """Return what it says and the card; lock first, or a level might fall meanwhile."""
        async with self.work:
            _ = await self.standings.lock([to])
            vouch = Vouch.issue(VouchId(self.ids.next()), to=to, at=self.clock.now())
            good = await self.vouches.count_good(of=to, at=vouch.issued_at)
            if good >= MOST_VOUCHES:
                raise LimitExceeded("vouches", limit=MOST_VOUCHES, current=good)
            await self.vouches.add(vouch)
            me = await self.show(to)
        statement = Statement(
            id=vouch.id,
            nickname=me.nickname,
            trust_level=me.trust_level,
            reputation=me.reputation,
            issued_at=vouch.issued_at,
            expires_at=vouch.expires_at,
        )
        return statement, self.tokens.mint(statement)


@dataclass(frozen=True, slots=True)
class RevokeVouch:
    """Take a vouch card of yours back; whoever checks it is told so."""

    work: UnitOfWork
    vouches: VouchRepository
    clock: Clock

    async def __call__(self, vouch_id: VouchId, *, by: MemberId) -> None:
        async with self.work:
            vouch = await self.vouches.get(vouch_id)
            vouch.revoke(by=by, at=self.clock.now())
            await self.vouches.save(vouch)
