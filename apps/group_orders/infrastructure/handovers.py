"""Handovers of group orders as rows, and found and kept in SQL."""

from datetime import datetime
from typing import Self

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, Uuid, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from apps.group_orders.application.show_handover import HandoverView, ShowHandover
from apps.group_orders.domain.handover import (
    Handover,
    HandoverId,
    HandoverNotFound,
    HandoverRepository,
    Outcome,
    majority,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import Part
from apps.group_orders.domain.payment import JoinersOnly
from apps.group_orders.infrastructure.models import GroupOrderModel, OrderJoinerModel
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.identity.contract import Ranks
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.replies import INSERT
from apps.shared.infrastructure.repository import SqlRepository

Model.registry.update_type_annotation_map({HandoverId: Uuid()})

PENDING = text("ended_at IS NULL")
SAME = (
    *("id", "asked_by", "reason", "asked_at", "accepted_at"),
    *("approved_by", "approved_at", "ended_at", "outcome"),
)
"""What a handover and its row call alike."""


class OrderHandoverModel(Model):
    """That an order is to be handed over, or was."""

    __tablename__ = "order_handovers"
    __table_args__ = (
        Index("ix_order_handovers_group_order_id", "group_order_id", "id"),
        Index(
            "uq_order_handovers_pending",
            "group_order_id",
            unique=True,
            postgresql_where=PENDING,
            sqlite_where=PENDING,
        ),
        CheckConstraint("giver_id <> receiver_id", name="organisers"),
        CheckConstraint("outcome IN ('done', 'void')", name="outcome"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
        CheckConstraint(
            "outcome <> 'done' OR accepted_at IS NOT NULL AND approved_at IS NOT NULL", name="done"
        ),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approved"),
    )

    id: Mapped[HandoverId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    giver_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_handovers_giver_id")
    )
    receiver_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_handovers_receiver_id")
    )
    asked_by: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_handovers_asked_by")
    )
    reason: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    approved_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_handovers_approved_by")
    )
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]

    @classmethod
    def of(cls, handover: Handover, /) -> Self:
        """Copy a handover."""
        return cls(
            group_order_id=handover.order,
            giver_id=handover.giver,
            receiver_id=handover.receiver,
            **{name: getattr(handover, name) for name in SAME},
        )

    def entity(self) -> Handover:
        """Rebuild it."""
        return Handover(
            order=self.group_order_id,
            giver=self.giver_id,
            receiver=self.receiver_id,
            **{name: getattr(self, name) for name in SAME},
        )


class OrderHandoverVoteModel(Model):
    """That a joiner agrees to a handover."""

    __tablename__ = "order_handover_votes"
    __table_args__ = (Index("ix_order_handover_votes_member_id", "member_id"),)

    handover_id: Mapped[HandoverId] = mapped_column(
        ForeignKey(OrderHandoverModel.id), primary_key=True
    )
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_handover_votes_member_id"), primary_key=True
    )
    agreed_at: Mapped[datetime]


REFUSALS |= dict.fromkeys(
    ("uq_order_handovers_pending", "order_handovers.group_order_id"), ChangedMeanwhile
)
HANDOVER, VOTE, JOINER = OrderHandoverModel, OrderHandoverVoteModel, OrderJoinerModel
LAST = Question(
    select(
        *(getattr(HANDOVER, name) for name in SAME if name != "approved_by"),
        HANDOVER.giver_id,
        HANDOVER.receiver_id,
    )
    .where(HANDOVER.group_order_id == bindparam("order"))
    .order_by(HANDOVER.id.desc())
    .limit(1)
)
HAVING_A_SAY = Question(
    select(JOINER.member_id, VOTE.agreed_at)
    .outerjoin(
        VOTE, (VOTE.handover_id == bindparam("handover")) & (VOTE.member_id == JOINER.member_id)
    )
    .where(JOINER.group_order_id == bindparam("order"))
)


class SqlHandoverRepository(SqlRepository[Handover, HandoverId], HandoverRepository):
    """Handovers by order, and who agrees to them."""

    row = OrderHandoverModel
    missing = HandoverNotFound

    async def save(self, entity: Handover, /) -> None:
        """Write it now: one that is void makes room for the next."""
        await super().save(entity)
        await self._current.session.flush()

    async def pending(self, *, of: GroupOrderId) -> Handover | None:
        """Look at the partial index."""
        row = await self._current.session.scalar(
            select(HANDOVER).where(HANDOVER.group_order_id == of, HANDOVER.ended_at.is_(None))
        )
        return None if row is None else self._read(row)

    async def agree(self, id: HandoverId, member: MemberId, *, at: datetime) -> None:
        """Insert a row unless it is there."""
        session = self._current.session
        upsert = INSERT[session.get_bind().dialect.name](VOTE)
        row = {"handover_id": id, "member_id": member, "agreed_at": at}
        await session.execute(upsert.values(row).on_conflict_do_nothing())

    async def agreed(self, id: HandoverId) -> frozenset[MemberId]:
        """Read a range of the key."""
        theirs = select(VOTE.member_id).where(VOTE.handover_id == id)
        return frozenset(await self._current.session.scalars(theirs))


class SqlShowHandover(ShowHandover):
    """The last one, and its joiners with their votes."""

    def __init__(self, reads: Reads, orders: OrderReads, ranks: Ranks) -> None:
        self._reads = reads
        self._orders = orders
        self._ranks = ranks

    async def __call__(self, id: GroupOrderId, *, to: MemberId) -> HandoverView:
        """Count those joiners only who are there and do not run the order."""
        _, part = await self._orders.one(id, to=to)
        if part is Part.STRANGER:
            raise JoinersOnly
        found = await self._reads(LAST, order=id)
        if not found:
            raise HandoverNotFound
        (row,) = found
        votes = {
            each.member_id: each.agreed_at is not None
            for each in await self._reads(HAVING_A_SAY, order=id, handover=row.id)
            if each.member_id not in {row.giver_id, row.receiver_id}
        }
        here = await self._ranks.among(votes)
        return HandoverView(
            id=row.id,
            organiser_id=row.giver_id,
            co_organiser_id=row.receiver_id,
            asked_by=row.asked_by,
            reason=row.reason,
            asked_at=row.asked_at,
            accepted_at=row.accepted_at,
            approved_at=row.approved_at,
            joiners=len(here),
            agreed=sum(votes[each] for each in here),
            needed=majority(len(here)),
            i_agree=votes.get(to, False),
            ended_at=row.ended_at,
            outcome=row.outcome,
        )
