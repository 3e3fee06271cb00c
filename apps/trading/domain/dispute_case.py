"""A dispute case: what the parties say, what moderators decide, and once more on appeal (T22)."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from apps.shared.domain.errors import Conflict, DomainError, Forbidden
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain import history
from apps.trading.domain.moderator import ensure_impartial
from apps.trading.domain.terms import Account, DisputeKind, TradeId
from apps.trading.domain.trade import Resolution, Trade, Verdict
from apps.trading.domain.verdicts import (
    APPEAL_WITHIN,
    EVIDENCE_PERIOD,
    MOST_STATEMENTS,
    Appeal,
    CaseAction,
    CaseId,
    CaseState,
    Decision,
    Outcome,
    Statement,
)


class InvalidCaseStep(Conflict):
    """This cannot be done with the case as it stands."""


class EnoughSaid(Conflict):
    """You have said as much about this case as it takes from one party."""


class EvidencePending(Conflict):
    """The parties still have time to answer; `decidable_at` says until when."""


class OtherDecisionPending(Conflict):
    """Another moderator's decision waits for confirmation: confirm it, or take the case over."""


class SecondModeratorNeeded(Conflict):
    """A decision that finds fault has to be confirmed by a second moderator."""


class DecidedBefore(Forbidden):
    """You took part in the decision, so another moderator has to look at the appeal."""


class AppealTooLate(Conflict):
    """A decision can be appealed for two weeks."""


class DecisionUnclear(DomainError):
    """Legs are named with `complete_legs`, and only there."""


class AppealUnclear(DomainError):
    """Who is at fault is named where an appeal changes it, and only there."""


@dataclass(kw_only=True, eq=False)
class DisputeCase(Aggregate[CaseId]):
    """One time that a trade was disputed; nobody is the `opener` where the service was.

    A `decision` that finds fault waits, the case still open, until a second moderator confirms it.
    """

    trade_id: TradeId
    kind: DisputeKind
    opener: MemberId | None
    opened_at: datetime
    state: CaseState
    statements: tuple[Statement, ...]
    assigned_to: MemberId | None
    decision: Decision | None
    appeal: Appeal | None

    @classmethod
    def open(cls, id: CaseId, event: history.TradeDisputed) -> Self:
        """Open it for a trade that is disputed, with what its opener says."""
        case = cls(
            id=id,
            trade_id=event.trade,
            kind=event.dispute,
            opener=event.actor,
            opened_at=event.at,
            state=CaseState.OPEN,
            statements=(),
            assigned_to=None,
            decision=None,
            appeal=None,
        )
        if event.actor and event.account:
            case.state_account(event.account, by=event.actor, at=event.at)
        return case

    @property
    def awaiting_confirmation(self) -> bool:
        """Whether a second moderator has to say the same."""
        return self.state is CaseState.OPEN and self.decision is not None

    @property
    def evidence_until(self) -> datetime:
        """Until when the parties may take their time to answer."""
        return self.opened_at + EVIDENCE_PERIOD

    @property
    def appeal_until(self) -> datetime | None:
        """Until when a decision can be appealed."""
        decided_at = self.decision.decided_at if self.decision else None
        return decided_at + APPEAL_WITHIN if decided_at else None

    def actions_of_party(self, member: MemberId, *, at: datetime) -> list[CaseAction]:
        """Return what this party can do."""
        if self.state is CaseState.OPEN and not self._has_said_enough(member):
            return [CaseAction.STATE]
        until = self.appeal_until
        may_appeal = self.state is CaseState.DECIDED and until is not None and at <= until
        return [CaseAction.APPEAL] if may_appeal else []

    def actions_of_moderator(
        self, member: MemberId, *, parties: Collection[MemberId]
    ) -> list[CaseAction]:
        """Return what this moderator can do; when it may be decided, `decide` says."""
        if member in parties:
            return []
        if self.state is CaseState.OPEN:
            return [CaseAction.ASSIGN, CaseAction.DECIDE]
        decided = self.decision and member in self.decision.moderators
        may_review = self.state is CaseState.APPEALED and not decided
        return [CaseAction.REVIEW] if may_review else []

    def state_account(self, account: Account, *, by: MemberId, at: datetime) -> None:
        """Add what a party says; raise InvalidCaseStep or EnoughSaid."""
        self._ensure(CaseState.OPEN)
        if self._has_said_enough(by):
            raise EnoughSaid(most=MOST_STATEMENTS)
        self.statements = (*self.statements, Statement(by, account, at))

    def withdraw(self) -> None:
        """Leave it undecided, for the trade goes on (T18)."""
        self._ensure(CaseState.OPEN)
        self.state, self.decision = CaseState.WITHDRAWN, None

    def assign(self, by: MemberId, *, parties: Collection[MemberId]) -> None:
        """Take it over; what another proposed and nobody confirmed is dropped.

        Raises OwnCase, InvalidCaseStep.
        """
        ensure_impartial(by, parties)
        self._ensure(CaseState.OPEN)
        self.assigned_to = by
        if self.decision and self.decision.decided_by != by:
            self.decision = None

    def decide(
        self, resolution: Resolution, *, reason: str, by: MemberId, trade: Trade, at: datetime
    ) -> bool:
        """Decide about a trade, and tell whether that stands, or needs a second moderator (T22).

        Raises OwnCase, InvalidCaseStep, EvidencePending, DecisionUnclear, NotAParty,
        SecondModeratorNeeded, OtherDecisionPending.
        """
        ensure_impartial(by, trade.members)
        self._ensure(CaseState.OPEN)
        self._ensure_heard(trade.disputants, at)
        if (resolution.verdict is Verdict.COMPLETE_LEGS) != bool(resolution.legs):
            raise DecisionUnclear
        trade.ensure_resolvable(resolution)
        self.assigned_to = self.assigned_to or by
        self.decision = self._decision(resolution, reason, by, at)
        if self.decision.decided_at:
            self.state = CaseState.DECIDED
        return self.state is CaseState.DECIDED

    def object_to(self, text: str, *, by: MemberId, trade: Trade, at: datetime) -> None:
        """Appeal, once; raise InvalidCaseStep, or AppealTooLate after two weeks."""
        self._ensure(CaseState.DECIDED)
        until = self.appeal_until
        if until and at > until:
            raise AppealTooLate(until=until)
        self.state, self.appeal = CaseState.APPEALED, Appeal(by=by, text=text, made_at=at)
        self._tell(history.DecisionAppealed, trade, at, actor=by)

    def review(
        self,
        outcome: Outcome,
        *,
        at_fault: AbstractSet[MemberId],
        reason: str,
        by: MemberId,
        trade: Trade,
        at: datetime,
    ) -> None:
        """Decide on the appeal: leave whose fault it was, or change that.

        Raises OwnCase, DecidedBefore, InvalidCaseStep, AppealUnclear.
        """
        ensure_impartial(by, trade.members)
        self._ensure(CaseState.APPEALED)
        if self.decision is None or self.appeal is None:
            raise AssertionError("What is appealed was decided.")
        if by in self.decision.moderators:
            raise DecidedBefore
        upheld = outcome is Outcome.UPHELD
        if bool(at_fault) if upheld else at_fault == trade.at_fault:
            raise AppealUnclear
        self.state = CaseState.CLOSED
        self.appeal = replace(
            self.appeal,
            outcome=outcome,
            at_fault=frozenset(trade.at_fault if upheld else at_fault),
            reason=reason,
            decided_by=by,
            decided_at=at,
        )
        self._tell(history.AppealDecided, trade, at, reason=outcome)

    def _decision(
        self, resolution: Resolution, reason: str, by: MemberId, at: datetime
    ) -> Decision:
        """Return what is now decided; without `decided_at` it waits for a second moderator."""
        pending = self.decision
        if pending and pending.decided_by != by:
            if pending.resolution != resolution:
                raise OtherDecisionPending
            return replace(pending, confirmed_by=by, decided_at=at)
        if pending and pending.resolution == resolution:
            raise SecondModeratorNeeded
        return Decision(
            resolution=resolution,
            reason=reason,
            decided_by=by,
            decided_at=None if resolution.at_fault else at,
        )

    def _ensure(self, state: CaseState) -> None:
        if self.state is not state:
            raise InvalidCaseStep(state=self.state)

    def _ensure_heard(self, disputants: AbstractSet[MemberId], at: datetime) -> None:
        """Raise EvidencePending; what did not arrive may yet do so, whoever has answered."""
        heard = disputants <= {statement.author for statement in self.statements}
        if at < self.evidence_until and (self.kind is DisputeKind.NOT_ARRIVED or not heard):
            raise EvidencePending(decidable_at=self.evidence_until)

    def _has_said_enough(self, member: MemberId) -> bool:
        return sum(each.author == member for each in self.statements) >= MOST_STATEMENTS

    def _tell(
        self,
        kind: type[history.TradeEvent],
        trade: Trade,
        at: datetime,
        *,
        actor: MemberId | None = None,
        reason: str | None = None,
    ) -> None:
        self.record(
            kind(
                trade=trade.id,
                parties=trade.members,
                revision=trade.revision,
                actor=actor,
                reason=reason,
                at=at,
            )
        )
