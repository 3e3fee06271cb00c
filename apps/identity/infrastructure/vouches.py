"""Vouch cards as rows, found, kept and checked in SQL."""

from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, Uuid, bindparam, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.application.vouch import (
    CheckVouch,
    ListMyVouches,
    MyVouchView,
    VouchCheck,
    VouchState,
    VouchTokens,
)
from apps.identity.domain.user import Status
from apps.identity.domain.vouch import Vouch, VouchId, VouchNotFound, VouchRepository
from apps.identity.infrastructure.models import UserModel
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository

Model.registry.update_type_annotation_map({VouchId: Uuid()})


class VouchModel(Model):
    """A card that was given out."""

    __tablename__ = "vouches"
    __table_args__ = (Index("ix_vouches_member_id", "member_id", "id"),)

    id: Mapped[VouchId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id, ondelete="CASCADE"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    @classmethod
    def of(cls, vouch: Vouch, /) -> Self:
        """Copy a card's data."""
        return cls(
            id=vouch.id,
            member_id=vouch.member_id,
            issued_at=vouch.issued_at,
            expires_at=vouch.expires_at,
            revoked_at=vouch.revoked_at,
        )

    def entity(self) -> Vouch:
        """Rebuild it."""
        return Vouch(
            id=self.id,
            member_id=self.member_id,
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            revoked_at=self.revoked_at,
        )


VOUCH = Question(
    select(VouchModel.expires_at, VouchModel.revoked_at, UserModel.status)
    .join(UserModel, UserModel.id == VouchModel.member_id)
    .where(VouchModel.id == bindparam("id"))
)
MINE = Question(
    select(VouchModel.id, VouchModel.issued_at, VouchModel.expires_at)
    .where(
        VouchModel.member_id == bindparam("member"),
        VouchModel.revoked_at.is_(None),
        VouchModel.expires_at > bindparam("at"),
        VouchModel.id < bindparam("before"),
    )
    .order_by(VouchModel.id.desc())
    .limit(bindparam("limit"))
)


class SqlVouchRepository(SqlRepository[Vouch, VouchId], VouchRepository):
    """Cards by id, and by member."""

    row = VouchModel
    missing = VouchNotFound

    async def count_good(self, *, of: MemberId, at: datetime) -> int:
        """Count by the index on members."""
        good = select(func.count()).where(
            VouchModel.member_id == of, VouchModel.revoked_at.is_(None), VouchModel.expires_at > at
        )
        return await self._current.session.scalar(good) or 0

    async def revoke_all(self, *, of: MemberId, at: datetime) -> None:
        """Stamp them all in one statement."""
        await self._current.session.execute(
            update(VouchModel)
            .where(VouchModel.member_id == of, VouchModel.revoked_at.is_(None))
            .values(revoked_at=at)
            .execution_options(synchronize_session=False)
        )


class SqlCheckVouch(CheckVouch):
    """The signature says that it is ours, and one row whether it still holds."""

    def __init__(self, reads: Reads, tokens: VouchTokens, clock: Clock) -> None:
        self._reads = reads
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, token: str) -> VouchCheck:
        """Ask nothing of the database before the signature holds."""
        statement = self._tokens.read(token)
        for row in await self._reads(VOUCH, id=statement.id):
            if row.revoked_at is not None or row.status is not Status.ACTIVE:
                return VouchCheck(state=VouchState.REVOKED, statement=None)
            if row.expires_at <= self._clock.now():
                return VouchCheck(state=VouchState.EXPIRED, statement=None)
            return VouchCheck(state=VouchState.VALID, statement=statement)
        raise VouchNotFound


class SqlListMyVouches(ListMyVouches):
    """A range of the member's cards."""

    def __init__(self, reads: Reads, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[MyVouchView]:
        """Read them."""
        page = await self._reads.newest_first(
            MINE, after=after, limit=limit, member=me, at=self._clock.now()
        )
        return Page([MyVouchView(**row._asdict()) for row in page.items], page.next)
