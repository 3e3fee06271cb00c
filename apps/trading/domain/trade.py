"""A trade: what its parties hand to each other, and how far they have come (D.2)."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, Self

from apps.collection.contract import CopyId
from apps.shared.domain.errors import Conflict, DuplicateIds, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain.history import (
    LapseReason,
    LegReceived,
    TradeAccepted,
    TradeCompleted,
    TradeLapsed,
    TradeProposed,
    TradeRejected,
    TradeWithdrawn,
)
from apps.trading.domain.terms import (
    Leg,
    LegId,
    LegState,
    Method,
    MethodNotAvailable,
    OneSidedTrade,
    Party,
    Terms,
    TradeId,
)


class TradeNotFound(NotFound):
    """There is no such trade of yours."""


class ProposalsNotAccepted(Forbidden):
    """This member takes no proposals at the moment."""


class RecentlyRejected(Conflict):
    """The same swap was turned down a short while ago; `again_at` says when to ask again."""


class StaleRevision(Conflict):
    """The terms were changed since you saw them."""


class InvalidTransition(Conflict):
    """This cannot be done with the trade as it stands, or not by you."""


class State(StrEnum):
    """How far an agreement has come."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    FULFILLING = "fulfilling"
    COMPLETED = "completed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Action(StrEnum):
    """What a party can tell a trade to do."""

    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"


REASK_AFTER = timedelta(hours=24)
LIVE = frozenset({State.PROPOSED, State.ACCEPTED, State.FULFILLING})


@dataclass(kw_only=True, eq=False)
class Trade(Aggregate[TradeId]):
    """Two parties for now; the first one began it. `turn` is who must answer a proposal."""

    parties: tuple[Party, ...]
    legs: tuple[Leg, ...]
    state: State
    revision: int
    author: MemberId
    turn: MemberId | None
    method: Method
    place: str | None
    planned_at: datetime | None
    answer_due_at: datetime
    created_at: datetime
    updated_at: datetime

    @classmethod
    def propose(
        cls,
        id: TradeId,
        *,
        by: MemberId,
        to: MemberId,
        give: Sequence[CopyId],
        take: Sequence[CopyId],
        leg_ids: tuple[LegId, LegId],
        terms: Terms,
        at: datetime,
    ) -> Self:
        """Send the first revision, which is the author's consent to it (T2).

        Raises OneSidedTrade, DuplicateIds (P11) and MethodNotAvailable.
        """
        if terms.method is not Method.IN_PERSON:
            raise MethodNotAvailable
        if len({*give, *take}) < len(give) + len(take):
            raise DuplicateIds("A copy stands in a proposal once.")
        if by == to or not give or not take:
            raise OneSidedTrade
        trade = cls(
            id=id,
            parties=(Party(by, 1), Party(to, None)),
            legs=(
                Leg(leg_ids[0], by, to, LegState.DUE, tuple(sorted(give))),
                Leg(leg_ids[1], to, by, LegState.DUE, tuple(sorted(take))),
            ),
            state=State.PROPOSED,
            revision=1,
            author=by,
            turn=to,
            method=terms.method,
            place=terms.place,
            planned_at=terms.planned_at,
            answer_due_at=at + terms.answer_within,
            created_at=at,
            updated_at=at,
        )
        trade.record(TradeProposed(trade=id, revision=1, actor=by, at=at))
        return trade

    @property
    def copies(self) -> tuple[CopyId, ...]:
        """All copies in it."""
        return tuple(copy for leg in self.legs for copy in leg.copies)

    def given_by(self, member: MemberId) -> tuple[CopyId, ...]:
        """Return what this party hands over; raise TradeNotFound for a stranger."""
        self.ensure_party(member)
        return tuple(copy for leg in self.legs if leg.giver == member for copy in leg.copies)

    def ensure_party(self, member: MemberId) -> None:
        """Hide the trade from strangers: raise TradeNotFound."""
        if member not in {party.member for party in self.parties}:
            raise TradeNotFound

    def accept(self, *, by: MemberId, revision: int, at: datetime) -> None:
        """Consent to the current revision (T4)."""
        self._ensure(Action.ACCEPT, by, revision, at)
        self.parties = tuple(
            replace(party, consented_revision=self.revision) if party.member == by else party
            for party in self.parties
        )
        self._move(State.ACCEPTED, at)
        self.record(TradeAccepted(trade=self.id, revision=self.revision, actor=by, at=at))

    def reject(
        self, *, by: MemberId, revision: int | None, reason: str | None, at: datetime
    ) -> None:
        """Say no (T5)."""
        self._ensure(Action.REJECT, by, revision, at)
        self._move(State.REJECTED, at)
        self.record(
            TradeRejected(trade=self.id, revision=self.revision, actor=by, reason=reason, at=at)
        )

    def withdraw(
        self, *, by: MemberId, revision: int | None, reason: str | None, at: datetime
    ) -> None:
        """Take back what one has proposed (T6)."""
        self._ensure(Action.WITHDRAW, by, revision, at)
        self._move(State.WITHDRAWN, at)
        self.record(
            TradeWithdrawn(trade=self.id, revision=self.revision, actor=by, reason=reason, at=at)
        )

    def lapse(self, reason: LapseReason, *, at: datetime) -> None:
        """End a proposal that nothing can come of any more (T7)."""
        if self.state is not State.PROPOSED:
            raise InvalidTransition(state=self.state)
        self._move(State.LAPSED, at)
        self.record(TradeLapsed(trade=self.id, revision=self.revision, reason=reason, at=at))

    def confirm(self, *, by: MemberId, revision: int | None, at: datetime) -> None:
        """Say that one has what one was to receive; the last to say so completes it (T11, T12)."""
        self._ensure(Action.CONFIRM, by, revision, at)
        self.legs = tuple(
            replace(leg, state=LegState.RECEIVED) if leg.receiver == by else leg
            for leg in self.legs
        )
        self._move(State.FULFILLING, at)
        self.record(LegReceived(trade=self.id, revision=self.revision, actor=by, at=at))
        if all(leg.state is LegState.RECEIVED for leg in self.legs):
            self._move(State.COMPLETED, at)
            self.record(TradeCompleted(trade=self.id, revision=self.revision, actor=by, at=at))

    def allowed_actions(self, member: MemberId, *, at: datetime) -> list[Action]:
        """Return what this party can do now."""
        return allowed_actions(
            self.state,
            member=member,
            author=self.author,
            turn=self.turn,
            awaiting={leg.receiver for leg in self.legs if leg.state is LegState.DUE},
            overdue=at >= self.answer_due_at,
        )

    def _ensure(self, action: Action, by: MemberId, revision: int | None, at: datetime) -> None:
        """Hold that this party may do this to these terms.

        Raises TradeNotFound, InvalidTransition, StaleRevision.
        """
        self.ensure_party(by)
        allowed = self.allowed_actions(by, at=at)
        if action not in allowed:
            raise InvalidTransition(state=self.state, allowed_actions=allowed)
        if revision not in {None, self.revision}:
            raise StaleRevision(revision=self.revision)

    def _move(self, state: State, at: datetime) -> None:
        self.state, self.turn, self.updated_at = state, None, at


def allowed_actions(
    state: State,
    *,
    member: MemberId,
    author: MemberId,
    turn: MemberId | None,
    awaiting: AbstractSet[MemberId],
    overdue: bool,
) -> list[Action]:
    """Return what a party can do with a trade in this state; `awaiting` have legs still due."""
    if state is State.PROPOSED:
        if member == author:
            return [Action.WITHDRAW]
        return [Action.ACCEPT, Action.REJECT] if member == turn and not overdue else []
    if state in {State.ACCEPTED, State.FULFILLING} and member in awaiting:
        return [Action.CONFIRM]
    return []


class TradeRepository(Protocol):
    """All trades."""

    async def get(self, id: TradeId, /) -> Trade:
        """Return the trade, unlocked; raise TradeNotFound."""
        ...

    async def lock(self, id: TradeId) -> Trade:
        """Return the trade as it now stands and nobody else can change it; raise TradeNotFound."""
        ...

    async def lock_with_rivals(
        self, id: TradeId, *, over: Collection[CopyId]
    ) -> tuple[Trade, list[Trade]]:
        """Lock the trade and, in one order for everybody, each other open one over these copies."""
        ...

    async def lock_open(self, *, over: Collection[CopyId]) -> list[Trade]:
        """Lock every open trade over these copies."""
        ...

    async def add(self, entity: Trade, /) -> None:
        """Keep a new trade."""
        ...

    async def save(self, entity: Trade, /) -> None:
        """Keep what changed."""
        ...

    async def save_lapsed(self, trades: Sequence[Trade]) -> None:
        """Keep that these locked trades lapsed, however many they are, in one statement."""
        ...

    async def last_rejected(
        self, *, by: MemberId, to: MemberId, copies: AbstractSet[CopyId], since: datetime
    ) -> datetime | None:
        """Return when `to` last rejected this swap of exactly these copies, begun by `by`."""
        ...

    async def count_open(self, *, by: MemberId) -> int:
        """Return how many proposals of this author wait for an answer."""
        ...

    async def count_live(self, *, between: AbstractSet[MemberId]) -> int:
        """Return how many live trades these two have with each other."""
        ...
