"""Milestones and their moves as rows."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from apps.group_orders.domain.milestone import (
    Milestone,
    MilestoneExists,
    MilestoneId,
)
from apps.group_orders.domain.milestone_steps import (
    MilestoneKind,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map({MilestoneId: Uuid()})

AHEAD = text("done_at IS NULL AND skipped_at IS NULL")
"""Written out, or no database would know that a partial index serves."""


class OrderMilestoneModel(Model):
    """A day by which something is to have happened to a group order."""

    __tablename__ = "order_milestones"
    __table_args__ = (
        Index("uq_order_milestones_kind", "group_order_id", "kind", unique=True),
        Index(
            "ix_order_milestones_due_at",
            "due_at",
            "group_order_id",
            postgresql_where=AHEAD,
            sqlite_where=AHEAD,
        ),
        CheckConstraint(
            "kind IN ('ordered', 'seller_shipped', 'at_forwarder', 'shipped_abroad', 'arrived',"
            " 'sorted', 'domestic_shipped', 'delivered')",
            name="kind",
        ),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done"),
        CheckConstraint("done_at IS NULL OR skipped_at IS NULL", name="skipped"),
    )

    id: Mapped[MilestoneId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    kind: Mapped[MilestoneKind]
    planned_on: Mapped[date]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_milestones_done_by")
    )
    note: Mapped[str | None] = mapped_column(Text)
    proof_url: Mapped[str | None] = mapped_column(String(500))
    overdue_at: Mapped[datetime | None]
    skipped_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, milestone: Milestone, /) -> Self:
        """Copy a milestone."""
        same = {name: getattr(milestone, name) for name in SAME}
        return cls(group_order_id=milestone.order, **same)

    def entity(self) -> Milestone:
        """Rebuild it."""
        return Milestone(order=self.group_order_id, **{name: getattr(self, name) for name in SAME})


SAME = (
    *("id", "kind", "planned_on", "due_at", "done_at", "done_by", "note", "proof_url"),
    *("overdue_at", "skipped_at", "created_at"),
)
"""What a milestone and its row call alike."""


class MilestoneMoveModel(Model):
    """That a milestone was planned for another day, which is never unsaid."""

    __tablename__ = "milestone_moves"
    __table_args__ = (Index("ix_milestone_moves_milestone_id", "milestone_id", "moved_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    milestone_id: Mapped[MilestoneId] = mapped_column(ForeignKey(OrderMilestoneModel.id))
    was_on: Mapped[date]
    planned_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    moved_by: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_milestone_moves_moved_by")
    )
    moved_at: Mapped[datetime]


append_only(Model.metadata.tables[MilestoneMoveModel.__tablename__])

REFUSALS |= dict.fromkeys(
    ("uq_order_milestones_kind", "order_milestones.group_order_id, order_milestones.kind"),
    MilestoneExists,
)
