"""Operations as rows, and their files beside them, where every machine finds them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    bindparam,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.application.long_work import (
    KEPT_FOR,
    UNFINISHED,
    Files,
    OperationNotFound,
    Operations,
    OperationStatus,
    OperationView,
    ShowOperation,
)
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import Ids, MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

WAITED_FOR = text("status IN ('queued', 'running')")
"""Written out, or no database would know that a partial index serves."""


class OperationModel(Model):
    """Work that somebody has asked for."""

    __tablename__ = "operations"
    __table_args__ = (
        Index(
            "uq_operations_unfinished",
            "member_id",
            "kind",
            unique=True,
            postgresql_where=WAITED_FOR,
            sqlite_where=WAITED_FOR,
        ),
        Index("ix_operations_member_id", "member_id", "kind"),
        Index("ix_operations_expires_at", "expires_at"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId]
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[OperationStatus]
    progress: Mapped[int]
    result: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    problem: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class OperationFileModel(Model):
    """What an operation has made."""

    __tablename__ = "operation_files"

    operation_id: Mapped[UUID] = mapped_column(
        ForeignKey(OperationModel.id, ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(LargeBinary)


REFUSALS |= {
    "uq_operations_unfinished": Busy,  # asked again, it is there
    "operations.member_id, operations.kind": Busy,
}
ROW = OperationModel
TOLD = (
    ROW.id,
    ROW.kind,
    ROW.status,
    ROW.progress,
    ROW.result,
    ROW.problem,
    ROW.created_at,
    ROW.updated_at,
    ROW.expires_at,
)
OPERATION = Question(
    select(*TOLD).where(ROW.id == bindparam("id"), ROW.member_id == bindparam("member"))
)
LATEST = (
    select(*TOLD)
    .where(
        ROW.kind == bindparam("asked"),
        ROW.member_id == bindparam("member"),
        ROW.expires_at > bindparam("at"),
        ROW.status != OperationStatus.FAILED,
    )
    .order_by(ROW.id.desc())
    .limit(1)
)
FILE = Question(
    select(ROW.member_id, OperationFileModel.content)
    .join(OperationFileModel, OperationFileModel.operation_id == ROW.id)
    .where(ROW.id == bindparam("id"), ROW.expires_at > bindparam("at"), takes_part(ROW.member_id))
)
UNSEEN = {"synchronize_session": False}
"""The session holds no such rows."""


class SqlShowOperation(ShowOperation):
    """One row by its key."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, id: UUID, *, to: MemberId) -> OperationView:
        """Read it, if it is theirs."""
        for row in await self._reads(OPERATION, id=id, member=to):
            return OperationView(**row._asdict())
        raise OperationNotFound


class SqlOperations(Operations):
    """One statement each; which ends an operation has is decided by its row."""

    def __init__(self, current: Current, ids: Ids) -> None:
        self._current = current
        self._ids = ids

    async def latest(self, kind: str, *, of: MemberId, at: datetime) -> OperationView | None:
        """Read the newest one; one that has failed is as good as none."""
        given = {"asked": kind, "member": of, "at": at}
        found = await self._current.session.execute(LATEST, given)
        return next((OperationView(**row._asdict()) for row in found.all()), None)

    async def begin(self, kind: str, *, of: MemberId, at: datetime) -> UUID:
        """Insert it; an index lets one at a time in."""
        id = self._ids.next()
        self._current.session.add(
            ROW(
                id=id,
                member_id=of,
                kind=kind,
                status=OperationStatus.QUEUED,
                progress=0,
                created_at=at,
                updated_at=at,
                expires_at=at + KEPT_FOR,
            )
        )
        await self._current.session.flush()
        return id

    async def advance(self, id: UUID, progress: int, *, at: datetime) -> bool:
        """Write it into a row that has not ended."""
        return await self._change(
            id, status=OperationStatus.RUNNING, progress=progress, updated_at=at
        )

    async def succeed(
        self, id: UUID, result: Mapping[str, Any], *, file: bytes | None, at: datetime
    ) -> None:
        """End it, and add the file."""
        ended = await self._end(
            id, status=OperationStatus.SUCCEEDED, progress=100, result=dict(result), at=at
        )
        if ended and file is not None:
            self._current.session.add(OperationFileModel(operation_id=id, content=file))
            await self._current.session.flush()

    async def fail(self, id: UUID, problem: Mapping[str, Any], *, at: datetime) -> None:
        """End it."""
        await self._end(id, status=OperationStatus.FAILED, problem=dict(problem), at=at)

    async def forget_all(self, *, of: MemberId) -> None:
        """Delete the rows; files go with them."""
        theirs = delete(ROW).where(ROW.member_id == of)
        await self._current.session.execute(theirs, execution_options=UNSEEN)

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete a batch of rows."""
        old = select(ROW.id).where(ROW.expires_at <= at).limit(limit)
        gone = delete(ROW).where(ROW.id.in_(old)).returning(ROW.id)
        found = await self._current.session.scalars(gone, execution_options=UNSEEN)
        return len(found.all())

    async def _end(self, id: UUID, *, at: datetime, **values: Any) -> bool:
        return await self._change(id, **values, updated_at=at, expires_at=at + KEPT_FOR)

    async def _change(self, id: UUID, **values: Any) -> bool:
        changed = await self._current.session.scalar(
            update(ROW)
            .where(ROW.id == id, ROW.status.in_(UNFINISHED))
            .values(values)
            .returning(ROW.id)
            .execution_options(**UNSEEN)
        )
        return changed is not None


class SqlFiles(Files):
    """Found as long as the operation is, and its member takes part."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, id: UUID, *, at: datetime) -> tuple[MemberId, bytes]:
        """Read both."""
        for row in await self._reads(FILE, id=id, at=at):
            return row.member_id, row.content
        raise OperationNotFound
