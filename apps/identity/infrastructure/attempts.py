"""Attempts to sign in at a provider as rows, finished by deleting them."""

from datetime import datetime
from typing import Self

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.domain.attempt import (
    LIFETIME,
    Attempt,
    AttemptRepository,
    Exchange,
    Linking,
)
from apps.identity.domain.session import Delivery, SessionId
from apps.identity.infrastructure.models import UserModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model

EXCHANGE = "(holder IS NULL) = (verifier IS NULL)"
LINKING = "(member_id IS NULL) = (session_id IS NULL)"


class AttemptModel(Model):
    """An attempt that is not finished; what serves to finish it stands here as digests only."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        CheckConstraint(EXCHANGE, name="exchange"),
        CheckConstraint(LINKING, name="linking"),
        Index("ix_sign_in_attempts_created_at", "created_at"),
        Index("ix_sign_in_attempts_member_id", "member_id"),
    )

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str | None] = mapped_column(String(64))
    verifier: Mapped[str | None] = mapped_column(String(64))
    redirect_uri: Mapped[str | None] = mapped_column(Text)
    delivery: Mapped[Delivery | None]
    member_id: Mapped[MemberId | None] = mapped_column(ForeignKey(UserModel.id, ondelete="CASCADE"))
    session_id: Mapped[SessionId | None]
    created_at: Mapped[datetime]

    @classmethod
    def of(cls, attempt: Attempt, /) -> Self:
        """Copy an attempt."""
        exchange, linking = attempt.exchange, attempt.linking
        return cls(
            digest=attempt.digest,
            provider=attempt.provider,
            nonce=attempt.nonce,
            holder=exchange and exchange.holder,
            verifier=exchange and exchange.verifier,
            redirect_uri=exchange and exchange.redirect_uri,
            delivery=exchange and exchange.delivery,
            member_id=linking and linking.member_id,
            session_id=linking and linking.session_id,
            created_at=attempt.created_at,
        )

    def entity(self) -> Attempt:
        """Rebuild it."""
        exchange, linking = None, None
        if self.holder and self.verifier and self.redirect_uri and self.delivery:
            exchange = Exchange(
                holder=self.holder,
                verifier=self.verifier,
                redirect_uri=self.redirect_uri,
                delivery=self.delivery,
            )
        if self.member_id and self.session_id:
            linking = Linking(member_id=self.member_id, session_id=self.session_id)
        return Attempt(
            digest=self.digest,
            provider=self.provider,
            nonce=self.nonce,
            exchange=exchange,
            linking=linking,
            created_at=self.created_at,
        )


ROW = AttemptModel
UNSEEN = {"synchronize_session": False}
"""The session holds no such rows."""


class SqlAttemptRepository(AttemptRepository):
    """A primary key answers nearly everything."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def begin(self, attempt: Attempt, /) -> None:
        """Insert it."""
        self._current.session.add(ROW.of(attempt))
        await self._current.session.flush()

    async def finish(
        self, digest: str, *, provider: str, holder: str | None, at: datetime
    ) -> Attempt | None:
        """Delete the row: of many at once the first one gets it."""
        done = delete(ROW).where(
            ROW.digest == digest,
            ROW.provider == provider,
            ROW.holder == holder,
            ROW.created_at > at - LIFETIME,
        )
        found = await self._current.session.scalars(done.returning(ROW), execution_options=UNSEEN)
        row = found.one_or_none()
        return row.entity() if row else None

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete a batch of rows."""
        old = select(ROW.digest).where(ROW.created_at <= at - LIFETIME).limit(limit)
        gone = delete(ROW).where(ROW.digest.in_(old)).returning(ROW.digest)
        found = await self._current.session.scalars(gone, execution_options=UNSEEN)
        return len(found.all())
