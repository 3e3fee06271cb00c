"""A claim: how much of one thing a member asks for in a round (G3)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from apps.group_orders.domain.policy import Ask, Policy
from apps.group_orders.domain.round_events import ClaimId, OrderRoundId
from apps.group_orders.domain.round_steps import ClaimState
from apps.group_orders.domain.slot import Thing
from apps.shared.domain.errors import Conflict, DomainError, Forbidden, NotFound
from apps.shared.domain.ids import MemberId

MOST_UNITS = 100
"""That one claim can ask for."""


class ClaimNotFound(NotFound):
    """There is no such claim."""


class ClaimantsOnly(Forbidden):
    """Only who has made this claim may do this."""


class AlreadyClaimed(Conflict):
    """You have claimed this in this round; withdraw that claim to ask for another quantity."""


class UnpaidDues(Conflict):
    """You have a due that is overdue in a group order of this organiser; pay it first."""


class RankMissing(DomainError):
    """In this round you say which of your claims comes first: give each a rank."""


class RankTaken(Conflict):
    """Another claim of yours in this round has that rank."""


@dataclass(kw_only=True)
class Claim:
    """`granted` of `quantity` units are theirs; `rank` is their own, 1 the first."""

    id: ClaimId
    round: OrderRoundId
    member: MemberId
    sequence: int
    thing: Thing
    quantity: int
    rank: int | None
    granted: int
    state: ClaimState
    submitted_at: datetime
    ended_at: datetime | None

    @classmethod
    def submit(
        cls,
        id: ClaimId,
        *,
        round: OrderRoundId,
        by: MemberId,
        sequence: int,
        thing: Thing,
        quantity: int,
        rank: int | None,
        at: datetime,
    ) -> Self:
        """Ask for it."""
        return cls(
            id=id,
            round=round,
            member=by,
            sequence=sequence,
            thing=thing,
            quantity=quantity,
            rank=rank,
            granted=0,
            state=ClaimState.SUBMITTED,
            submitted_at=at,
            ended_at=None,
        )

    @property
    def is_live(self) -> bool:
        """Whether it still asks for something, or has it."""
        return self.ended_at is None

    @property
    def waits(self) -> bool:
        """Whether it asks for more than it has."""
        return self.is_live and self.granted < self.quantity

    def grant(self, units: int) -> None:
        """Take so many more, and wait for the rest."""
        self.granted += units
        self.state = ClaimState.WAITLISTED if self.waits else ClaimState.ALLOCATED

    def give_up(self, units: int, *, at: datetime) -> None:
        """Have so many no longer, and ask for so many fewer."""
        self.granted -= units
        if self.quantity > units:
            self.quantity -= units
            self.grant(0)
        else:
            self.withdraw(at=at)

    def settle_for_less(self, *, at: datetime) -> None:
        """Wait for nothing more than it has, which may be nothing."""
        if self.granted:
            self.quantity, self.state = self.granted, ClaimState.ALLOCATED
        else:
            self.withdraw(at=at)

    def withdraw(self, *, at: datetime) -> None:
        """Ask for nothing any more."""
        self.granted, self.state, self.ended_at = 0, ClaimState.WITHDRAWN, at

    def conclude(self, kept: int, *, at: datetime) -> None:
        """Its round is over: wait for nothing more than what is kept of it, which may be none."""
        self.granted = kept
        if kept:
            self.quantity, self.state = kept, ClaimState.ALLOCATED
        else:
            self.state, self.ended_at = ClaimState.REFUSED, at

    def ask(self) -> Ask:
        """Return what it still waits for."""
        return Ask(
            claim=self.id,
            member=self.member,
            thing=str(self.thing),
            quantity=self.quantity - self.granted,
            sequence=self.sequence,
            rank=self.rank,
        )


def ensure_distinct(
    policy: Policy, theirs: Collection[Claim], *, thing: Thing, rank: int | None
) -> None:
    """Hold a new claim against the live ones of the same member in the round.

    Raises AlreadyClaimed, RankMissing or RankTaken.
    """
    if any(claim.thing == thing for claim in theirs):
        raise AlreadyClaimed
    if policy is not Policy.PRIORITY:
        return
    if rank is None:
        fault = {"pointer": "/rank", "code": "rank-missing", "detail": "Give it a rank."}
        raise RankMissing(errors=[fault])
    if any(claim.rank == rank for claim in theirs):
        raise RankTaken
