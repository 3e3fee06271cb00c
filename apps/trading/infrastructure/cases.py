"""Dispute cases as rows, with what the parties have said."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Dialect,
    ForeignKey,
    Index,
    Text,
    TypeDecorator,
    Uuid,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.repository import SqlRepository
from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.dispute_cases import (
    CaseNotFound,
    DisputeCaseRepository,
    DisputedAlready,
)
from apps.trading.domain.terms import Account, DisputeKind, TradeId
from apps.trading.domain.trade import Resolution, Verdict
from apps.trading.domain.verdicts import (
    Appeal,
    CaseId,
    CaseState,
    Finding,
    Outcome,
    Ruling,
    Statement,
)
from apps.trading.infrastructure.models import TradeModel

Model.registry.update_type_annotation_map({CaseId: Uuid()})


class Uuids(TypeDecorator[AbstractSet[Any]]):
    """A set of ids, as a sorted JSON array."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: AbstractSet[Any] | None, dialect: Dialect) -> Any:
        """Write ids as text."""
        del dialect
        return None if value is None else sorted(map(str, value))

    def process_result_value(self, value: Any, dialect: Dialect) -> AbstractSet[Any] | None:
        """Read them again."""
        del dialect
        return None if value is None else frozenset(map(UUID, value))


def member(table: str, column: str) -> Mapped[Any]:
    """Refer to a member, under the name that such a foreign key has."""
    return mapped_column(Uuid(), ForeignKey("users.id", name=f"fkx_{table}_{column}"))


class CaseStatementModel(Model):
    """What one party has said; such rows are added and never changed."""

    __tablename__ = "case_statements"

    case_id: Mapped[CaseId] = mapped_column(ForeignKey("dispute_cases.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[MemberId] = member("case_statements", "author_id")
    text: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime]

    @classmethod
    def of(cls, statement: Statement, /, *, case: CaseId, position: int) -> Self:
        """Copy a statement."""
        return cls(
            case_id=case,
            position=position,
            author_id=statement.author,
            text=statement.account.text,
            evidence=list(statement.account.evidence),
            made_at=statement.made_at,
        )


class DisputeCaseModel(Model):
    """A case, with its decision and its appeal."""

    __tablename__ = "dispute_cases"
    __table_args__ = (
        Index("ix_dispute_cases_trade_id", "trade_id", "id"),
        Index("ix_dispute_cases_state", "state", "id"),
        CheckConstraint(
            "(state IN ('decided', 'appealed', 'closed')) = (decided_at IS NOT NULL)",
            name="decided_since",
        ),
        CheckConstraint(
            "(state IN ('appealed', 'closed')) = (appealed_at IS NOT NULL)", name="appealed_since"
        ),
        CheckConstraint("(state = 'closed') = (reviewed_at IS NOT NULL)", name="closed_since"),
        CheckConstraint("confirmed_by <> decided_by", name="two_moderators"),
        CheckConstraint("review_confirmed_by <> reviewed_by", name="two_reviewers"),
        CheckConstraint(
            "reviewed_by <> decided_by AND reviewed_by <> confirmed_by"
            " AND review_confirmed_by <> decided_by AND review_confirmed_by <> confirmed_by",
            name="other_reviewers",
        ),
    )

    id: Mapped[CaseId] = mapped_column(primary_key=True)
    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id))
    kind: Mapped[DisputeKind]
    opener_id: Mapped[MemberId | None] = member("dispute_cases", "opener_id")
    opened_at: Mapped[datetime]
    widened_at: Mapped[datetime | None]
    state: Mapped[CaseState]
    assigned_to: Mapped[MemberId | None] = member("dispute_cases", "assigned_to")
    verdict: Mapped[Verdict | None]
    legs: Mapped[AbstractSet[Any] | None] = mapped_column(Uuids())
    at_fault: Mapped[AbstractSet[Any] | None] = mapped_column(Uuids())
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[MemberId | None] = member("dispute_cases", "decided_by")
    confirmed_by: Mapped[MemberId | None] = member("dispute_cases", "confirmed_by")
    decided_at: Mapped[datetime | None]
    appealed_by: Mapped[MemberId | None] = member("dispute_cases", "appealed_by")
    appeal: Mapped[str | None] = mapped_column(Text)
    appealed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    at_fault_now: Mapped[AbstractSet[Any] | None] = mapped_column(Uuids())
    review: Mapped[str | None] = mapped_column(Text)
    reviewed_by: Mapped[MemberId | None] = member("dispute_cases", "reviewed_by")
    review_confirmed_by: Mapped[MemberId | None] = member("dispute_cases", "review_confirmed_by")
    reviewed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    statements: Mapped[list[CaseStatementModel]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=CaseStatementModel.position
    )

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, case: DisputeCase, /) -> Self:
        """Copy a case."""
        decision, appeal = case.decision, case.appeal
        review = appeal and appeal.review
        return cls(
            id=case.id,
            trade_id=case.trade_id,
            kind=case.kind,
            opener_id=case.opener,
            opened_at=case.opened_at,
            widened_at=case.widened_at,
            state=case.state,
            assigned_to=case.assigned_to,
            verdict=decision and decision.found.verdict,
            legs=decision and decision.found.legs,
            at_fault=decision and decision.found.at_fault,
            reason=decision and decision.reason,
            decided_by=decision and decision.decided_by,
            confirmed_by=decision and decision.confirmed_by,
            decided_at=decision and decision.decided_at,
            appealed_by=appeal and appeal.by,
            appeal=appeal and appeal.text,
            appealed_at=appeal and appeal.made_at,
            outcome=review and review.found.outcome,
            at_fault_now=review and review.found.at_fault,
            review=review and review.reason,
            reviewed_by=review and review.decided_by,
            review_confirmed_by=review and review.confirmed_by,
            reviewed_at=review and review.decided_at,
            statements=[
                CaseStatementModel.of(statement, case=case.id, position=position)
                for position, statement in enumerate(case.statements)
            ],
        )

    def entity(self) -> DisputeCase:
        """Rebuild it."""
        return case_of(self, self.statements)


Index(
    "uq_dispute_cases_open",
    DisputeCaseModel.trade_id,
    unique=True,
    postgresql_where=DisputeCaseModel.state == CaseState.OPEN,
    sqlite_where=DisputeCaseModel.state == CaseState.OPEN,
)
REFUSALS |= {
    "uq_dispute_cases_open": DisputedAlready,
    "dispute_cases.trade_id": DisputedAlready,
}


def case_of(row: Any, statements: Sequence[Any]) -> DisputeCase:
    """Rebuild a case from its row and those of its statements, however they were read."""
    decision = row.decided_by and Ruling(
        found=Resolution(verdict=row.verdict, legs=row.legs, at_fault=row.at_fault),
        reason=row.reason,
        decided_by=row.decided_by,
        confirmed_by=row.confirmed_by,
        decided_at=row.decided_at,
    )
    review = row.reviewed_by and Ruling(
        found=Finding(outcome=row.outcome, at_fault=row.at_fault_now),
        reason=row.review,
        decided_by=row.reviewed_by,
        confirmed_by=row.review_confirmed_by,
        decided_at=row.reviewed_at,
    )
    appeal = row.appealed_by and Appeal(
        by=row.appealed_by, text=row.appeal, made_at=row.appealed_at, review=review
    )
    return DisputeCase(
        id=row.id,
        trade_id=row.trade_id,
        kind=row.kind,
        opener=row.opener_id,
        opened_at=row.opened_at,
        widened_at=row.widened_at,
        state=row.state,
        statements=tuple(
            Statement(
                each.author_id,
                Account(text=each.text, evidence=tuple(each.evidence)),
                each.made_at,
            )
            for each in statements
        ),
        assigned_to=row.assigned_to,
        decision=decision,
        appeal=appeal,
    )


class SqlDisputeCaseRepository(SqlRepository[DisputeCase, CaseId], DisputeCaseRepository):
    """Cases, locked after their trades."""

    row = DisputeCaseModel
    missing = CaseNotFound

    async def lock(self, id: CaseId) -> DisputeCase:
        """Lock the row."""
        return await self._locked(id)

    async def lock_latest(self, trade_id: TradeId) -> DisputeCase:
        """Lock the last row of this trade."""
        row = await self._current.session.scalar(
            select(DisputeCaseModel)
            .where(DisputeCaseModel.trade_id == trade_id)
            .order_by(DisputeCaseModel.id.desc())
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise CaseNotFound
        return self._read(row)
