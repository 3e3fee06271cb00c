"""For whom matches are searched, and what was told of them, as rows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, String, Uuid, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from apps.matching.application.tell_matches import Notices, Search, Searches
from apps.matching.domain.match import MatchNotFound
from apps.matching.domain.notice import MatchNotice, NoticeId
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.replies import INSERT
from apps.shared.infrastructure.repository import SqlRepository

UNSEEN = {"synchronize_session": False}
Model.registry.update_type_annotation_map({NoticeId: String(32)})


class MatchSearchModel(Model):
    """A member whose lists have changed."""

    __tablename__ = "match_searches"
    __table_args__ = (Index("ix_match_searches_due_at", "due_at", "member_id"),)

    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_match_searches_member_id"), primary_key=True
    )
    changes: Mapped[int]
    due_at: Mapped[datetime]


class MatchNoticeModel(Model):
    """That a member was told of a match; its id is made of what was told."""

    __tablename__ = "match_notices"
    __table_args__ = (
        Index("ix_match_notices_member_id", "member_id"),
        Index("ix_match_notices_told_at", "told_at"),
    )

    id: Mapped[NoticeId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_match_notices_member_id")
    )
    told_at: Mapped[datetime]

    @classmethod
    def of(cls, notice: MatchNotice, /) -> Self:
        """Copy a notice."""
        return cls(id=notice.id, member_id=notice.member, told_at=notice.told_at)

    def entity(self) -> MatchNotice:
        """Rebuild it."""
        return MatchNotice(id=self.id, member=self.member_id, told_at=self.told_at)


DUE = Question(
    select(
        MatchSearchModel.member_id.label("member"),
        MatchSearchModel.changes,
        MatchSearchModel.due_at,
    )
    .where(MatchSearchModel.due_at <= bindparam("at"))
    .order_by(MatchSearchModel.due_at, MatchSearchModel.member_id)
    .limit(bindparam("limit"))
)


class SqlSearches(Searches):
    """One row a member, that counts the changes."""

    def __init__(self, current: Current, reads: Reads) -> None:
        self._current = current
        self._reads = reads

    async def ask_for(self, members: Collection[MemberId], *, due_at: datetime) -> None:
        """Insert in the order of ids, or count one change more."""
        if not members:
            return
        session = self._current.session
        new = INSERT[session.get_bind().dialect.name](MatchSearchModel)
        changes = MatchSearchModel.changes + 1
        await session.execute(
            new.on_conflict_do_update(index_elements=["member_id"], set_={"changes": changes}),
            [{"member_id": each, "changes": 1, "due_at": due_at} for each in sorted(members)],
        )

    async def due(self, *, at: datetime, limit: int) -> Sequence[Search]:
        """Read the index by time."""
        return [Search(**row._asdict()) for row in await self._reads(DUE, at=at, limit=limit)]

    async def done(self, search: Search) -> None:
        """Delete it, if it is the same."""
        await self._current.session.execute(
            delete(MatchSearchModel).where(
                MatchSearchModel.member_id == search.member,
                MatchSearchModel.changes == search.changes,
                MatchSearchModel.due_at == search.due_at,
            ),
            execution_options=UNSEEN,
        )

    async def forget(self, member: MemberId) -> None:
        """Delete at most one row."""
        theirs = delete(MatchSearchModel).where(MatchSearchModel.member_id == member)
        await self._current.session.execute(theirs, execution_options=UNSEEN)


class SqlNotices(SqlRepository[MatchNotice, NoticeId], Notices):
    """A row for each notice, found by what it tells."""

    row = MatchNoticeModel
    missing = MatchNotFound

    async def tell(self, notices: Sequence[MatchNotice]) -> None:
        """Ask which are known, and add the others."""
        if not notices:
            return
        ids = [notice.id for notice in notices]
        known = await self._current.session.scalars(
            select(MatchNoticeModel.id).where(MatchNoticeModel.id.in_(ids))
        )
        told = set(known)
        await self.add_all([notice for notice in notices if notice.id not in told])

    async def forget(self, *, before: datetime, limit: int) -> int:
        """Delete the oldest ones."""
        old = select(MatchNoticeModel.id).where(MatchNoticeModel.told_at < before)
        some = old.order_by(MatchNoticeModel.told_at).limit(limit)
        gone = await self._current.session.scalars(
            delete(MatchNoticeModel)
            .where(MatchNoticeModel.id.in_(some))
            .returning(MatchNoticeModel.id),
            execution_options=UNSEEN,
        )
        return len(gone.all())

    async def forget_all(self, member: MemberId) -> None:
        """Delete a range of the member's index."""
        theirs = delete(MatchNoticeModel).where(MatchNoticeModel.member_id == member)
        await self._current.session.execute(theirs, execution_options=UNSEEN)
