"""Linked identities as rows, found, kept and listed in SQL."""

from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, String, Uuid, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.application.keep_identities import IdentityView, ListIdentities
from apps.identity.domain.linked_identity import (
    IdentityNotFound,
    IdentityTaken,
    LinkedIdentity,
    LinkedIdentityId,
    LinkedIdentityRepository,
    Opened,
)
from apps.identity.infrastructure.models import UserModel
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository

Model.registry.update_type_annotation_map({LinkedIdentityId: Uuid()})


class LinkedIdentityModel(Model):
    """Who somebody is to a provider; whoever issues tokens decides how subjects are written."""

    __tablename__ = "linked_identities"
    __table_args__ = (
        Index("uq_linked_identities_subject", "issuer", "subject", unique=True),
        Index("ix_linked_identities_member_id", "member_id", "id"),
    )

    id: Mapped[LinkedIdentityId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id, ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(20))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]

    @classmethod
    def of(cls, identity: LinkedIdentity, /) -> Self:
        """Copy an identity."""
        return cls(
            id=identity.id,
            member_id=identity.member_id,
            provider=identity.provider,
            issuer=identity.issuer,
            subject=identity.subject,
            email=identity.email,
            created_at=identity.created_at,
        )

    def entity(self) -> LinkedIdentity:
        """Rebuild it."""
        return LinkedIdentity(
            id=self.id,
            member_id=self.member_id,
            provider=self.provider,
            issuer=self.issuer,
            subject=self.subject,
            email=self.email,
            created_at=self.created_at,
        )


ROW = LinkedIdentityModel
REFUSALS |= {
    "uq_linked_identities_subject": IdentityTaken,
    "linked_identities.issuer, linked_identities.subject": IdentityTaken,
}

OPENED = Question(
    select(ROW.member_id, UserModel.status)
    .join(UserModel, UserModel.id == ROW.member_id)
    .where(ROW.issuer == bindparam("issuer"), ROW.subject == bindparam("subject"))
)
MINE = Question(
    select(ROW.id, ROW.provider, ROW.email, ROW.created_at)
    .where(ROW.member_id == bindparam("member"), ROW.id < bindparam("before"))
    .order_by(ROW.id.desc())
    .limit(bindparam("limit"))
)
UNSEEN = {"synchronize_session": False}
"""The session holds no rows that are deleted by statement."""


class SqlLinkedIdentityRepository(
    SqlRepository[LinkedIdentity, LinkedIdentityId], LinkedIdentityRepository
):
    """Identities by issuer and subject, and by member."""

    row = LinkedIdentityModel
    missing = IdentityNotFound

    def __init__(self, current: Current, reads: Reads) -> None:
        super().__init__(current)
        self._reads = reads

    async def opened_by(self, *, issuer: str, subject: str) -> Opened | None:
        """Look into the unique index, and at the account."""
        found = await self._reads(OPENED, issuer=issuer, subject=subject)
        return next((Opened(**row._asdict()) for row in found), None)

    async def count(self, *, of: MemberId) -> int:
        """Count by the index on members."""
        theirs = select(func.count()).where(ROW.member_id == of)
        return await self._current.session.scalar(theirs) or 0

    async def unlink(self, id: LinkedIdentityId, *, of: MemberId) -> bool:
        """Delete at most one row."""
        theirs = delete(ROW).where(ROW.id == id, ROW.member_id == of).returning(ROW.id)
        found = await self._current.session.scalars(theirs, execution_options=UNSEEN)
        return bool(found.all())

    async def unlink_all(self, *, of: MemberId) -> None:
        """Delete them all in one statement."""
        theirs = delete(ROW).where(ROW.member_id == of)
        await self._current.session.execute(theirs, execution_options=UNSEEN)


class SqlListIdentities(ListIdentities):
    """A range of the member's identities."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[IdentityView]:
        """Read them."""
        page = await self._reads.newest_first(MINE, after=after, limit=limit, member=me)
        return Page([IdentityView(**row._asdict()) for row in page.items], page.next)
