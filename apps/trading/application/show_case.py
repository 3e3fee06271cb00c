"""What a dispute looks like to its parties, and to moderators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.trading.application.show_trade import NoteView, TradeView
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import DisputeKind, TradeId
from apps.trading.domain.trade import Verdict
from apps.trading.domain.verdicts import CaseAction, CaseId, CaseState, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """What one party has said."""

    author_id: MemberId
    text: str
    evidence: Sequence[str]
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """What was decided; parties do not learn by whom."""

    verdict: Verdict
    legs: Sequence[LegId]
    at_fault: Sequence[MemberId]
    reason: str
    decided_by: MemberId | None
    confirmed_by: MemberId | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealView:
    """What a party objects, and what has become of it; parties do not learn by whom."""

    by: MemberId
    text: str
    made_at: datetime
    outcome: Outcome | None
    at_fault: Sequence[MemberId]
    reason: str | None
    decided_by: MemberId | None
    confirmed_by: MemberId | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case as a line in the moderators' queue."""

    id: CaseId
    trade_id: TradeId
    kind: DisputeKind
    opener: MemberId | None
    state: CaseState
    assigned_to: MemberId | None
    awaiting_confirmation: bool
    overdue: bool
    opened_at: datetime
    appealed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCaseView:
    """A case as its parties see it; a decision only once it stands."""

    id: CaseId
    trade_id: TradeId
    kind: DisputeKind
    opener: MemberId | None
    state: CaseState
    opened_at: datetime
    evidence_until: datetime
    appeal_until: datetime | None
    statements: Sequence[StatementView]
    decision: DecisionView | None
    appeal: AppealView | None
    allowed_actions: Sequence[CaseAction]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as moderators see it, with its trade, and the last hundred notes of its parties."""

    id: CaseId
    trade: TradeView
    notes: Sequence[NoteView]
    kind: DisputeKind
    opener: MemberId | None
    state: CaseState
    assigned_to: MemberId | None
    awaiting_confirmation: bool
    opened_at: datetime
    evidence_until: datetime
    appeal_until: datetime | None
    statements: Sequence[StatementView]
    decision: DecisionView | None
    appeal: AppealView | None
    allowed_actions: Sequence[CaseAction]


class ShowDispute(Protocol):
    """The last dispute over a trade of yours, with everything its parties said."""

    async def __call__(self, trade_id: TradeId, *, to: MemberId) -> PartyCaseView:
        """Raise TradeNotFound, also for a stranger, and CaseNotFound."""
        ...


class ListCases(Protocol):
    """Dispute cases for moderators, oldest first, without their own; overdue: open for a week."""

    async def __call__(
        self,
        *,
        to: MemberId,
        states: Sequence[CaseState],
        overdue: bool,
        after: str | None,
        limit: int,
    ) -> Page[CaseLine]:
        """Return one page; raise ModeratorsOnly."""
        ...


class ShowCase(Protocol):
    """A dispute case for moderators who are no party, with its statements and its trade."""

    async def __call__(self, id: CaseId, *, to: MemberId) -> CaseView:
        """Raise ModeratorsOnly, OwnCase, CaseNotFound."""
        ...
