"""A dispute case: what the parties say, what moderators decide, and once more on appeal (T22)."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

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
    Finding,
    Outcome,
    Ruling,
    Statement,
)

HEARD = (CaseState.OPEN, CaseState.APPEALED)
"""While parties can say something."""


class InvalidCaseStep(Conflict):
    """This cannot be done with the case as it stands."""


class EnoughSaid(Conflict):
    """You have said as much about this case as it takes from one party."""


class EvidencePending(Conflict):
    """The parties still have time to answer; `decidable_at` says until when."""


class DecidedBefore(Forbidden):
    """You took part in the decision, so another moderator has to look at the appeal."""


class NotAtFault(Forbidden):
    """Only who was found at fault may appeal; where nobody was, any party may."""


class AppealTooLate(Conflict):
    """A decision can be appealed for two weeks."""


class DecisionUnclear(DomainError):
    """Legs are named with `complete_legs`, and only there."""


class AppealUnclear(DomainError):
    """Who is at fault is named where an appeal changes it, and only there."""


@dataclass(kw_only=True, eq=False)
class DisputeCase(Aggregate[CaseId]):
    """One time that a trade was disputed; nobody is the `opener` where the service was.

    Of a ring, legs may be added to it while it is open; `widened_at` is when the last ones were.

    What one moderator found waits, the case as it was, where a second one has to confirm it.
    """

    trade_id: TradeId
    kind: DisputeKind
    opener: MemberId | None
    opened_at: datetime
    widened_at: datetime | None
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
            widened_at=None,
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
    def pending(self) -> Ruling[Any] | None:
        """What one moderator has found, and a second one has not yet."""
        if self.state is CaseState.OPEN:
            return self.decision
        return self.appeal.review if self.appeal and self.state is CaseState.APPEALED else None

    @property
    def evidence_until(self) -> datetime:
        """Until when the parties may take their time to answer."""
        return (self.widened_at or self.opened_at) + EVIDENCE_PERIOD

    @property
    def appeal_until(self) -> datetime | None:
        """Until when a decision can be appealed."""
        decided_at = self.decision.decided_at if self.decision else None
        return decided_at + APPEAL_WITHIN if decided_at else None

    def actions_of_party(self, member: MemberId, *, at: datetime) -> list[CaseAction]:
        """Return what this party can do."""
        if self.state in HEARD and not self._has_said_enough(member):
            return [CaseAction.STATE]
        until = self.appeal_until
        in_time = self.state is CaseState.DECIDED and until is not None and at <= until
        return [CaseAction.APPEAL] if in_time and self._may_appeal(member) else []

    def actions_of_moderator(
        self, member: MemberId, *, parties: Collection[MemberId]
    ) -> list[CaseAction]:
        """Return what this moderator can do; when it may be decided, `decide` says."""
        if member in parties or self._decided(member):
            return []
        if self.state is CaseState.OPEN:
            return [CaseAction.ASSIGN, CaseAction.DECIDE]
        appealed = self.state is CaseState.APPEALED
        return [CaseAction.ASSIGN, CaseAction.REVIEW] if appealed else []

    def state_account(self, account: Account, *, by: MemberId, at: datetime) -> None:
        """Add what a party says; raise InvalidCaseStep or EnoughSaid."""
        self._ensure(*HEARD)
        if self._has_said_enough(by):
            raise EnoughSaid(most=MOST_STATEMENTS)
        self.statements = (*self.statements, Statement(by, account, at))

    def withdraw(self) -> None:
        """Leave it undecided, for the trade goes on (T18)."""
        self._ensure(CaseState.OPEN)
        self.state, self.decision = CaseState.WITHDRAWN, None

    def widen(self, at: datetime) -> None:
        """Take in further legs: the time to answer begins anew, and what was found before falls."""
        self._ensure(CaseState.OPEN)
        self.widened_at, self.decision = at, None

    def assign(self, by: MemberId, *, parties: Collection[MemberId]) -> None:
        """Take it over; what another proposed and nobody confirmed is dropped.

        Raises OwnCase, InvalidCaseStep, DecidedBefore.
        """
        ensure_impartial(by, parties)
        self._ensure(CaseState.OPEN, CaseState.APPEALED)
        self._ensure_new_to_it(by)
        self.assigned_to = by
        self.keep_only_of({by})

    def keep_only_of(self, moderators: AbstractSet[MemberId]) -> None:
        """Drop what waits for a second moderator, unless one of these has found it."""
        if self.pending and self.pending.decided_by not in moderators:
            if self.state is CaseState.OPEN:
                self.decision = None
            elif self.appeal:
                self.appeal = replace(self.appeal, review=None)

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
        found = Ruling(found=resolution, reason=reason, decided_by=by)
        self.decision = found.behind(self.decision, alone=not resolution.at_fault, at=at)
        if self.decision.decided_at:
            self.state = CaseState.DECIDED
        return self.state is CaseState.DECIDED

    def object_to(self, text: str, *, by: MemberId, trade: Trade, at: datetime) -> None:
        """Appeal, once; raise InvalidCaseStep, NotAtFault, or AppealTooLate after two weeks."""
        self._ensure(CaseState.DECIDED)
        if not self._may_appeal(by):
            raise NotAtFault
        until = self.appeal_until
        if until and at > until:
            raise AppealTooLate(until=until)
        self.state, self.appeal = CaseState.APPEALED, Appeal(by=by, text=text, made_at=at)
        self.assigned_to = None
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
    ) -> bool:
        """Leave whose fault it was, or change that; tell whether it stands, or needs a second one.

        Raises OwnCase, InvalidCaseStep, DecidedBefore, AppealUnclear, NotAParty,
        SecondModeratorNeeded, OtherDecisionPending.
        """
        ensure_impartial(by, trade.members)
        self._ensure(CaseState.APPEALED)
        self._ensure_new_to_it(by)
        if self.appeal is None:
            raise AssertionError("What is reviewed was appealed.")
        upheld = outcome is Outcome.UPHELD
        if bool(at_fault) if upheld else at_fault == trade.at_fault:
            raise AppealUnclear
        trade.ensure_parties(at_fault)
        finding = Finding(
            outcome=outcome, at_fault=frozenset(trade.at_fault if upheld else at_fault)
        )
        found = Ruling(found=finding, reason=reason, decided_by=by)
        clears = finding.at_fault <= trade.at_fault
        review = found.behind(self.appeal.review, alone=clears, at=at)
        self.appeal = replace(self.appeal, review=review)
        self.assigned_to = self.assigned_to or by
        if review.decided_at:
            self.state = CaseState.CLOSED
            self._tell(history.AppealDecided, trade, at, reason=outcome)
        return self.state is CaseState.CLOSED

    def _ensure(self, *states: CaseState) -> None:
        if self.state not in states:
            raise InvalidCaseStep(state=self.state)

    def _ensure_new_to_it(self, member: MemberId) -> None:
        if self._decided(member):
            raise DecidedBefore

    def _decided(self, member: MemberId) -> bool:
        """Whether this moderator took part in the decision, once it stands."""
        decision = self.decision if self.state is not CaseState.OPEN else None
        return decision is not None and member in decision.moderators

    def _may_appeal(self, member: MemberId) -> bool:
        at_fault = self.decision.found.at_fault if self.decision else ()
        return not at_fault or member in at_fault

    def _ensure_heard(self, disputants: AbstractSet[MemberId], at: datetime) -> None:
        """Raise EvidencePending; what did not arrive may yet do so, whoever has answered.

        To what was added later nobody has answered by what they said before.
        """
        heard = disputants <= {statement.author for statement in self.statements}
        waits = self.kind is DisputeKind.NOT_ARRIVED or self.widened_at is not None
        if at < self.evidence_until and (waits or not heard):
            raise EvidencePending(decidable_at=self.evidence_until)

    def _has_said_enough(self, member: MemberId) -> bool:
        since = self.appeal.made_at if self.appeal else None
        said = [each for each in self.statements if since is None or each.made_at >= since]
        return sum(each.author == member for each in said) >= MOST_STATEMENTS

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
