"""A handshake: the other's code, typed in, shows that two parties of a trade have met (D.2)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import NamedTuple, Protocol, Self

from apps.shared.domain.errors import DomainError, NotFound, TooMany
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain.terms import TradeId

SECRET_BYTES = 20
PERIOD = timedelta(seconds=60)
DIGITS = 6
TOLERANCE = timedelta(minutes=2)
"""How far the clocks of two telephones, and ours, may be apart."""
TYPED_WITHIN = timedelta(hours=72)
"""So long may a telephone be without a network."""
MOST_WRONG = 5
WRONG_WITHIN = timedelta(hours=1)


class HandshakeNotFound(NotFound):
    """This trade takes no handshake, or not yet."""


class HandshakeCodeWrong(DomainError):
    """This is not the code that the other party showed at that moment."""

    kept = True


class TooManyCodes(TooMany):
    """Too many wrong codes; wait, or confirm without one."""


class EnteredOutOfTime(DomainError):
    """A code is typed in after acceptance, within the last three days, and not in the future."""


class HandshakeId(NamedTuple):
    """Whose secret under which trade."""

    trade: TradeId
    member: MemberId


def step_of(moment: datetime) -> int:
    """Return the number of the minute, counted from 1970 (RFC 6238)."""
    return int(moment.astimezone(UTC).timestamp() // PERIOD.total_seconds())


def code_of(secret: bytes, step: int) -> str:
    """Return the digits to show in one step (RFC 4226)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), sha1)
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


@dataclass(kw_only=True, eq=False)
class Handshake(Aggregate[HandshakeId]):
    """One party's secret, valid for one trade, and how the other's typing has gone.

    `last_step` is that of the last code that was right, `wrong_at` when the last wrong ones came.
    """

    secret: bytes = field(repr=False)
    opened_at: datetime
    last_step: int | None
    wrong_at: tuple[datetime, ...]

    @classmethod
    def open(cls, id: HandshakeId, *, secret: bytes, at: datetime) -> Self:
        """Begin on acceptance, with a new secret (T4)."""
        return cls(id=id, secret=secret, opened_at=at, last_step=None, wrong_at=())

    def recognises(self, code: str, *, entered_at: datetime, at: datetime) -> bool:
        """Tell whether this party showed the code then; a right one serves once, a wrong counts.

        Raises TooManyCodes and EnteredOutOfTime, neither of which changes anything.
        """
        self._ensure_patience(at)
        earliest = max(self.opened_at, at - TYPED_WITHIN)
        if not earliest <= entered_at <= at + TOLERANCE:
            raise EnteredOutOfTime(
                errors=[{"pointer": "/entered_at", "code": "out-of-time", "detail": "Not then."}]
            )
        for step in self._steps_around(entered_at):
            if hmac.compare_digest(code_of(self.secret, step), code):
                self.last_step = step
                return True
        self.wrong_at = (*self.wrong_at, at)[-MOST_WRONG:]
        return False

    def _ensure_patience(self, at: datetime) -> None:
        if len(self.wrong_at) < MOST_WRONG:
            return
        wait = self.wrong_at[-MOST_WRONG] + WRONG_WITHIN - at
        if wait > timedelta():
            raise TooManyCodes(retry_after=-(-wait // timedelta(seconds=1)))

    def _steps_around(self, moment: datetime) -> range:
        """Return the steps near a moment, none from before acceptance and none seen before."""
        first = max(step_of(moment - TOLERANCE), step_of(self.opened_at))
        if self.last_step is not None:
            first = max(first, self.last_step + 1)
        return range(first, step_of(moment + TOLERANCE) + 1)


class HandshakeRepository(Protocol):
    """All handshakes, which are only touched while their trade is locked."""

    async def open(self, handshakes: Sequence[Handshake], /) -> None:
        """Keep new ones; one that is there already begins anew."""
        ...

    async def get(self, id: HandshakeId, /) -> Handshake:
        """Return one; raise HandshakeNotFound."""
        ...

    async def save(self, entity: Handshake, /) -> None:
        """Keep what changed."""
        ...
