"""Accounts, found and kept in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func, select, update

from apps.identity.domain.profile import (
    Profile,
    ProfileNotFound,
    ProfileRepository,
    nickname_key,
)
from apps.identity.domain.second_factor import SECOND_FACTOR
from apps.identity.domain.session import (
    RevokeReason,
    Session,
    SessionId,
    SessionNotFound,
    SessionRepository,
)
from apps.identity.domain.user import Credentials, User, UserNotFound, UserRepository, email_key
from apps.identity.infrastructure.models import (
    LEAVES,
    MfaTicketModel,
    ProfileModel,
    RefreshSessionModel,
    UserModel,
)
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.changes import Change, Changes
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository

CREDENTIALS = select(
    UserModel.id,
    UserModel.email,
    UserModel.email_verified_at.is_not(None).label("email_verified"),
    UserModel.password_hash,
    UserModel.status,
    UserModel.erase_after,
)
BY_ADDRESS = Question(CREDENTIALS.where(UserModel.email_key == bindparam("email_key")))
TO_ERASE = Question(
    select(UserModel.id)
    .where(LEAVES, UserModel.erase_after <= bindparam("at"))
    .order_by(UserModel.erase_after)
    .limit(bindparam("limit"))
)
BY_ID = Question(CREDENTIALS.where(UserModel.id == bindparam("member")))
SESSION = Question(
    select(*RefreshSessionModel.__table__.columns).where(RefreshSessionModel.id == bindparam("id"))
)

ROTATION = Change(
    update(RefreshSessionModel)
    .where(
        RefreshSessionModel.id == bindparam("session"),
        RefreshSessionModel.generation == bindparam("seen"),
        RefreshSessionModel.current_hash == bindparam("seen_hash"),
        RefreshSessionModel.delivery == bindparam("seen_delivery"),
        RefreshSessionModel.revoked_at.is_(None),
        RefreshSessionModel.expires_at > bindparam("at"),
        RefreshSessionModel.idle_expires_at > bindparam("at"),
    )
    .values(
        generation=bindparam("next"),
        previous_hash=RefreshSessionModel.current_hash,
        current_hash=bindparam("next_hash"),
        mac_kid=bindparam("next_kid"),
        rotated_at=bindparam("at"),
        refreshes=bindparam("count"),
        refreshes_since=bindparam("since"),
        idle_expires_at=bindparam("next_end"),
    )
    .returning(RefreshSessionModel.id)
)


class SqlUserRepository(SqlRepository[User, MemberId], UserRepository):
    """Accounts by id and by address."""

    row = UserModel
    missing = UserNotFound

    def __init__(self, current: Current, reads: Reads) -> None:
        super().__init__(current)
        self._reads = reads

    async def credentials(self, email: str) -> Credentials | None:
        """Ask for the folded address."""
        found = await self._reads(BY_ADDRESS, email_key=email_key(email))
        return next((Credentials(**row._asdict()) for row in found), None)

    async def credentials_of(self, id: MemberId) -> Credentials | None:
        """Ask by primary key."""
        found = await self._reads(BY_ID, member=id)
        return next((Credentials(**row._asdict()) for row in found), None)

    async def to_erase(self, *, at: datetime, limit: int) -> Sequence[MemberId]:
        """Read a range of the index on who leaves."""
        return [row.id for row in await self._reads(TO_ERASE, at=at, limit=limit)]


class SqlProfileRepository(SqlRepository[Profile, MemberId], ProfileRepository):
    """Profiles by id and by nickname."""

    row = ProfileModel
    missing = ProfileNotFound

    async def lock(self, id: MemberId, /) -> Profile:
        """Lock the row."""
        return await self._locked(id)

    async def is_taken(self, nickname: str) -> bool:
        """Ask for the folded nickname."""
        taken = select(ProfileModel.id).where(ProfileModel.nickname_key == nickname_key(nickname))
        return await self._current.session.scalar(taken) is not None


class SqlSessionRepository(SqlRepository[Session, SessionId], SessionRepository):
    """Sessions; each change is decided by the row's own state, in the statement."""

    row = RefreshSessionModel
    missing = SessionNotFound

    def __init__(self, current: Current, reads: Reads, changes: Changes) -> None:
        super().__init__(current)
        self._reads = reads
        self._changes = changes

    async def seen(self, id: SessionId) -> Session | None:
        """Read every column."""
        found = await self._reads(SESSION, id=id)
        return next((RefreshSessionModel.entity(row) for row in found), None)

    async def rotate(self, seen: Session, successor: Session) -> bool:
        """Swap the generation, unless the row has moved on or ended."""
        swapped = await self._changes(
            ROTATION,
            session=seen.id,
            seen=seen.generation,
            seen_hash=seen.current_hash,
            seen_delivery=seen.delivery,
            at=successor.rotated_at,
            next=successor.generation,
            next_hash=successor.current_hash,
            next_kid=successor.mac_kid,
            next_end=successor.idle_expires_at,
            count=successor.refreshes,
            since=successor.refreshes_since,
        )
        return bool(swapped)

    async def revoke(self, id: SessionId, *, reason: RevokeReason, at: datetime) -> bool:
        """Stamp a row that is not stamped yet."""
        row = RefreshSessionModel
        ended = await self._current.session.scalar(
            update(row)
            .where(row.id == id, row.revoked_at.is_(None))
            .values(revoked_at=at, revoke_reason=reason)
            .returning(row.id)
        )
        return ended is not None

    async def end(self, id: SessionId, *, of: MemberId, at: datetime) -> bool:
        """Stamp a live row, if it is theirs."""
        row = RefreshSessionModel
        ended = await self._current.session.scalar(
            update(row)
            .where(row.id == id, *live(of, at))
            .values(revoked_at=at, revoke_reason=RevokeReason.LOGOUT)
            .returning(row.id)
        )
        return ended is not None

    async def end_all(self, *, of: MemberId, but: SessionId | None, at: datetime) -> None:
        """Stamp all live rows in one statement, and delete the tickets in another."""
        tickets = delete(MfaTicketModel).where(MfaTicketModel.member_id == of)
        await self._current.session.execute(
            tickets, execution_options={"synchronize_session": False}
        )
        row = RefreshSessionModel
        others = (row.id != but,) if but else ()
        await self._current.session.execute(
            update(row)
            .where(*live(of, at), *others)
            .values(revoked_at=at, revoke_reason=RevokeReason.LOGOUT)
            .execution_options(synchronize_session=False)
        )

    async def revoke_oldest(self, user_id: MemberId, *, keep: int, at: datetime) -> None:
        """Stamp the live rows beyond the newest ones, one sign-in of the user after another."""
        account = select(UserModel.id).where(UserModel.id == user_id)
        await self._current.session.execute(account.with_for_update(key_share=True))
        row = RefreshSessionModel
        theirs = live(user_id, at)
        newest = select(row.id).where(*theirs).order_by(row.created_at.desc(), row.id.desc())
        await self._current.session.execute(
            update(row)
            .where(*theirs, row.id.not_in(newest.limit(keep).scalar_subquery()))
            .values(revoked_at=at, revoke_reason=RevokeReason.TOO_MANY)
            .execution_options(synchronize_session=False)
        )

    async def weaken(self, id: SessionId) -> None:
        """Take the word out of its row."""
        row = RefreshSessionModel
        await self._current.session.execute(
            update(row)
            .where(row.id == id)
            .values(amr=func.replace(row.amr, f" {SECOND_FACTOR}", ""))
            .execution_options(synchronize_session=False)
        )

    async def reauthenticate(self, id: SessionId, *, at: datetime) -> bool:
        """Stamp a row that has not ended."""
        row = RefreshSessionModel
        live = await self._current.session.scalar(
            update(row)
            .where(row.id == id, row.revoked_at.is_(None), row.expires_at > at)
            .values(auth_time=at)
            .returning(row.id)
        )
        return live is not None

    async def confirm(self, id: SessionId, generation: int) -> None:
        """Raise the mark, never lower it."""
        row = RefreshSessionModel
        await self._current.session.execute(
            update(row)
            .where(
                row.id == id,
                row.confirmed_generation < generation,
                row.generation >= generation,
            )
            .values(confirmed_generation=generation)
        )


def live(user_id: MemberId, at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of the sessions that a user is signed in with at this moment."""
    row = RefreshSessionModel
    return row.user_id == user_id, row.revoked_at.is_(None), row.idle_expires_at > at
