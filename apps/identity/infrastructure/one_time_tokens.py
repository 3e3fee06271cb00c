"""One-time tokens as rows, and found and used up in SQL."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ForeignKey, Index, String, bindparam, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.application.ports import OneTimeSecrets
from apps.identity.domain.one_time_token import OneTimeToken, OneTimeTokenRepository, Purpose
from apps.identity.domain.user import email_key
from apps.identity.infrastructure.models import UserModel
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

UNUSED_ONE_OF_A_KIND = text("used_at IS NULL AND purpose <> 'undo_email_change'")
WAY_BACK = text("purpose = 'undo_email_change'")
"""Written out, or no database would know that a partial index serves."""


class OneTimeTokenModel(Model):
    """A token by its digest; one that was replaced is deleted."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        Index(
            "uq_one_time_tokens_unused",
            "user_id",
            "purpose",
            unique=True,
            postgresql_where=UNUSED_ONE_OF_A_KIND,
            sqlite_where=UNUSED_ONE_OF_A_KIND,
        ),
        Index("ix_one_time_tokens_user_id", "user_id", "purpose"),
        Index(
            "ix_one_time_tokens_email_key",
            "email_key",
            postgresql_where=WAY_BACK,
            sqlite_where=WAY_BACK,
        ),
        Index("ix_one_time_tokens_expires_at", "expires_at"),
    )

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[Purpose]
    user_id: Mapped[MemberId] = mapped_column(ForeignKey(UserModel.id, ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(600))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @classmethod
    def of(cls, token: OneTimeToken, /) -> Self:
        """Copy a token."""
        return cls(
            digest=token.digest,
            purpose=token.purpose,
            user_id=token.user_id,
            email=token.email,
            email_key=email_key(token.email),
            created_at=token.created_at,
            expires_at=token.expires_at,
        )


ROW = OneTimeTokenModel
REFUSALS |= {
    "uq_one_time_tokens_unused": Busy,  # two were issued at the same moment
    "one_time_tokens.user_id, one_time_tokens.purpose": Busy,
}

TOLD = (ROW.digest, ROW.purpose, ROW.user_id, ROW.email, ROW.created_at, ROW.expires_at)
SERVES = (
    ROW.digest == bindparam("told"),
    ROW.purpose == bindparam("wanted"),
    ROW.used_at.is_(None),
    ROW.expires_at > bindparam("at"),
)
SEEN = Question(select(*TOLD).where(*SERVES))
CONSUME = update(ROW).where(*SERVES).values(used_at=bindparam("at")).returning(*TOLD)
CLAIMANT = (
    select(ROW.user_id)
    .where(
        WAY_BACK,
        ROW.email_key == bindparam("key"),
        ROW.used_at.is_(None),
        ROW.expires_at > bindparam("at"),
    )
    .order_by(ROW.created_at)
    .limit(1)
)
UNSEEN = {"synchronize_session": False}
"""The session holds no such rows."""


class SqlOneTimeTokenRepository(OneTimeTokenRepository):
    """A primary key answers nearly everything."""

    def __init__(self, current: Current, reads: Reads) -> None:
        self._current = current
        self._reads = reads

    async def issue(self, token: OneTimeToken, /) -> None:
        """Delete what it replaces, and insert it."""
        replaced = delete(ROW).where(ROW.user_id == token.user_id, ROW.purpose == token.purpose)
        if token.purpose is Purpose.UNDO_EMAIL_CHANGE:
            replaced = replaced.where(ROW.email_key == email_key(token.email))
        await self._current.session.execute(replaced, execution_options=UNSEEN)
        self._current.session.add(ROW.of(token))
        await self._current.session.flush()

    async def seen(self, digest: str, *, purpose: Purpose, at: datetime) -> OneTimeToken | None:
        """Read the row if it would be used up now."""
        return one_of(await self._reads(SEEN, told=digest, wanted=purpose, at=at))

    async def consume(self, digest: str, *, purpose: Purpose, at: datetime) -> OneTimeToken | None:
        """Stamp the row, unless it is stamped: of many at once the first one gets it."""
        given = {"told": digest, "wanted": purpose, "at": at}
        used = await self._current.session.execute(CONSUME, given, execution_options=UNSEEN)
        return one_of(used.all())

    async def cancel(self, *, of: MemberId, purposes: Collection[Purpose]) -> None:
        """Delete them."""
        theirs = delete(ROW).where(ROW.user_id == of, ROW.purpose.in_(purposes))
        await self._current.session.execute(theirs, execution_options=UNSEEN)

    async def claimant(self, email: str, *, at: datetime) -> MemberId | None:
        """Look the folded address up among the ways back; the oldest one counts."""
        given = {"key": email_key(email), "at": at}
        found: MemberId | None = await self._current.session.scalar(CLAIMANT, given)
        return found

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete a batch of rows."""
        old = select(ROW.digest).where(ROW.expires_at <= at).limit(limit)
        gone = delete(ROW).where(ROW.digest.in_(old)).returning(ROW.digest)
        found = await self._current.session.scalars(gone, execution_options=UNSEEN)
        return len(found.all())


def one_of(rows: Collection[Any]) -> OneTimeToken | None:
    """Return the token of the one row, if there is one."""
    return next((OneTimeToken(**row._asdict()) for row in rows), None)


class DrawnSecrets(OneTimeSecrets):
    """256 bits at random, too many for guesses, so that a plain digest of them tells nothing."""

    def draw(self) -> str:
        """Write them as a URL can carry them."""
        return secrets.token_urlsafe(32)

    def digest(self, token: str) -> str:
        """Hash with SHA-256."""
        return hashlib.sha256(token.encode()).hexdigest()
