"""A standing: what a member's trades have shown, kept where everybody can read it (R8)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

from apps.shared.domain.errors import Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate, Event

FORGIVEN_AFTER = timedelta(days=90)
"""How long a lost dispute keeps its loser below level 2, and a fraud at level 0."""
REGULAR_TRADES, REGULAR_PARTNERS, REGULAR_AGE = 5, 3, timedelta(days=30)
TRUSTED_TRADES, TRUSTED_PARTNERS, TRUSTED_AGE = 25, 10, timedelta(days=180)
TRUSTED_PROOFS = 5
TRADES_PER_LOST_DISPUTE = 50


class StandingNotFound(NotFound):
    """There is no such member."""


class TrustLevelTooLow(Forbidden):
    """Your trust level does not suffice for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """What somebody's trades have come to, all counted at one moment.

    Trades that ended without anybody's word (T20) are completed but not credited. Proven ones are
    credited ones in which all showed their codes, or one's own cards were sent tracked; `partners`
    are the different members to whom one gave, or from whom one got. What an appeal has lifted is
    no longer among what was lost, or lost for a fraud.
    """

    completed_trades: int = 0
    presence_verified: int = 0
    cancelled_at_fault: int = 0
    disputes_lost: int = 0
    credited_trades: int = 0
    proven_trades: int = 0
    partners: int = 0
    last_lost_at: datetime | None = None
    last_fraud_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What an account itself brings to its trust level."""

    email_confirmed: bool
    member_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChanged(Event):
    """A member's trust level has risen or fallen."""

    member: MemberId
    trust_level: int


@dataclass(kw_only=True, eq=False)
class Standing(Aggregate[MemberId]):
    """What trades have shown, and the trust level, 0 to 3, that follows from it."""

    trust_level: int
    trades: TradeRecord
    updated_at: datetime

    @classmethod
    def begin(cls, id: MemberId, *, at: datetime) -> Self:
        """Start as everybody does: new."""
        return cls(id=id, trust_level=0, trades=TradeRecord(), updated_at=at)

    def recount(self, record: TradeRecord, *, at: datetime) -> None:
        """Take over what was counted."""
        self.trades, self.updated_at = record, at

    def review(self, footing: Footing, *, at: datetime) -> int:
        """Set the level that holds now, and return by how much it has risen (R8)."""
        before, self.trust_level = self.trust_level, self._level(footing, at)
        if self.trust_level != before:
            self.updated_at = at
            self.record(LevelChanged(member=self.id, trust_level=self.trust_level, at=at))
        return self.trust_level - before

    def _level(self, footing: Footing, at: datetime) -> int:
        """Return the highest level all conditions of which hold, and those of all below it."""
        if not (footing.email_confirmed and self.trades.credited_trades):
            return 0
        if _recent(self.trades.last_fraud_at, at):
            return 0
        if not self._is_regular(at - footing.member_since, at):
            return 1
        return 3 if self._is_trusted(at - footing.member_since) else 2

    def _is_regular(self, age: timedelta, at: datetime) -> bool:
        return (
            self.trades.credited_trades >= REGULAR_TRADES
            and self.trades.partners >= REGULAR_PARTNERS
            and age >= REGULAR_AGE
            and not _recent(self.trades.last_lost_at, at)
        )

    def _is_trusted(self, age: timedelta) -> bool:
        return (
            self.trades.credited_trades >= TRUSTED_TRADES
            and self.trades.partners >= TRUSTED_PARTNERS
            and age >= TRUSTED_AGE
            and self.trades.proven_trades >= TRUSTED_PROOFS
            and self.trades.disputes_lost * TRADES_PER_LOST_DISPUTE <= self.trades.credited_trades
        )


def _recent(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and at - moment < FORGIVEN_AFTER


class StandingRepository(Protocol):
    """All standings."""

    async def add(self, entity: Standing, /) -> None:
        """Keep a new one."""
        ...

    async def lock(self, ids: Collection[MemberId]) -> Sequence[tuple[Standing, Footing]]:
        """Return those of these members as they now stand, in the order of ids.

        Nobody else can change them, or lock them, until the unit of work ends.
        """
        ...

    async def save(self, entity: Standing, /) -> None:
        """Keep what changed."""
        ...

    async def traded(self, *, after: MemberId | None, limit: int) -> Sequence[MemberId]:
        """Return who has completed a trade, unlocked, by id, behind the one given."""
        ...
