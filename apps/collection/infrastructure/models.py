"""Copies, promises, chains of custody and want groups as rows."""

from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, Uuid, case, literal, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from apps.catalogue.contract import CardId
from apps.collection.domain.copy import Condition, Copy, CopyAlreadyPromised, CopyState
from apps.collection.domain.copy_events import AgreementId, CopyId
from apps.collection.domain.want_group import WantGroup, WantGroupId
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map(
    {CopyId: Uuid(), AgreementId: Uuid(), WantGroupId: Uuid(), CardId: Uuid()}
)

REFUSALS |= {
    "uq_copy_promises_live": CopyAlreadyPromised,
    "copy_promises.copy_id": CopyAlreadyPromised,
}


class CopyModel(Model):
    """One physical card."""

    __tablename__ = "copies"

    id: Mapped[CopyId] = mapped_column(primary_key=True)
    card_id: Mapped[CardId] = mapped_column(
        Uuid(), ForeignKey("cards.id", name="fkx_copies_card_id")
    )
    owner_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_copies_owner_id")
    )
    condition: Mapped[Condition]
    state: Mapped[CopyState]
    for_trade: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, copy: Copy, /) -> Self:
        """Copy a copy."""
        return cls(
            id=copy.id,
            card_id=copy.card_id,
            owner_id=copy.owner_id,
            condition=copy.condition,
            state=copy.state,
            for_trade=copy.for_trade,
            note=copy.note,
            created_at=copy.created_at,
            updated_at=copy.updated_at,
        )

    def entity(self) -> Copy:
        """Rebuild it."""
        return Copy(
            id=self.id,
            card_id=self.card_id,
            owner_id=self.owner_id,
            condition=self.condition,
            state=self.state,
            for_trade=self.for_trade,
            note=self.note,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


# Written out, not bound: the planner must see that a question falls within a partial index.
HELD = CopyModel.state != literal_column(f"'{CopyState.GONE}'")
LISTED = CopyModel.for_trade & (CopyModel.state == literal_column(f"'{CopyState.HELD}'"))

Index(
    "ix_copies_owner_id", CopyModel.owner_id, CopyModel.id, postgresql_where=HELD, sqlite_where=HELD
)
Index(
    "ix_copies_listed_by_owner",
    CopyModel.owner_id,
    CopyModel.id,
    postgresql_where=LISTED,
    sqlite_where=LISTED,
)
Index(
    "ix_copies_listed_by_owner_and_card",
    CopyModel.owner_id,
    CopyModel.card_id,
    postgresql_where=LISTED,
    sqlite_where=LISTED,
)
Index(
    "ix_copies_listed_by_card",
    CopyModel.card_id,
    CopyModel.id,
    CopyModel.owner_id,
    postgresql_where=LISTED,
    sqlite_where=LISTED,
)


class CopyPromiseModel(Model):
    """The consent to hand a copy over under one agreement, live until released or fulfilled."""

    __tablename__ = "copy_promises"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    copy_id: Mapped[CopyId] = mapped_column(ForeignKey(CopyModel.id))
    agreement_id: Mapped[AgreementId] = mapped_column(index=True)
    receiver_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_copy_promises_receiver_id")
    )
    """Who may count on it; nobody yet while the agreement is only proposed."""
    promised_at: Mapped[datetime]
    shipped_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]


LIVE = CopyPromiseModel.released_at.is_(None) & CopyPromiseModel.fulfilled_at.is_(None)
AS_PROMISED = case(
    (CopyPromiseModel.shipped_at.is_(None), literal(CopyState.PROMISED.value)),
    else_=literal(CopyState.IN_TRANSIT.value),
)
"""The state of a copy under this live promise."""

Index(
    "uq_copy_promises_live",
    CopyPromiseModel.copy_id,
    unique=True,
    postgresql_where=LIVE,
    sqlite_where=LIVE,
)


Index(
    "ix_copy_promises_receiver_id",
    CopyPromiseModel.receiver_id,
    postgresql_where=LIVE,
    sqlite_where=LIVE,
)


class CopyHandoverModel(Model):
    """A link of a copy's chain of custody; such rows are added and never changed (P7)."""

    __tablename__ = "copy_handovers"
    __table_args__ = (Index("ix_copy_handovers_copy_id", "copy_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    copy_id: Mapped[CopyId] = mapped_column(ForeignKey(CopyModel.id))
    giver_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_copy_handovers_giver_id")
    )
    receiver_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_copy_handovers_receiver_id")
    )
    agreement_id: Mapped[AgreementId]
    at: Mapped[datetime]


append_only(Model.metadata.tables[CopyHandoverModel.__tablename__])


class WantedCardModel(Model):
    """A card of a want group."""

    __tablename__ = "wanted_cards"

    want_group_id: Mapped[WantGroupId] = mapped_column(
        ForeignKey("want_groups.id", ondelete="CASCADE"), primary_key=True
    )
    card_id: Mapped[CardId] = mapped_column(
        Uuid(), ForeignKey("cards.id", name="fkx_wanted_cards_card_id"), primary_key=True
    )
    position: Mapped[int]


Index("ix_wanted_cards_card_id", WantedCardModel.card_id, WantedCardModel.want_group_id)


class WantGroupModel(Model):
    """So many of these cards are looked for."""

    __tablename__ = "want_groups"
    __table_args__ = (
        CheckConstraint("count >= 1", name="count"),
        CheckConstraint("rank BETWEEN 1 AND 5", name="rank"),
    )

    id: Mapped[WantGroupId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_want_groups_member_id")
    )
    count: Mapped[int]
    rank: Mapped[int]
    min_condition: Mapped[Condition | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    cards: Mapped[list[WantedCardModel]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by=WantedCardModel.position
    )

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, group: WantGroup, /) -> Self:
        """Copy a want group."""
        return cls(
            id=group.id,
            member_id=group.member_id,
            count=group.count,
            rank=group.rank,
            min_condition=group.min_condition,
            created_at=group.created_at,
            updated_at=group.updated_at,
            cards=[
                WantedCardModel(want_group_id=group.id, card_id=card, position=position)
                for position, card in enumerate(group.card_ids)
            ],
        )

    def entity(self) -> WantGroup:
        """Rebuild it."""
        return WantGroup(
            id=self.id,
            member_id=self.member_id,
            card_ids=tuple(wanted.card_id for wanted in self.cards),
            count=self.count,
            rank=self.rank,
            min_condition=self.min_condition,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


Index("ix_want_groups_member_id", WantGroupModel.member_id, WantGroupModel.id)
