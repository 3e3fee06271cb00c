"""Trades with their parties, legs and history as rows."""

from dataclasses import asdict, fields
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
from apps.trading.domain.legs import Leg, LegId, LegState
from apps.trading.domain.moves import State
from apps.trading.domain.terms import HOUR, Dispute, DisputeKind, Method, Party, TradeId
from apps.trading.domain.trade import Trade

Model.registry.update_type_annotation_map({TradeId: Uuid(), LegId: Uuid(), CopyId: Uuid()})


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
    cancel_asked_at: Mapped[datetime | None]
    resume_asked: Mapped[bool]
    dispute_withdrawn: Mapped[bool]

    @classmethod
    def of(cls, party: Party, /, *, trade: TradeId, position: int) -> Self:
        """Copy a party."""
        same = {name: getattr(party, name) for name in SAME_OF_PARTY}
        return cls(trade_id=trade, member_id=party.member, position=position, **same)

    def value(self) -> Party:
        """Rebuild it."""
        return Party(self.member_id, **{name: getattr(self, name) for name in SAME_OF_PARTY})


SAME_OF_PARTY = tuple(field.name for field in fields(Party) if field.name != "member")
"""What a party and its row call alike."""


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
    ship_by: Mapped[datetime | None]
    waits_since: Mapped[datetime | None]
    must_track: Mapped[bool]
    abroad: Mapped[bool]
    carrier: Mapped[str | None] = mapped_column(String(60))
    tracking_number: Mapped[str | None] = mapped_column(String(60))
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    verified: Mapped[bool]
    auto_received: Mapped[bool]
    disputed_at: Mapped[datetime | None]

    copies: Mapped[list[LegCopyModel]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=LegCopyModel.copy_id
    )

    @classmethod
    def of(
        cls, leg: Leg, /, *, trade: TradeId, position: int, disputed_at: datetime | None
    ) -> Self:
        """Copy a leg, and since when it is disputed."""
        same = {name: getattr(leg, name) for name in SAME}
        return cls(
            trade_id=trade,
            position=position,
            giver_id=leg.giver,
            receiver_id=leg.receiver,
            disputed_at=disputed_at,
            copies=[LegCopyModel(leg_id=leg.id, copy_id=copy) for copy in leg.copies],
            **same,
        )

    def value(self) -> Leg:
        """Rebuild it."""
        same = {name: getattr(self, name) for name in SAME}
        copies = tuple(copy.copy_id for copy in self.copies)
        return Leg(giver=self.giver_id, receiver=self.receiver_id, copies=copies, **same)


SAME = tuple(each.name for each in fields(Leg) if each.name not in {"giver", "receiver", "copies"})
"""What a leg and its row call alike."""


class TradeModel(Model):
    """An agreement of its parties."""

    __tablename__ = "trades"
    __table_args__ = (
        Index("ix_trades_author_id", "author_id", "state"),
        Index("ix_trades_due_at", "due_at"),
        CheckConstraint(
            "due_at IS NULL OR state IN ('proposed', 'accepted', 'fulfilling', 'disputed')",
            name="due_while_it_waits",
        ),
        CheckConstraint("answer_within_hours > 0", name="answer_within"),
        CheckConstraint("(state = 'disputed') = (disputed_at IS NOT NULL)", name="disputed_since"),
    )

    id: Mapped[TradeId] = mapped_column(primary_key=True)
    state: Mapped[State]
    revision: Mapped[int]
    author_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_author_id")
    )
    turn: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_turn")
    )
    method: Mapped[Method]
    place: Mapped[str | None] = mapped_column(String(200))
    planned_at: Mapped[datetime | None]
    answer_within_hours: Mapped[int]
    answer_due_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    first_sender: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_first_sender")
    )
    tracked: Mapped[bool]
    reopened_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_reopened_by")
    )
    dispute_kind: Mapped[DisputeKind | None]
    dispute_opener: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trades_dispute_opener")
    )
    disputed_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
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
        dispute = trade.dispute
        return cls(
            id=trade.id,
            state=trade.state,
            revision=trade.revision,
            author_id=trade.author,
            turn=trade.turn,
            method=trade.method,
            place=trade.place,
            planned_at=trade.planned_at,
            answer_within_hours=trade.answer_within // HOUR,
            answer_due_at=trade.answer_due_at,
            accepted_at=trade.accepted_at,
            due_at=trade.due_at,
            first_sender=trade.first_sender,
            tracked=trade.tracked,
            reopened_by=trade.reopened_by,
            dispute_kind=dispute.kind if dispute else None,
            dispute_opener=dispute.opener if dispute else None,
            disputed_at=dispute.opened_at if dispute else None,
            not_before=trade.not_before,
            created_at=trade.created_at,
            updated_at=trade.updated_at,
            parties=[
                TradePartyModel.of(party, trade=trade.id, position=position)
                for position, party in enumerate(trade.parties)
            ],
            legs=[
                TradeLegModel.of(
                    leg,
                    trade=trade.id,
                    position=position,
                    disputed_at=dispute.legs.get(leg.id) if dispute else None,
                )
                for position, leg in enumerate(trade.legs)
            ],
        )

    def entity(self) -> Trade:
        """Rebuild it."""
        return Trade(
            id=self.id,
            parties=tuple(row.value() for row in self.parties),
            legs=tuple(row.value() for row in self.legs),
            state=self.state,
            revision=self.revision,
            author=self.author_id,
            turn=self.turn,
            method=self.method,
            place=self.place,
            planned_at=self.planned_at,
            first_sender=self.first_sender,
            tracked=self.tracked,
            answer_within=self.answer_within_hours * HOUR,
            answer_due_at=self.answer_due_at,
            accepted_at=self.accepted_at,
            reopened_by=self.reopened_by,
            dispute=self._dispute(),
            not_before=self.not_before,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )

    def _dispute(self) -> Dispute | None:
        if self.dispute_kind is None or self.disputed_at is None:
            return None
        return Dispute(
            kind=self.dispute_kind,
            opener=self.dispute_opener,
            legs={row.id: row.disputed_at for row in self.legs if row.disputed_at},
            opened_at=self.disputed_at,
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
