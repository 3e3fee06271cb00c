"""Questions about matching rounds, and what they answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from apps.collection.contract import CopyId, WantGroupId
from apps.matching.domain.planned_ring import Dissolution, RingId, RingState, RunId
from apps.matching.domain.round import RoundId
from apps.matching.domain.round_steps import RoundAction, RoundState
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.trading.contract import TradeId


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """My part in a round; null stands for all I offer, or all I look for."""

    copy_ids: Sequence[CopyId] | None
    want_group_ids: Sequence[WantGroupId] | None
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """A round as a member sees it: of the others, only how many take part.

    `operation_id` is told to whose operation it is. `opener_id` is null where that member is
    hidden from you, or gone. `input_digest` binds the service to what was frozen at closing.
    """

    id: RoundId
    title: str
    region: str | None
    max_length: int
    state: RoundState
    generation: int
    opener_id: MemberId | None
    members: int
    my_entry: EntryView | None
    operation_id: UUID | None
    input_digest: str | None
    closes_at: datetime
    closed_at: datetime | None
    settled_at: datetime | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: Sequence[RoundAction]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """How one generation of a round was solved, and what has come of it.

    What it was solved from is kept, and so are its rings; each digest is the SHA-256 of their
    canonical text. `seed`, `max_length`, strategy and version decide the rest. `cards` change hands
    if everybody consents; `expected_cards` if each does so with the probability `acceptance`, as
    observed before. `bound` is more than any rings could move. `input` is for moderators, on
    demand: it tells who has blocked whom.
    """

    id: RunId
    round_id: RoundId
    generation: int
    strategy: str
    version: int
    max_length: int
    seed: int
    watermark: str
    input_digest: str
    result_digest: str | None
    members: int
    offers: int
    wishes: int
    bound: int | None
    cards: int
    expected_cards: float | None
    acceptance: float | None
    rings_by_length: Mapping[str, int]
    rings_by_state: Mapping[RingState, int]
    seconds: float | None
    frozen_at: datetime
    solved_at: datetime | None
    input: Any | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingView:
    """A ring, and the trade that it has become; `members` give each to the next."""

    id: RingId
    generation: int
    members: Sequence[MemberId]
    cards: int
    state: RingState
    reason: Dissolution | None
    trade_id: TradeId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """What has come of a round: its runs, and the rings that I am in, or all for moderators."""

    round_id: RoundId
    state: RoundState
    runs: Sequence[RunView]
    rings: Sequence[RingView]


class ShowRound(Protocol):
    """A matching round, and your part in it."""

    async def __call__(self, id: RoundId, *, to: MemberId) -> RoundView:
        """Raise RoundNotFound."""
        ...


class ListRounds(Protocol):
    """Matching rounds, newest first."""

    async def __call__(
        self,
        *,
        to: MemberId,
        states: Sequence[RoundState],
        region: str | None,
        after: str | None,
        limit: int,
    ) -> Page[RoundView]:
        """Return those in any of these states, or all; those in a region are not everywhere."""
        ...


class ShowResult(Protocol):
    """What has come of a round that was published: how it was solved, and your rings.

    Moderators see all rings, and the canonical input itself with `input=true`: whoever has it
    can solve it again and has to come to the same digest. To members the digests bind the service
    from the closing on; the input would tell them who has blocked whom.
    """

    async def __call__(self, id: RoundId, *, to: MemberId, with_input: bool) -> ResultView:
        """Raise RoundNotFound, NotPublished, or ModeratorsOnly where the input is asked for."""
        ...


class ListRuns(Protocol):
    """All runs of this installation, newest first, for an operator."""

    async def __call__(self, *, round: RoundId | None, limit: int) -> Sequence[RunView]:
        """Return at most so many, of one round or of all."""
        ...
