"""Order rounds, their slots, what was claimed of them and to whom they were allocated, as rows."""

from datetime import datetime
from typing import Self

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import OrderRound
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.round_events import AllocationId, ClaimId, OrderRoundId, SlotId
from apps.group_orders.domain.round_steps import ClaimState, EndReason, OrderRoundState
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map(
    {OrderRoundId: Uuid(), SlotId: Uuid(), ClaimId: Uuid(), AllocationId: Uuid()}
)

OPEN = text("state = 'open'")
"""Written out, or no database would know that a partial index serves."""
LIVE = text("ended_at IS NULL")
SENT = text("shipped_at IS NOT NULL AND confirmed_at IS NULL AND ended_at IS NULL")
OFFERED = text("offered_to IS NOT NULL AND ended_at IS NULL")
A_THING = "(card_id IS NULL) <> (item IS NULL)"


class OrderRoundModel(Model):
    """A round of a group order; `input` is what a draw is made from, as it was fixed at closing."""

    __tablename__ = "order_rounds"
    __table_args__ = (
        Index("uq_order_rounds_number", "group_order_id", "number", unique=True),
        Index("uq_order_rounds_order", "id", "group_order_id", unique=True),
        Index("ix_order_rounds_closes_at", "closes_at", postgresql_where=OPEN, sqlite_where=OPEN),
        CheckConstraint(
            "state IN ('planned', 'open', 'closed', 'allocated', 'settled', 'cancelled')",
            name="state",
        ),
        CheckConstraint(
            "policy IN ('first_come', 'priority', 'set_complete', 'lottery')", name="policy"
        ),
        CheckConstraint(
            "state IN ('planned', 'cancelled') OR opened_at IS NOT NULL", name="opened"
        ),
        CheckConstraint(
            "state IN ('planned', 'open', 'cancelled') OR closed_at IS NOT NULL", name="closed"
        ),
        CheckConstraint(
            "state NOT IN ('allocated', 'settled') OR allocated_at IS NOT NULL", name="allocated"
        ),
        CheckConstraint(
            "policy = 'lottery' AND (seed IS NULL) = (opened_at IS NULL)"
            " AND (seed_commitment IS NULL) = (opened_at IS NULL)"
            " AND (input IS NULL) = (closed_at IS NULL)"
            " AND (claims_digest IS NULL) = (closed_at IS NULL)"
            " AND (revealed_at IS NULL) = (allocated_at IS NULL)"
            " OR policy <> 'lottery' AND seed IS NULL AND seed_commitment IS NULL"
            " AND input IS NULL AND claims_digest IS NULL AND revealed_at IS NULL",
            name="draw",
        ),
    )

    id: Mapped[OrderRoundId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    policy: Mapped[Policy]
    state: Mapped[OrderRoundState]
    closes_at: Mapped[datetime]
    seed_commitment: Mapped[str | None] = mapped_column(String(64))
    seed: Mapped[str | None] = mapped_column(String(64))
    input: Mapped[str | None] = mapped_column(Text)
    claims_digest: Mapped[str | None] = mapped_column(String(64))
    revealed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    allocated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, round: OrderRound, /) -> Self:
        """Copy a round."""
        same = {name: getattr(round, name) for name in SAME}
        return cls(group_order_id=round.order, **same)

    def entity(self) -> OrderRound:
        """Rebuild it."""
        same = {name: getattr(self, name) for name in SAME}
        return OrderRound(order=self.group_order_id, **same)


SAME = (
    *("id", "number", "title", "policy", "state", "closes_at", "seed_commitment", "seed"),
    *("input", "claims_digest", "revealed_at", "opened_at", "closed_at", "allocated_at"),
    *("created_at", "updated_at"),
)
"""What a round and its row call alike."""


class OrderSlotModel(Model):
    """One unit that a round has to hand out: of a card, or of an item by its name."""

    __tablename__ = "order_slots"
    __table_args__ = (
        Index("uq_order_slots_number", "round_id", "number", unique=True),
        Index("uq_order_slots_round", "id", "round_id", unique=True),
        Index("ix_order_slots_card_id", "card_id"),
        CheckConstraint(A_THING, name="thing"),
        CheckConstraint("unit_price > 0", name="unit_price"),
        CheckConstraint("number > 0", name="number"),
    )

    id: Mapped[SlotId] = mapped_column(primary_key=True)
    round_id: Mapped[OrderRoundId] = mapped_column(ForeignKey(OrderRoundModel.id))
    number: Mapped[int]
    card_id: Mapped[CardId | None] = mapped_column(
        Uuid(), ForeignKey("cards.id", name="fkx_order_slots_card_id")
    )
    item: Mapped[str | None] = mapped_column(String(120))
    unit_price: Mapped[int] = mapped_column(BigInteger)
    set_number: Mapped[int | None]


class OrderClaimModel(Model):
    """What a member asks for; `sequence` is the server's order of claims in the round.

    `granted` of its `quantity` are theirs, as many as the live allocations that name it.
    """

    __tablename__ = "order_claims"
    __table_args__ = (
        Index("uq_order_claims_sequence", "round_id", "sequence", unique=True),
        Index("uq_order_claims_round", "id", "round_id", "member_id", unique=True),
        Index("ix_order_claims_member_id", "member_id", "round_id"),
        Index("ix_order_claims_card_id", "card_id"),
        CheckConstraint(
            "state IN ('submitted', 'allocated', 'waitlisted', 'refused', 'withdrawn')",
            name="state",
        ),
        CheckConstraint(A_THING, name="thing"),
        CheckConstraint("quantity > 0 AND rank > 0", name="quantity"),
        CheckConstraint(
            "granted >= 0"
            " AND (state <> 'allocated' OR granted = quantity)"
            " AND (state <> 'waitlisted' OR granted < quantity)"
            " AND (state IN ('allocated', 'waitlisted') OR granted = 0)",
            name="granted",
        ),
        CheckConstraint(
            "(state IN ('refused', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended"
        ),
    )

    id: Mapped[ClaimId] = mapped_column(primary_key=True)
    round_id: Mapped[OrderRoundId] = mapped_column(ForeignKey(OrderRoundModel.id))
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_claims_member_id")
    )
    sequence: Mapped[int]
    card_id: Mapped[CardId | None] = mapped_column(
        Uuid(), ForeignKey("cards.id", name="fkx_order_claims_card_id")
    )
    item: Mapped[str | None] = mapped_column(String(120))
    quantity: Mapped[int]
    rank: Mapped[int | None]
    granted: Mapped[int]
    state: Mapped[ClaimState]
    submitted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OrderAllocationModel(Model):
    """That a slot is a member's; one at most of those of a slot lives.

    A copy is expected for it where the slot is of a card.
    """

    __tablename__ = "order_allocations"
    __table_args__ = (
        Index(
            "uq_order_allocations_live",
            "slot_id",
            unique=True,
            postgresql_where=LIVE,
            sqlite_where=LIVE,
        ),
        Index("uq_order_allocations_copy_id", "copy_id", unique=True),
        Index("uq_order_allocations_order", "id", "group_order_id", unique=True),
        Index("ix_order_allocations_slot_id", "slot_id", "round_id"),
        Index("ix_order_allocations_round_id", "round_id", "group_order_id"),
        Index("ix_order_allocations_claim_id", "claim_id", "round_id", "member_id"),
        Index("ix_order_allocations_group_order_id", "group_order_id", "id"),
        Index("ix_order_allocations_member_id", "member_id", "group_order_id"),
        Index("ix_order_allocations_sent", "shipped_at", postgresql_where=SENT, sqlite_where=SENT),
        Index(
            "ix_order_allocations_offered_to",
            "offered_to",
            postgresql_where=OFFERED,
            sqlite_where=OFFERED,
        ),
        ForeignKeyConstraint(
            ["slot_id", "round_id"],
            ["order_slots.id", "order_slots.round_id"],
            name="fk_order_allocations_slot_id_round_id",
        ),
        ForeignKeyConstraint(
            ["round_id", "group_order_id"],
            ["order_rounds.id", "order_rounds.group_order_id"],
            name="fk_order_allocations_round_id_group_order_id",
        ),
        ForeignKeyConstraint(
            ["claim_id", "round_id", "member_id"],
            ["order_claims.id", "order_claims.round_id", "order_claims.member_id"],
            name="fk_order_allocations_claim_id_round_id_member_id",
        ),
        CheckConstraint("unit_price > 0", name="unit_price"),
        CheckConstraint(
            "end_reason IN"
            " ('withdrawn', 'transferred', 'reclaimed', 'released', 'cancelled', 'refuted')",
            name="end_reason",
        ),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
        CheckConstraint("(offered_to IS NULL) = (offered_at IS NULL)", name="offered"),
        CheckConstraint("offered_to <> member_id", name="receiver"),
        CheckConstraint("(disputed_at IS NULL) = (dispute_kind IS NULL)", name="disputed"),
        CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name="decided"),
    )

    id: Mapped[AllocationId] = mapped_column(primary_key=True)
    slot_id: Mapped[SlotId]
    round_id: Mapped[OrderRoundId]
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    claim_id: Mapped[ClaimId]
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_allocations_member_id")
    )
    copy_id: Mapped[CopyId | None] = mapped_column(
        Uuid(), ForeignKey("copies.id", name="fkx_order_allocations_copy_id")
    )
    unit_price: Mapped[int] = mapped_column(BigInteger)
    allocated_at: Mapped[datetime]
    offered_to: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_allocations_offered_to")
    )
    offered_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    carrier: Mapped[str | None] = mapped_column(String(40))
    tracking_number: Mapped[str | None] = mapped_column(String(40))
    delivered_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    disputed_at: Mapped[datetime | None]
    dispute_kind: Mapped[str | None] = mapped_column(String(40))
    dispute_text: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_allocations_decided_by")
    )
    decision: Mapped[str | None] = mapped_column(String(20))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None]


REFUSALS |= dict.fromkeys(
    (
        *("uq_order_rounds_number", "order_rounds.group_order_id, order_rounds.number"),
        *("uq_order_rounds_order", "order_rounds.id, order_rounds.group_order_id"),
        *("uq_order_slots_number", "order_slots.round_id, order_slots.number"),
        *("uq_order_slots_round", "order_slots.id, order_slots.round_id"),
        *("uq_order_claims_sequence", "order_claims.round_id, order_claims.sequence"),
        "uq_order_claims_round",
        "order_claims.id, order_claims.round_id, order_claims.member_id",
        *("uq_order_allocations_live", "order_allocations.slot_id"),
        *("uq_order_allocations_copy_id", "order_allocations.copy_id"),
        "uq_order_allocations_order",
        "order_allocations.id, order_allocations.group_order_id",
    ),
    ChangedMeanwhile,
)
