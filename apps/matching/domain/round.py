"""A matching round: members join with their lists, and are matched all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.identity.contract import EmailNotVerified, Rank, TrustLevelTooLow
from apps.matching.domain.ring import LEVEL_FOR_RINGS, PAIR
from apps.matching.domain.round_steps import (
    ARROWS,
    LEVEL_TO_OPEN,
    Guest,
    RoundAction,
    RoundState,
    allowed_actions,
)
from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.errors import Conflict, DomainError, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate, Event
from apps.trading.contract import InvalidTransition

RoundId = NewType("RoundId", UUID)

DEFAULT_LENGTH = 3
OPEN_FOR = timedelta(days=30)
"""The longest time that a round takes members."""
MOST_GENERATIONS = 5
"""How often the members of a round are matched, at most: once, and again as rings dissolve."""


class RoundNotFound(NotFound):
    """There is no such round."""


class ClosingOutOfRange(DomainError):
    """A round closes at a moment within the next 30 days."""


class OtherRegion(Forbidden):
    """This round is for members of another region; yours stands in your profile."""


class NotPublished(Conflict):
    """There is no result before the round was published."""


class OpenersOnly(Forbidden):
    """Only who has opened a round, or a moderator, may close it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundEvent(Event):
    """Something happened to a round."""

    round: RoundId


class RoundOpened(RoundEvent):
    """Members may join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundClosed(RoundEvent):
    """Its input is frozen."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPublished(RoundEvent):
    """The rings of a generation were put to their members."""

    generation: int


class RoundSettled(RoundEvent):
    """All that came of it is over."""


@dataclass(kw_only=True, eq=False)
class MatchingRound(Aggregate[RoundId]):
    """Everywhere, or in one `region` (ISO 3166-2); rings of at most `max_length` members.

    `seed` is drawn at closing. `closed_by` is who has the `operation`: the opener, where the clock
    has closed it. `generation` counts how often its members were matched.
    """

    opener: MemberId
    title: str
    region: str | None
    max_length: int
    state: RoundState
    closes_at: datetime
    seed: int | None
    closed_by: MemberId | None
    operation: UUID | None
    generation: int
    closed_at: datetime | None
    settled_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def open(
        cls,
        id: RoundId,
        *,
        by: Rank,
        title: str,
        region: str | None,
        max_length: int,
        closes_at: datetime,
        at: datetime,
    ) -> Self:
        """Raise TrustLevelTooLow, ClosingOutOfRange or ContactData."""
        if by.trust_level < LEVEL_TO_OPEN and not by.role.is_staff:
            raise TrustLevelTooLow(
                f"Rounds are opened by members of level {LEVEL_TO_OPEN}.",
                trust_level=by.trust_level,
            )
        if not at < closes_at <= at + OPEN_FOR:
            raise ClosingOutOfRange
        refuse_contact_data(title, pointer="/title")
        opened = cls(
            id=id,
            opener=by.id,
            title=title,
            region=region,
            max_length=max_length,
            state=RoundState.OPEN,
            closes_at=closes_at,
            seed=None,
            closed_by=None,
            operation=None,
            generation=0,
            closed_at=None,
            settled_at=None,
            created_at=at,
            updated_at=at,
        )
        opened.record(RoundOpened(round=id, at=at))
        return opened

    def allowed_actions(self, guest: Guest, *, at: datetime) -> Sequence[RoundAction]:
        """Return what this member can do now."""
        return allowed_actions(
            state=self.state,
            opener=self.opener,
            max_length=self.max_length,
            region=self.region,
            overdue=at >= self.closes_at,
            guest=guest,
        )

    def admit(self, guest: Guest, *, at: datetime) -> None:
        """Raise InvalidTransition, EmailNotVerified, TrustLevelTooLow or OtherRegion."""
        if self.state is not RoundState.OPEN or at >= self.closes_at or guest.joined:
            raise self._refusal(guest, at)
        if not guest.rank.email_verified:
            raise EmailNotVerified
        if self.max_length > PAIR and guest.rank.trust_level < LEVEL_FOR_RINGS:
            raise TrustLevelTooLow(
                "At level 0 you take part in no rings.", trust_level=guest.rank.trust_level
            )
        if self.region not in {None, guest.region}:
            raise OtherRegion

    def let_go(self, guest: Guest, *, at: datetime) -> None:
        """Raise InvalidTransition."""
        if self.state is not RoundState.OPEN or not guest.joined:
            raise self._refusal(guest, at)

    def ensure_may_close(self, guest: Guest, *, at: datetime) -> None:
        """Raise OpenersOnly or InvalidTransition."""
        if guest.rank.id != self.opener and not guest.rank.role.is_staff:
            raise OpenersOnly
        if self.state is not RoundState.OPEN:
            raise self._refusal(guest, at)

    def close(self, *, by: MemberId, seed: int, operation: UUID, digest: str, at: datetime) -> None:
        """Take nobody any more; the `digest` is that of the input as it was frozen."""
        self._move(RoundState.CLOSED, at)
        self.seed, self.closed_by, self.operation, self.closed_at = seed, by, operation, at
        self.generation = 1
        self.record(RoundClosed(round=self.id, digest=digest, at=at))

    def begin_solving(self, *, at: datetime) -> None:
        """A worker has it in hand."""
        if self.state is not RoundState.SOLVING:  # or another one had, and was lost
            self._move(RoundState.SOLVING, at)

    def publish(self, *, at: datetime) -> None:
        """All rings of this generation are before their members."""
        self._move(RoundState.PUBLISHED, at)
        self.record(RoundPublished(round=self.id, generation=self.generation, at=at))

    def match_again(self, *, at: datetime) -> None:
        """Begin the next generation."""
        self._move(RoundState.SOLVING, at)
        self.generation += 1

    def settle(self, *, at: datetime) -> None:
        """Be over."""
        self._move(RoundState.SETTLED, at)
        self.settled_at = at
        self.record(RoundSettled(round=self.id, at=at))

    def _move(self, state: RoundState, at: datetime) -> None:
        """Take a step of the table; any other is a fault of ours."""
        if (self.state, state) not in ARROWS:
            raise AssertionError(f"There is no step from {self.state} to {state}.")
        self.state, self.updated_at = state, at

    def _refusal(self, guest: Guest, at: datetime) -> InvalidTransition:
        actions = self.allowed_actions(guest, at=at)
        return InvalidTransition(state=self.state, allowed_actions=actions)


class RoundRepository(Protocol):
    """All matching rounds."""

    async def get(self, id: RoundId, /) -> MatchingRound:
        """Return the round, unlocked; raise RoundNotFound."""
        ...

    async def lock(self, id: RoundId) -> MatchingRound:
        """Return it as it now stands and nobody else can change it; raise RoundNotFound."""
        ...

    async def add(self, entity: MatchingRound, /) -> None:
        """Keep a new round."""
        ...

    async def save(self, entity: MatchingRound, /) -> None:
        """Keep what changed."""
        ...

    async def count_open(self, *, by: MemberId) -> int:
        """Return how many rounds of this opener take members now."""
        ...

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[RoundId]:
        """Return some open rounds that are to be closed by now, the longest overdue first."""
        ...

    async def unsolved(self) -> Sequence[RoundId]:
        """Return the rounds that wait for a worker, or for the end of what it does, by id."""
        ...
