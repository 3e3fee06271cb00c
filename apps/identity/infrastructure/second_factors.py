"""Authenticators, codes on paper and tickets as rows."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.application.second_factor import Means, SecondFactors
from apps.identity.domain.second_factor import MOST_ATTEMPTS, Authenticator, Ticket
from apps.identity.domain.user import UserNotFound
from apps.identity.infrastructure.models import MfaTicketModel, UserModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.changes import Change, Changes
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.replies import INSERT


class AuthenticatorModel(Model):
    """The authenticator of a member, and the step of the last code that was used."""

    __tablename__ = "authenticators"

    member_id: Mapped[MemberId] = mapped_column(
        ForeignKey(UserModel.id, ondelete="CASCADE"), primary_key=True
    )
    sealed: Mapped[str] = mapped_column(String(80))
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCodeModel(Model):
    """A code that was not used yet, by its digest."""

    __tablename__ = "recovery_codes"

    member_id: Mapped[MemberId] = mapped_column(
        ForeignKey(UserModel.id, ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)


ROW, CODE, TICKET = AuthenticatorModel, RecoveryCodeModel, MfaTicketModel
UNSEEN = {"synchronize_session": False}
"""The session holds no such rows."""

MEANS = (
    select(
        UserModel.role,
        UserModel.status,
        UserModel.password_hash,
        ROW.confirmed_at.is_not(None).label("second_factor"),
    )
    .outerjoin(ROW, ROW.member_id == UserModel.id)
    .where(UserModel.id == bindparam("member"))
)
HELD_MEANS = MEANS.with_for_update(key_share=True, of=UserModel)
KNOWN = Question(
    select(ROW.member_id, ROW.sealed, ROW.confirmed_at.is_not(None).label("confirmed")).where(
        ROW.member_id == bindparam("member")
    )
)
ATTEMPT = Change(
    update(TICKET)
    .where(
        TICKET.digest == bindparam("told"),
        TICKET.attempts < MOST_ATTEMPTS,
        TICKET.expires_at > bindparam("at"),
    )
    .values(attempts=TICKET.attempts + 1)
    .returning(
        TICKET.digest,
        TICKET.member_id,
        TICKET.amr,
        TICKET.device_name,
        TICKET.delivery,
        TICKET.expires_at,
    )
)


class SqlSecondFactors(SecondFactors):
    """Primary keys answer everything."""

    def __init__(self, current: Current, reads: Reads, changes: Changes) -> None:
        self._current = current
        self._reads = reads
        self._changes = changes

    async def means(self, member: MemberId) -> Means:
        """Read one row of two tables, and lock that of the account."""
        found = await self._current.session.execute(HELD_MEANS, {"member": member})
        for row in found:
            return Means(**row._asdict())
        raise UserNotFound

    async def authenticator(self, member: MemberId) -> Authenticator | None:
        """Read one row."""
        rows = await self._reads(KNOWN, member=member)
        return next((Authenticator(**row._asdict()) for row in rows), None)

    async def enroll(self, authenticator: Authenticator, *, at: datetime) -> bool:
        """Insert it, or change the row unless it is confirmed."""
        session = self._current.session
        values = {"sealed": authenticator.sealed, "last_step": 0, "created_at": at}
        new = INSERT[session.get_bind().dialect.name](ROW).values(
            member_id=authenticator.member_id, **values
        )
        kept = new.on_conflict_do_update(
            index_elements=["member_id"], set_=values, where=ROW.confirmed_at.is_(None)
        )
        return await self._found(kept.returning(ROW.member_id))

    async def use(self, member: MemberId, step: int) -> bool:
        """Raise the mark, never lower it: of two at once the first one gets it."""
        mark = update(ROW).where(ROW.member_id == member, ROW.last_step < step)
        return await self._found(mark.values(last_step=step).returning(ROW.member_id))

    async def confirm(self, member: MemberId, *, at: datetime) -> None:
        """Stamp the row."""
        row = update(ROW).where(ROW.member_id == member)
        await self._run(row.values(confirmed_at=at))

    async def remove(self, member: MemberId) -> bool:
        """Delete all that there is."""
        await self._run(delete(CODE).where(CODE.member_id == member))
        row = delete(ROW).where(ROW.member_id == member, ROW.confirmed_at.is_not(None))
        return await self._found(row.returning(ROW.member_id))

    async def replace_codes(self, member: MemberId, digests: Collection[str]) -> None:
        """Delete them, and insert others."""
        await self._run(delete(CODE).where(CODE.member_id == member))
        rows: list[dict[str, Any]] = [{"member_id": member, "digest": each} for each in digests]
        await self._current.session.execute(insert(CODE), rows)

    async def use_code(self, member: MemberId, digest: str) -> bool:
        """Delete the row: of two at once the first one gets it."""
        code = delete(CODE).where(CODE.member_id == member, CODE.digest == digest)
        return await self._found(code.returning(CODE.digest))

    async def open_ticket(self, ticket: Ticket, *, at: datetime) -> None:
        """Insert a row."""
        old = delete(TICKET).where(TICKET.member_id == ticket.member_id, TICKET.expires_at <= at)
        await self._run(old)
        names = ("digest", "member_id", "amr", "device_name", "delivery", "expires_at")
        told = {name: getattr(ticket, name) for name in names}
        await self._run(insert(TICKET).values(**told, attempts=0))

    async def attempt(self, digest: str, *, at: datetime) -> Ticket | None:
        """Count in the row, in a transaction of its own."""
        rows = await self._changes(ATTEMPT, told=digest, at=at)
        return next((Ticket(**row._asdict()) for row in rows), None)

    async def close_ticket(self, digest: str) -> bool:
        """Delete the row."""
        return await self._found(
            delete(TICKET).where(TICKET.digest == digest).returning(TICKET.digest)
        )

    async def _run(self, statement: Any) -> None:
        await self._current.session.execute(statement, execution_options=UNSEEN)

    async def _found(self, statement: Any) -> bool:
        rows = await self._current.session.execute(statement, execution_options=UNSEEN)
        return rows.first() is not None
