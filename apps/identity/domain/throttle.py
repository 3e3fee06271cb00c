"""How often something may be tried: by whom it is tried on, and from where.

What is tried on an account is counted before it is done, so that of many guesses at once none
slips through. What comes from one network is counted beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.shared.domain.errors import Quota, TooMany

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WINDOW = timedelta(minutes=15)

PAUSES = tuple(min(timedelta(seconds=2**k), WINDOW) for k in range(5, 11))
"""Behind the tenth failure and each further one; the last pause is that of all later ones."""


class TooManyAttempts(TooMany):
    """This was tried too often; `Retry-After` says for how many seconds to wait."""


class RateLimited(TooMany):
    """This is asked for too often; `Retry-After` says for how many seconds to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How often one thing may be tried on one account, address, or whatever it is.

    `free` attempts, and behind each further one a longer pause; a window without any, and it
    begins anew. With `most` in a row, no pause helps any more until one of them succeeds, or
    nothing was tried for as long as it is `remembered`.
    """

    name: str
    free: int
    pauses: Sequence[timedelta]
    window: timedelta
    most: int | None = None
    remembered: timedelta = timedelta()

    @property
    def quota(self) -> Quota:
        """What clients are told of it."""
        return Quota(name=self.name, count=self.free, window=self.window)

    def refuse(self, *, free_at: datetime, locked: bool, at: datetime) -> TooManyAttempts:
        """Return the refusal of what comes before `free_at`."""
        detail = (
            "Too many attempts in a row have failed. Set a new password by mail, or sign in on a"
            " device that has been signed in before."
        )
        return TooManyAttempts(
            detail if locked else "", quota=self.quota, retry_after=seconds(free_at - at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How often one network may do a thing: so many times in each of these windows."""

    name: str
    quotas: Sequence[tuple[int, timedelta]]
    refusal: type[TooMany] = RateLimited


SIGN_IN = Allowance(
    name="sign-in", free=10, pauses=PAUSES, window=WINDOW, most=100, remembered=30 * DAY
)
PROVE = Allowance(
    name="prove", free=10, pauses=PAUSES, window=WINDOW, most=100, remembered=30 * DAY
)
"""For the password that somebody signed in gives again; whoever is not cannot use it up."""
LETTERS = Allowance(name="letters", free=3, pauses=(HOUR,), window=HOUR)
CODES = Allowance(name="totp", free=10, pauses=(HOUR,), window=HOUR)
"""Of the second factor, of one member; each ticket has five attempts besides."""

SIGNING_IN = Flow(name="login", quotas=((30, MINUTE), (300, HOUR)), refusal=TooManyAttempts)
ASKING_FOR_LETTERS = Flow(name="letters", quotas=((10, HOUR),))
COMING_FROM_A_PROVIDER = Flow(name="oidc-callback", quotas=((30, MINUTE),))
FAILING = Flow(name="accounts", quotas=((20, HOUR),), refusal=TooManyAttempts)
"""Of how many accounts the password was given wrong."""

REFRESHES = Quota(name="refresh", count=60, window=MINUTE)
"""How often one session may be refreshed."""


def seconds(left: timedelta) -> int:
    """Return how many whole seconds to wait, one at least."""
    return max(1, -(-left // timedelta(seconds=1)))
