"""Proposals as rows, with the members who confirmed them."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import JSON, Dialect, ForeignKey, Index, Text, TypeDecorator, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from apps.catalogue.domain.card import CardFields, CardId, Kind
from apps.catalogue.domain.proposal import (
    Aim,
    CardProposal,
    CardProposalRepository,
    ProposalId,
    ProposalNotFound,
    ProposalState,
)
from apps.catalogue.infrastructure.models import CardModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.repository import SqlRepository

READERS: dict[str, Any] = {
    "release_id": UUID,
    "idol_ids": lambda ids: tuple(map(UUID, ids)),
    "kind": Kind,
    "names": tuple,
}
"""What JSON has no types for."""


class Fields(TypeDecorator[CardFields]):
    """What is said of a card, as a JSON object."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: CardFields | None, dialect: Dialect) -> Any:
        """Write ids and kinds as text."""
        del dialect
        return to_jsonable_python(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> CardFields:
        """Read them again."""
        del dialect
        told: Any = {name: READERS.get(name, lambda as_is: as_is)(value[name]) for name in value}
        read: CardFields = told
        return read


Model.registry.update_type_annotation_map({ProposalId: Uuid(), CardFields: Fields()})


class CardConfirmationModel(Model):
    """A member who says that a proposal is right, which counts once."""

    __tablename__ = "card_confirmations"

    proposal_id: Mapped[ProposalId] = mapped_column(
        ForeignKey("card_proposals.id"), primary_key=True
    )
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_card_confirmations_member_id"), primary_key=True
    )
    position: Mapped[int]


class CardProposalModel(Model):
    """A proposal."""

    __tablename__ = "card_proposals"
    __table_args__ = (Index("ix_card_proposals_state", "state", "id"),)

    id: Mapped[ProposalId] = mapped_column(primary_key=True)
    proposer_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_card_proposals_proposer_id")
    )
    aim: Mapped[Aim]
    card_id: Mapped[CardId | None] = mapped_column(ForeignKey(CardModel.id))
    fields: Mapped[CardFields]
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[ProposalState]
    decided_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_card_proposals_decided_by")
    )
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    confirmations: Mapped[list[CardConfirmationModel]] = relationship(
        lazy="selectin",
        cascade="all, delete-orphan",
        order_by=CardConfirmationModel.position,
    )

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, proposal: CardProposal, /) -> Self:
        """Copy a proposal."""
        return cls(
            id=proposal.id,
            proposer_id=proposal.proposer_id,
            aim=proposal.aim,
            card_id=proposal.card_id,
            fields=proposal.fields,
            note=proposal.note,
            state=proposal.state,
            decided_by=proposal.decided_by,
            decided_at=proposal.decided_at,
            created_at=proposal.created_at,
            confirmations=[
                CardConfirmationModel(proposal_id=proposal.id, member_id=member, position=position)
                for position, member in enumerate(proposal.confirmed_by)
            ],
        )

    def entity(self) -> CardProposal:
        """Rebuild it."""
        return CardProposal(
            id=self.id,
            proposer_id=self.proposer_id,
            aim=self.aim,
            card_id=self.card_id,
            fields=self.fields,
            note=self.note,
            state=self.state,
            confirmed_by=tuple(row.member_id for row in self.confirmations),
            decided_by=self.decided_by,
            decided_at=self.decided_at,
            created_at=self.created_at,
        )


class SqlCardProposalRepository(SqlRepository[CardProposal, ProposalId], CardProposalRepository):
    """Proposals, locked before they are decided."""

    row = CardProposalModel
    missing = ProposalNotFound

    async def lock(self, id: ProposalId) -> CardProposal:
        """Lock the row."""
        return await self._locked(id)
