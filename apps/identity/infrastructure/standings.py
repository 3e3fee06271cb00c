"""Standings as rows, and found and kept in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.domain.standing import (
    Footing,
    LevelChanged,
    Standing,
    StandingNotFound,
    StandingRepository,
    TradeRecord,
)
from apps.identity.infrastructure.models import UserModel
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Event
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.outbox import Publication
from apps.shared.infrastructure.repository import SqlRepository

COUNTED = [field.name for field in fields(TradeRecord)]


class StandingModel(Model):
    """What a member's trades have shown."""

    __tablename__ = "standings"
    __table_args__ = (CheckConstraint("trust_level BETWEEN 0 AND 3", name="trust_level"),)

    id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id), primary_key=True)
    trust_level: Mapped[int]
    completed_trades: Mapped[int]
    presence_verified: Mapped[int]
    cancelled_at_fault: Mapped[int]
    disputes_lost: Mapped[int]
    credited_trades: Mapped[int]
    proven_trades: Mapped[int]
    partners: Mapped[int]
    last_lost_at: Mapped[datetime | None]
    last_fraud_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    @classmethod
    def of(cls, standing: Standing, /) -> Self:
        """Copy a standing."""
        return cls(
            id=standing.id,
            trust_level=standing.trust_level,
            updated_at=standing.updated_at,
            **asdict(standing.trades),
        )

    def entity(self) -> Standing:
        """Rebuild it."""
        return Standing(
            id=self.id,
            trust_level=self.trust_level,
            trades=TradeRecord(**{name: getattr(self, name) for name in COUNTED}),
            updated_at=self.updated_at,
        )


LOCK = (
    select(StandingModel, UserModel.email_verified_at, UserModel.created_at)
    .join(UserModel, UserModel.id == StandingModel.id)
    .where(StandingModel.id.in_(bindparam("ids", expanding=True)))
    .order_by(StandingModel.id)
    .with_for_update(of=StandingModel)
    .execution_options(populate_existing=True)
)
NOBODY = MemberId(UUID(int=0))


class SqlStandingRepository(SqlRepository[Standing, MemberId], StandingRepository):
    """Standings by member."""

    row = StandingModel
    missing = StandingNotFound

    async def lock(self, ids: Collection[MemberId]) -> Sequence[tuple[Standing, Footing]]:
        """Lock the standings in the order of their ids; the accounts are only read."""
        rows = await self._current.session.execute(LOCK, {"ids": list(ids)})
        return [
            (
                self._read(row),
                Footing(email_confirmed=verified_at is not None, member_since=created_at),
            )
            for row, verified_at, created_at in rows.all()
        ]

    async def traded(self, *, after: MemberId | None, limit: int) -> Sequence[MemberId]:
        """Read a range of ids."""
        found = await self._current.session.scalars(
            select(StandingModel.id)
            .where(StandingModel.id > (after or NOBODY), StandingModel.completed_trades > 0)
            .order_by(StandingModel.id)
            .limit(limit)
        )
        return found.all()


PUBLIC: dict[type[Event], Publication] = {
    LevelChanged: Publication(kind="level_changed", aggregate="member", id="member")
}
"""What goes into the outbox."""
