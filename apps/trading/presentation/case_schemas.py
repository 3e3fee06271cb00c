"""Dispute cases as JSON."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Line, Prose, Representation
from apps.shared.presentation.links import plain_or_https
from apps.trading.application.show_case import AppealView, DecisionView, StatementView
from apps.trading.application.show_trade import NoteView
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import Account, DisputeKind, TradeId
from apps.trading.domain.trade import Resolution, Verdict
from apps.trading.domain.verdicts import CaseAction, CaseId, CaseState, Outcome
from apps.trading.presentation.schemas import Revision, TradeOut

Item = TypeVar("Item")
MOST_PARTIES = 4


def each_once(items: list[Item]) -> list[Item]:
    """Refuse what stands in a list twice (P11)."""
    if len(set(items)) < len(items):
        raise PydanticCustomError("twice", "Each stands in the list once")
    return items


UNIQUE = {"uniqueItems": True}
Telling = Annotated[Prose, Field(min_length=1, max_length=2_000)]
Reference = Annotated[Line, Field(min_length=1, max_length=500), AfterValidator(plain_or_https)]
Evidence = Annotated[
    list[Reference],
    Field(
        max_length=5,
        description="https links, or text; files cannot be sent yet.",
        json_schema_extra=UNIQUE,
    ),
    AfterValidator(each_once),
]
Standing = Annotated[
    list[LegId],
    Field(
        max_length=MOST_PARTIES,
        description="All that stand, with `complete_legs` only.",
        json_schema_extra=UNIQUE,
    ),
    AfterValidator(each_once),
]
AtFault = Annotated[
    list[MemberId],
    Field(max_length=MOST_PARTIES, json_schema_extra=UNIQUE),
    AfterValidator(each_once),
]


class Plea(Body):
    """What a party tells of what went wrong."""

    text: Telling
    evidence: Evidence = []

    def account(self) -> Account:
        """Return it as the domain knows it."""
        return Account(text=self.text, evidence=tuple(self.evidence))


class Complaint(Plea):
    """What went wrong, and what it looked like."""

    kind: DisputeKind
    revision: Revision | None = None


class Objection(Body):
    """Why a decision should be looked at again."""

    text: Telling


class Verdicts(Body):
    """What is decided about the copies, and whose fault it was."""

    verdict: Verdict
    legs: Standing = []
    at_fault: AtFault
    reason: Telling

    def resolution(self) -> Resolution:
        """Return it as the domain knows it."""
        return Resolution(
            verdict=self.verdict, legs=frozenset(self.legs), at_fault=frozenset(self.at_fault)
        )


class Reviewed(Body):
    """What has become of an appeal; who is at fault now, where that changed."""

    outcome: Outcome
    at_fault: AtFault = []
    reason: Telling


class CaseLineOut(Representation):
    """A case as a line in the moderators' queue."""

    id: CaseId
    trade_id: TradeId
    kind: DisputeKind
    opener: MemberId | None
    state: CaseState
    assigned_to: MemberId | None
    awaiting_confirmation: bool
    overdue: bool
    opened_at: AwareDatetime
    appealed_at: AwareDatetime | None


class PartyCaseOut(Representation):
    """A case as its parties see it; they do not learn who decides."""

    id: CaseId
    trade_id: TradeId
    kind: DisputeKind
    opener: MemberId | None
    state: CaseState
    opened_at: AwareDatetime
    evidence_until: AwareDatetime
    appeal_until: AwareDatetime | None
    statements: list[StatementView]
    decision: DecisionView | None
    appeal: AppealView | None
    allowed_actions: list[CaseAction]


class CaseOut(Representation):
    """A case as moderators see it, with its trade, and the last hundred notes of its parties."""

    id: CaseId
    trade: TradeOut
    notes: list[NoteView]
    kind: DisputeKind
    opener: MemberId | None
    state: CaseState
    assigned_to: MemberId | None
    awaiting_confirmation: bool
    opened_at: AwareDatetime
    evidence_until: AwareDatetime
    appeal_until: AwareDatetime | None
    statements: list[StatementView]
    decision: DecisionView | None
    appeal: AppealView | None
    allowed_actions: list[CaseAction]
