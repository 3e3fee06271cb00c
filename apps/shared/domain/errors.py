"""The kinds of refusal. A context derives its own from them; the docstring is what members read.

DomainError               the rules say no
 ├── Malformed            the request cannot be read
 ├── Unauthenticated      nobody knows who is asking: no token, a wrong one, or too late
 ├── Forbidden            known, but not allowed
 ├── NotFound             missing, or hidden from the one who asks
 ├── NotOffered           missing, and anybody may know that
 ├── Conflict             the state has moved on
 ├── StaleVersion         so has the version
 ├── Moved                found under another id
 ├── TooMany              too fast
 ├── Busy                 the system, not the request, is at fault
 └── Unreachable          neither is; somebody else's system is
"""

from dataclasses import dataclass
from datetime import timedelta
from inspect import getdoc
from typing import Any, ClassVar
from uuid import UUID


class DomainError(Exception):
    """The rules do not allow this."""

    kept: ClassVar[bool] = False
    """Whether what its use case wrote stays written, so that an attempt can count."""

    def __init__(self, detail: str = "", /, **members: Any) -> None:
        """Tell this case in `detail`, and what a client needs to act on in `members`."""
        super().__init__(detail or getdoc(type(self)))
        self.members = members


class Malformed(DomainError):
    """The request cannot be read."""


class Unauthenticated(DomainError):
    """Sign in first."""


class InvalidToken(Unauthenticated):
    """This access token is not valid."""


class TokenExpired(Unauthenticated):
    """This access token has expired; refresh it."""


class Forbidden(DomainError):
    """You are not allowed to do this."""


class ReauthRequired(Forbidden):
    """Give your password again first; this is asked for where it was given some time ago."""


class MfaRequired(Forbidden):
    """Sign in with your second factor first; this device was signed in without one."""


class NotFound(DomainError):
    """There is nothing here that you could see."""


class NotOffered(DomainError):
    """This installation does not offer that."""


class Conflict(DomainError):
    """Things have changed; look again before you decide."""


class StaleVersion(DomainError):
    """You started from a version that is no longer the current one."""


class Moved(DomainError):
    """This is found under another id now."""

    def __init__(self, now: UUID) -> None:
        """Tell that id; the old one is the only one in the path of the request."""
        super().__init__()
        self.now = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many of something are let in within a time."""

    name: str
    count: int
    window: timedelta


class TooMany(DomainError):
    """Slow down; `Retry-After` says for how many seconds."""

    def __init__(self, detail: str = "", /, *, quota: Quota | None = None, **members: Any) -> None:
        """Tell besides which quota is used up, for whoever wants to keep to it."""
        super().__init__(detail, **members)
        self.quota = quota


class Busy(DomainError):
    """The service cannot answer right now; try again in a moment."""

    def __init__(self, detail: str = "", /, *, reason: str = "database", **members: Any) -> None:
        """Say to operators what is in short supply; clients are not told."""
        super().__init__(detail, **members)
        self.reason = reason


class Unsettled(Busy):
    """Nobody knows whether this was done; look, or ask again under the same Idempotency-Key."""


class Unreachable(DomainError):
    """A service that this one depends on does not answer as it should; try again later."""


class DuplicateIds(DomainError):
    """An id stands in a request once (P11)."""


class LimitExceeded(DomainError):
    """This is more than your plan allows."""

    def __init__(self, key: str, *, limit: int, current: int) -> None:
        """Name the limit by its key of D.5; such a limit has no period, hence no reset."""
        super().__init__(
            f"At most {limit} are allowed, and there are {current}.",
            limit_key=key,
            limit_value=limit,
            current_value=current,
            reset_at=None,
        )
