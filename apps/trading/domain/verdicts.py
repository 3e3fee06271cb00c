"""What a dispute case is made of: statements, a decision, an appeal (T22)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, NewType, Self, TypeVar
from uuid import UUID

from apps.shared.domain.errors import Conflict
from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import Account
from apps.trading.domain.trade import Resolution

CaseId = NewType("CaseId", UUID)
Found = TypeVar("Found")

EVIDENCE_PERIOD = timedelta(days=7)
"""How long the parties may take to answer; also when moderators are overdue."""
APPEAL_WITHIN = timedelta(days=14)
MOST_STATEMENTS = 10
"""By each party, and as many again once a decision is appealed."""


class OtherDecisionPending(Conflict):
    """Another moderator's decision waits for confirmation: confirm it, or take the case over."""


class SecondModeratorNeeded(Conflict):
    """A decision that finds fault has to be confirmed by a second moderator."""


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"
    APPEALED = "appealed"
    CLOSED = "closed"


class CaseAction(StrEnum):
    """What a party or a moderator can do about a case."""

    STATE = "state"
    APPEAL = "appeal"
    ASSIGN = "assign"
    DECIDE = "decide"
    REVIEW = "review"


class Outcome(StrEnum):
    """What has become of an appeal."""

    UPHELD = "upheld"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one party has said."""

    author: MemberId
    account: Account
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling(Generic[Found]):
    """What a moderator found, and since when it stands; until then it waits for a second one."""

    found: Found
    reason: str
    decided_by: MemberId
    confirmed_by: MemberId | None = None
    decided_at: datetime | None = None

    @property
    def moderators(self) -> AbstractSet[MemberId]:
        """Who took part in it."""
        return {each for each in (self.decided_by, self.confirmed_by) if each}

    def behind(self, pending: Self | None, *, alone: bool, at: datetime) -> Self:
        """Return what is found by now: this, what it confirms, or what has to be confirmed.

        It stands at once where one may find that `alone`. Raises SecondModeratorNeeded, and
        OtherDecisionPending.
        """
        if pending and pending.decided_by != self.decided_by:
            if pending.found != self.found:
                raise OtherDecisionPending
            return replace(pending, confirmed_by=self.decided_by, decided_at=at)
        if pending and pending.found == self.found:
            raise SecondModeratorNeeded
        return replace(self, decided_at=at) if alone else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What has become of an appeal, and whose fault it is by that."""

    outcome: Outcome
    at_fault: AbstractSet[MemberId]


Decision = Ruling[Resolution]
Review = Ruling[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """What a party objects to a decision, and what other moderators make of it."""

    by: MemberId
    text: str
    made_at: datetime
    review: Review | None = None
