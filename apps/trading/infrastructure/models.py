"""Trades with their parties and legs, their notes and their history as rows."""

from dataclasses import asdict
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from apps.collection.contract import CopyId
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.trading.domain.chain import Happening
from apps.trading.domain.moves import State
from apps.trading.domain.note import NoteId, TradeNote
from apps.trading.domain.terms import (
    CancellationRequest,
    Leg,
    LegId,
    LegState,
    Method,
    Party,
    TradeId,
)
from apps.trading.domain.trade import Trade

Model.registry.update_type_annotation_map(
    {TradeId: Uuid(), LegId: Uuid(), NoteId: Uuid(), CopyId: Uuid()}
)


class TradePartyModel(Model):
    """A member of an agreement; the first one began it."""

    __tablename__ = "trade_parties"
    __table_args__ = (Index("ix_trade_parties_member_id", "member_id", "trade_id"),)

    trade_id: Mapped[TradeId] = mapped_column(ForeignKey("trades.id"), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_parties_member_id"), primary_key=True
    )
    position: Mapped[int]
    consented_revision: Mapped[int | None]
    at_fault: Mapped[bool]


class LegCopyModel(Model):
    """A copy of a leg."""

    __tablename__ = "leg_copies"

    leg_id: Mapped[LegId] = mapped_column(ForeignKey("trade_legs.id"), primary_key=True)
    copy_id: Mapped[CopyId] = mapped_column(
        Uuid(), ForeignKey("copies.id", name="fkx_leg_copies_copy_id"), primary_key=True
    )


Index("ix_leg_copies_copy_id", LegCopyModel.copy_id, LegCopyModel.leg_id)


class TradeLegModel(Model):
    """What one party hands to another."""

    __tablename__ = "trade_legs"
    __table_args__ = (Index("ix_trade_legs_trade_id", "trade_id", "position"),)

    id: Mapped[LegId] = mapped_column(primary_key=True)
    trade_id: Mapped[TradeId] = mapped_column(ForeignKey("trades.id"))
    position: Mapped[int]
    giver_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_legs_giver_id")
    )
    receiver_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_legs_receiver_id")
    )
    state: Mapped[LegState]

    copies: Mapped[list[LegCopyModel]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=LegCopyModel.copy_id
    )


class TradeModel(Model):
    """An agreement of its parties."""

    __tablename__ = "trades"
    __table_args__ = (
        Index("ix_trades_author_id", "author_id", "state"),
        Index("ix_trades_due_at", "due_at"),
        CheckConstraint(
            "due_at IS NULL OR state IN ('proposed', 'accepted')", name="due_while_it_waits"
        ),
    )

    id: Mapped[TradeId] = mapped_column(primary_key=True)
    state: Mapped[State]
    revision: Mapped[int]
    author_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_author_id")
    )
    turn: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_turn")
    )
    method: Mapped[Method]
    place: Mapped[str | None] = mapped_column(String(200))
    planned_at: Mapped[datetime | None]
    answer_due_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    cancellation_asked_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_cancellation_asked_by")
    )
    cancellation_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    parties: Mapped[list[TradePartyModel]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=TradePartyModel.position
    )
    legs: Mapped[list[TradeLegModel]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=TradeLegModel.position
    )

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, trade: Trade, /) -> Self:
        """Copy a trade."""
        return cls(
            id=trade.id,
            state=trade.state,
            revision=trade.revision,
            author_id=trade.author,
            turn=trade.turn,
            method=trade.method,
            place=trade.place,
            planned_at=trade.planned_at,
            answer_due_at=trade.answer_due_at,
            accepted_at=trade.accepted_at,
            due_at=trade.due_at,
            cancellation_asked_by=trade.cancellation.by if trade.cancellation else None,
            cancellation_asked_at=trade.cancellation.at if trade.cancellation else None,
            created_at=trade.created_at,
            updated_at=trade.updated_at,
            parties=[
                TradePartyModel(
                    trade_id=trade.id,
                    member_id=party.member,
                    position=position,
                    consented_revision=party.consented_revision,
                    at_fault=party.at_fault,
                )
                for position, party in enumerate(trade.parties)
            ],
            legs=[
                TradeLegModel(
                    id=leg.id,
                    trade_id=trade.id,
                    position=position,
                    giver_id=leg.giver,
                    receiver_id=leg.receiver,
                    state=leg.state,
                    copies=[LegCopyModel(leg_id=leg.id, copy_id=copy) for copy in leg.copies],
                )
                for position, leg in enumerate(trade.legs)
            ],
        )

    def entity(self) -> Trade:
        """Rebuild it."""
        return Trade(
            id=self.id,
            parties=tuple(
                Party(row.member_id, row.consented_revision, row.at_fault) for row in self.parties
            ),
            legs=tuple(
                Leg(
                    row.id,
                    row.giver_id,
                    row.receiver_id,
                    row.state,
                    tuple(copy.copy_id for copy in row.copies),
                )
                for row in self.legs
            ),
            state=self.state,
            revision=self.revision,
            author=self.author_id,
            turn=self.turn,
            method=self.method,
            place=self.place,
            planned_at=self.planned_at,
            answer_due_at=self.answer_due_at,
            accepted_at=self.accepted_at,
            cancellation=self._cancellation(),
            created_at=self.created_at,
            updated_at=self.updated_at,
        )

    def _cancellation(self) -> CancellationRequest | None:
        if self.cancellation_asked_by is None or self.cancellation_asked_at is None:
            return None
        return CancellationRequest(self.cancellation_asked_by, self.cancellation_asked_at)


class TradeNoteModel(Model):
    """What one party told the others."""

    __tablename__ = "trade_notes"
    __table_args__ = (Index("ix_trade_notes_trade_id", "trade_id", "id"),)

    id: Mapped[NoteId] = mapped_column(primary_key=True)
    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id))
    author_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_notes_author_id")
    )
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    @classmethod
    def of(cls, note: TradeNote, /) -> Self:
        """Copy a note."""
        return cls(
            id=note.id,
            trade_id=note.trade_id,
            author_id=note.author_id,
            text=note.text,
            created_at=note.created_at,
        )

    def entity(self) -> TradeNote:
        """Rebuild it."""
        return TradeNote(
            id=self.id,
            trade_id=self.trade_id,
            author_id=self.author_id,
            text=self.text,
            created_at=self.created_at,
        )


class TradeEventModel(Model):
    """What happened to a trade; such rows are added and never changed, each linked to the last."""

    __tablename__ = "trade_events"
    __table_args__ = (Index("uq_trade_events_sequence", "trade_id", "sequence", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int]
    actor_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_events_actor_id")
    )
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    @classmethod
    def of(cls, happening: Happening, /) -> Self:
        """Copy an event with its hash."""
        return cls(**asdict(happening), hash=happening.hash)


REFUSALS |= {
    "uq_trade_events_sequence": ChangedMeanwhile,
    "trade_events.trade_id, trade_events.sequence": ChangedMeanwhile,
}
append_only(Model.metadata.tables[TradeEventModel.__tablename__])
