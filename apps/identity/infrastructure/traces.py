"""What is kept of a member beside the account, and deleted with it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.sql.dml import Delete

from apps.identity.application.delete_account import ERASURE, Traces
from apps.identity.domain.throttle import CODES, PROVE, SIGN_IN
from apps.identity.domain.user import User, email_key
from apps.identity.infrastructure.attempts import AttemptModel
from apps.identity.infrastructure.linked_identities import LinkedIdentityModel
from apps.identity.infrastructure.models import (
    BlockModel,
    MfaTicketModel,
    ProfileModel,
    RefreshSessionModel,
)
from apps.identity.infrastructure.one_time_tokens import OneTimeTokenModel
from apps.identity.infrastructure.second_factors import AuthenticatorModel, RecoveryCodeModel
from apps.identity.infrastructure.throttles import BucketKey, ThrottleModel, bucket_of
from apps.shared.application.jobs import JobState
from apps.shared.application.long_work import Operations
from apps.shared.application.replies import Replies
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.jobs import JobModel

UNSEEN = {"synchronize_session": False}
"""The session holds no such rows."""


class SqlTraces(Traces):
    """A statement for each table."""

    def __init__(
        self, current: Current, replies: Replies, operations: Operations, key: BucketKey
    ) -> None:
        self._current = current
        self._key = key
        self._replies = replies
        self._operations = operations

    async def erase(self, user: User) -> None:
        """Delete the rows; a table that refers to another comes first."""
        for rows in erasing(user, self._key):
            await self._current.session.execute(rows, execution_options=UNSEEN)
        await self._replies.forget_all(of=user.id)
        await self._operations.forget_all(of=user.id)
        await self._forget_jobs(user)

    async def _forget_jobs(self, user: User) -> None:
        """Look at what is not done: few jobs, and those that were given up stay for long."""
        waiting = select(JobModel.id, JobModel.payload).where(
            JobModel.state.in_([JobState.READY, JobState.DEAD]), JobModel.kind != ERASURE
        )
        found = await self._current.session.execute(waiting)
        told = [row.id for row in found.all() if tells_of(row.payload, user.id, user.email)]
        if told:
            await self._current.session.execute(
                delete(JobModel).where(JobModel.id.in_(told)), execution_options=UNSEEN
            )


def erasing(user: User, key: BucketKey) -> Iterator[Delete]:
    """Yield a statement for each table that has rows of a member alone."""
    for theirs in (
        RefreshSessionModel.user_id,
        OneTimeTokenModel.user_id,
        LinkedIdentityModel.member_id,
        AttemptModel.member_id,
        MfaTicketModel.member_id,
        RecoveryCodeModel.member_id,
        AuthenticatorModel.member_id,
        ProfileModel.id,
    ):
        yield delete(theirs.class_).where(theirs == user.id)
    blocked = BlockModel.blocked_id == user.id
    yield delete(BlockModel).where(or_(BlockModel.blocker_id == user.id, blocked))
    counted = (
        bucket_of(key, SIGN_IN, email_key(user.email)),
        *(bucket_of(key, what, str(user.id)) for what in (PROVE, CODES)),
    )
    yield delete(ThrottleModel).where(ThrottleModel.bucket.in_(counted))


def tells_of(payload: dict[str, Any], member: MemberId, email: str) -> bool:
    """Tell whether a job is about this member, by id or by address."""
    address = payload.get("email")
    return payload.get("member") == str(member) or (
        isinstance(address, str) and email_key(address) == email_key(email)
    )
