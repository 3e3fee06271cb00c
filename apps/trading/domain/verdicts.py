"""What a dispute case is made of: statements, a decision, an appeal (T22)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import Account
from apps.trading.domain.trade import Resolution

CaseId = NewType("CaseId", UUID)

EVIDENCE_PERIOD = timedelta(days=7)
"""How long the parties may take to answer; also when moderators are overdue."""
APPEAL_WITHIN = timedelta(days=14)
MOST_STATEMENTS = 10
"""By each party."""


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
class Decision:
    """What a moderator found, and since when it stands; until then it waits for a second one."""

    resolution: Resolution
    reason: str
    decided_by: MemberId
    confirmed_by: MemberId | None = None
    decided_at: datetime | None = None

    @property
    def moderators(self) -> AbstractSet[MemberId]:
        """Who took part in it."""
        return {each for each in (self.decided_by, self.confirmed_by) if each}


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """What a party objects to a decision, and what another moderator made of it."""

    by: MemberId
    text: str
    made_at: datetime
    outcome: Outcome | None = None
    at_fault: AbstractSet[MemberId] = frozenset()
    reason: str | None = None
    decided_by: MemberId | None = None
    decided_at: datetime | None = None
