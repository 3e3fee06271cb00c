"""Rounds, who takes part in them, their runs and the rings of those, as rows."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.matching.domain.planned_ring import Dissolution, RingId, RingState, RunId
from apps.matching.domain.round import MatchingRound, RoundId
from apps.matching.domain.round_steps import RoundState
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.trading.contract import TradeId

Model.registry.update_type_annotation_map({RoundId: Uuid(), RunId: Uuid(), RingId: Uuid()})

OPEN = text("state = 'open'")
"""Written out, or no database would know that a partial index serves."""


class MatchingRoundModel(Model):
    """A matching round."""

    __tablename__ = "matching_rounds"
    __table_args__ = (
        Index("ix_matching_rounds_state", "state", "id"),
        Index("ix_matching_rounds_region", "region", "id"),
        Index("ix_matching_rounds_opener_id", "opener_id", "state"),
        Index(
            "ix_matching_rounds_closes_at", "closes_at", postgresql_where=OPEN, sqlite_where=OPEN
        ),
        CheckConstraint("max_length BETWEEN 2 AND 4", name="max_length"),
        CheckConstraint(
            "state IN ('open', 'closed', 'solving', 'published', 'settled')", name="state"
        ),
        CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)"
            " AND (closed_at IS NULL) = (seed IS NULL)"
            " AND (closed_at IS NULL) = (closed_by IS NULL)"
            " AND (closed_at IS NULL) = (generation = 0)",
            name="closed",
        ),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled"),
    )

    id: Mapped[RoundId] = mapped_column(primary_key=True)
    opener_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_matching_rounds_opener_id")
    )
    title: Mapped[str] = mapped_column(String(120))
    region: Mapped[str | None] = mapped_column(String(6))
    max_length: Mapped[int]
    state: Mapped[RoundState]
    closes_at: Mapped[datetime]
    seed: Mapped[int | None] = mapped_column(BigInteger)
    closed_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_matching_rounds_closed_by")
    )
    operation_id: Mapped[UUID | None]
    generation: Mapped[int]
    closed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, round: MatchingRound, /) -> Self:
        """Copy a round."""
        same = {name: getattr(round, name) for name in SAME}
        return cls(opener_id=round.opener, operation_id=round.operation, **same)

    def entity(self) -> MatchingRound:
        """Rebuild it."""
        same = {name: getattr(self, name) for name in SAME}
        return MatchingRound(opener=self.opener_id, operation=self.operation_id, **same)


SAME = (
    *("id", "title", "region", "max_length", "state", "closes_at", "seed", "closed_by"),
    *("generation", "closed_at", "settled_at", "created_at", "updated_at"),
)
"""What a round and its row call alike."""


class MatchingEntryModel(Model):
    """A member's part in a round, of which there is one."""

    __tablename__ = "matching_entries"
    __table_args__ = (Index("ix_matching_entries_member_id", "member_id", "round_id"),)

    round_id: Mapped[RoundId] = mapped_column(ForeignKey(MatchingRoundModel.id), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_matching_entries_member_id"), primary_key=True
    )
    copy_ids: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    want_group_ids: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    joined_at: Mapped[datetime]


class MatchingRunModel(Model):
    """What a generation of a round was solved from, and what was found."""

    __tablename__ = "matching_runs"
    __table_args__ = (
        Index("uq_matching_runs_generation", "round_id", "generation", unique=True),
        CheckConstraint("generation >= 1", name="generation"),
        CheckConstraint(
            "(solved_at IS NULL) = (result_digest IS NULL)"
            " AND (solved_at IS NULL) = (bound IS NULL)"
            " AND (solved_at IS NULL) = (milliseconds IS NULL)"
            " AND (solved_at IS NULL) = (acceptance_permille IS NULL)",
            name="solved",
        ),
        CheckConstraint("acceptance_permille BETWEEN 0 AND 1000", name="acceptance"),
    )

    id: Mapped[RunId] = mapped_column(primary_key=True)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey(MatchingRoundModel.id))
    generation: Mapped[int]
    strategy: Mapped[str] = mapped_column(String(40))
    strategy_version: Mapped[int]
    max_length: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    watermark_tx: Mapped[int] = mapped_column(BigInteger)
    watermark_position: Mapped[int] = mapped_column(BigInteger)
    input: Mapped[bytes] = mapped_column(LargeBinary)
    """The canonical text, deflated."""
    input_digest: Mapped[str] = mapped_column(String(64))
    members: Mapped[int]
    offers: Mapped[int]
    wishes: Mapped[int]
    frozen_at: Mapped[datetime]
    result_digest: Mapped[str | None] = mapped_column(String(64))
    bound: Mapped[int | None]
    milliseconds: Mapped[int | None]
    acceptance_permille: Mapped[int | None]
    solved_at: Mapped[datetime | None]


class MatchingRingModel(Model):
    """A ring of a run, and the one trade that it has become."""

    __tablename__ = "matching_rings"
    __table_args__ = (
        Index("uq_matching_rings_position", "run_id", "position", unique=True),
        Index("uq_matching_rings_trade_id", "trade_id", unique=True),
        CheckConstraint("length BETWEEN 2 AND 4", name="length"),
        CheckConstraint(
            "state IN ('planned', 'proposed', 'accepted', 'completed', 'dissolved', 'broken')",
            name="state",
        ),
        CheckConstraint(
            "trade_id IS NOT NULL OR state IN ('planned', 'dissolved')", name="proposed"
        ),
        CheckConstraint("trade_id IS NULL OR state <> 'planned'", name="planned"),
        CheckConstraint("(state IN ('dissolved', 'broken')) = (reason IS NOT NULL)", name="reason"),
    )

    id: Mapped[RingId] = mapped_column(primary_key=True)
    run_id: Mapped[RunId] = mapped_column(ForeignKey(MatchingRunModel.id))
    position: Mapped[int]
    length: Mapped[int]
    cards: Mapped[int]
    legs: Mapped[Any] = mapped_column(JSON)
    """As in the canonical text of the rings of a run."""
    state: Mapped[RingState]
    reason: Mapped[Dissolution | None]
    refused_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_matching_rings_refused_by")
    )
    trade_id: Mapped[TradeId | None] = mapped_column(
        Uuid(), ForeignKey("trades.id", name="fkx_matching_rings_trade_id")
    )
    updated_at: Mapped[datetime]


class MatchingRingMemberModel(Model):
    """Who is in a ring, and whether they consent."""

    __tablename__ = "matching_ring_members"
    __table_args__ = (Index("ix_matching_ring_members_member_id", "member_id", "ring_id"),)

    ring_id: Mapped[RingId] = mapped_column(ForeignKey(MatchingRingModel.id), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_matching_ring_members_member_id"), primary_key=True
    )
    consented: Mapped[bool]


REFUSALS |= dict.fromkeys(
    (
        *("uq_matching_runs_generation", "matching_runs.round_id, matching_runs.generation"),
        *("uq_matching_rings_position", "matching_rings.run_id, matching_rings.position"),
        *("uq_matching_rings_trade_id", "matching_rings.trade_id"),
    ),
    ChangedMeanwhile,
)
