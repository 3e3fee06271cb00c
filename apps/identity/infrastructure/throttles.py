"""Attempts as rows, each counted by one statement that says itself whether it may be."""

import hmac
from datetime import datetime
from functools import cache
from typing import Any, NewType

from sqlalchemy import CheckConstraint, Index, String, and_, bindparam, case, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from apps.identity.application.throttles import Attempts
from apps.identity.domain.throttle import Allowance
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.changes import Change, Changes
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Instant, Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

BucketKey = NewType("BucketKey", bytes)
"""Makes names of buckets out of addresses, so that the table cannot be searched for them."""


class ThrottleModel(Model):
    """What was tried on somebody; `hits` in this window, `streak` since it last succeeded."""

    __tablename__ = "auth_throttles"
    __table_args__ = (
        CheckConstraint("hits > 0 AND streak >= hits", name="counts"),
        Index("ix_auth_throttles_forget_at", "forget_at"),
    )

    bucket: Mapped[str] = mapped_column(String(64), primary_key=True)
    hits: Mapped[int]
    streak: Mapped[int]
    free_at: Mapped[datetime]
    """When the next one is let in."""
    ends_at: Mapped[datetime]
    """When the window ends, unless something is tried until then."""
    forget_at: Mapped[datetime]
    """When even the streak counts no longer."""


ROW = ThrottleModel
ONE = bindparam("bucket", type_=String(64))
NOW = bindparam("now", type_=Instant())
REFUSED = Question(select(ROW.streak, ROW.free_at, ROW.forget_at).where(ROW.bucket == ONE))
FORGIVEN = Change(delete(ROW).where(ROW.bucket == ONE).returning(ROW.bucket))


@cache
def counting(what: Allowance) -> Change:
    """Return what counts an attempt unless it comes too early, and then returns nothing."""
    ends, forget = (bindparam(name, type_=Instant()) for name in ("ends", "forget"))
    pauses = [bindparam(f"pause_{place}", type_=Instant()) for place in range(len(what.pauses))]
    hits = case((ROW.ends_at <= NOW, 1), else_=ROW.hits + 1)
    steps = [(hits == what.free + place, pause) for place, pause in enumerate(pauses[:-1])]
    free = or_(ROW.hits < what.free, ROW.free_at <= NOW)  # clocks of two at once are not in order
    open_at = [free, *([ROW.streak < what.most] if what.most else [])]
    counted = insert(ROW).values(
        bucket=ONE, hits=1, streak=1, free_at=NOW, ends_at=ends, forget_at=forget
    )
    return Change(
        counted.on_conflict_do_update(
            index_elements=[ROW.bucket],
            set_={
                "hits": hits,
                "streak": case((ROW.forget_at <= NOW, 1), else_=ROW.streak + 1),
                "free_at": case((hits < what.free, NOW), *steps, else_=pauses[-1]),
                "ends_at": ends,
                "forget_at": forget,
            },
            where=or_(ROW.forget_at <= NOW, and_(*open_at)),
        ).returning(ROW.streak)
    )


class SqlAttempts(Attempts):
    """A row for each account that something was tried on, whether or not it is there."""

    def __init__(
        self, key: BucketKey, changes: Changes, reads: Reads, current: Current, clock: Clock
    ) -> None:
        self._key = key
        self._changes = changes
        self._reads = reads
        self._current = current
        self._clock = clock

    async def count(self, what: Allowance, *whom: str) -> bool:
        """Insert the row, or count in it; where that did nothing, read why."""
        now, bucket = self._clock.now(), self._bucket(what, *whom)
        counted = await self._changes(
            counting(what),
            bucket=bucket,
            now=now,
            ends=now + what.window,
            forget=now + what.window + what.remembered,
            **{f"pause_{place}": now + pause for place, pause in enumerate(what.pauses)},
        )
        if counted:
            return what.most is not None and counted[0].streak >= what.most
        for row in await self._reads(REFUSED, bucket=bucket):
            locked = what.most is not None and row.streak >= what.most
            until = row.forget_at if locked else row.free_at
            raise what.refuse(free_at=until, locked=locked, at=now)
        return False  # it was forgiven meanwhile

    async def forgive(self, what: Allowance, *whom: str) -> None:
        """Delete the row."""
        _ = await self._changes(FORGIVEN, bucket=self._bucket(what, *whom))

    async def forget(self, *, limit: int) -> int:
        """Delete a batch of rows."""
        old = select(ROW.bucket).where(ROW.forget_at <= self._clock.now()).limit(limit)
        gone = delete(ROW).where(ROW.bucket.in_(old)).returning(ROW.bucket)
        options: dict[str, Any] = {"synchronize_session": False}
        found = await self._current.session.scalars(gone, execution_options=options)
        return len(found.all())

    def _bucket(self, what: Allowance, *whom: str) -> str:
        return bucket_of(self._key, what, *whom)


def bucket_of(key: BucketKey, what: Allowance, *whom: str) -> str:
    """Return under which name this is counted."""
    told = "\0".join((what.name, *whom))
    return hmac.new(key, told.encode(), "sha256").hexdigest()
