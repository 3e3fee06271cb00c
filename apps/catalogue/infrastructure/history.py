"""The history of cards as rows, which are added and never changed (K2)."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import JSON, ForeignKey, Index, Uuid, insert
from sqlalchemy.orm import Mapped, mapped_column

from apps.catalogue.domain.card import Card, CardId
from apps.catalogue.domain.change import CardChange, CardHistory, ChangeKind
from apps.catalogue.domain.proposal import ProposalId
from apps.catalogue.infrastructure.models import CardModel
from apps.catalogue.infrastructure.proposals import CardProposalModel
from apps.shared.domain.ids import Ids, MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model


class CardChangeModel(Model):
    """What a card was before and after one change; `actor_id` is null for an import."""

    __tablename__ = "card_changes"
    __table_args__ = (Index("ix_card_changes_card_id", "card_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[CardId] = mapped_column(ForeignKey(CardModel.id))
    kind: Mapped[ChangeKind]
    actor_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_card_changes_actor_id")
    )
    proposal_id: Mapped[ProposalId | None] = mapped_column(ForeignKey(CardProposalModel.id))
    before: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[Any] = mapped_column(JSON())
    at: Mapped[datetime]


append_only(Model.metadata.tables[CardChangeModel.__tablename__])


class SqlCardHistory(CardHistory):
    """As many statements for one change as for thousands."""

    def __init__(self, current: Current, ids: Ids) -> None:
        self._current = current
        self._ids = ids

    async def keep(self, changes: Sequence[CardChange]) -> None:
        """Insert a row for each."""
        rows = [
            {
                "id": self._ids.next(),
                "card_id": each.after.id,
                "kind": each.kind,
                "actor_id": each.by,
                "proposal_id": each.proposal_id,
                "before": each.before and facts(each.before),
                "after": facts(each.after),
                "at": each.at,
            }
            for each in changes
        ]
        if rows:
            await self._current.session.execute(insert(CardChangeModel), rows)


def facts(card: Card) -> dict[str, Any]:
    """Return every field of a card as JSON."""
    told: dict[str, Any] = to_jsonable_python(
        {each.name: getattr(card, each.name) for each in fields(card) if each.init}
    )
    return told
