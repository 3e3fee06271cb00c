"""What every phase of a trade is made of: its parties, its legs and its state (D.2)."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from apps.collection.contract import CopyId
from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain import history
from apps.trading.domain.legs import Leg, LegId, LegState
from apps.trading.domain.moves import (
    AGREED,
    Action,
    InvalidTransition,
    Situation,
    StaleRevision,
    State,
    resuming,
)
from apps.trading.domain.steps import ARROWS, allowed_actions
from apps.trading.domain.terms import Dispute, Method, Party, TradeId


class TradeNotFound(NotFound):
    """There is no such trade of yours."""


class LegNotFound(NotFound):
    """There is no such leg of yours in this trade."""


@dataclass(kw_only=True, eq=False)
class Agreement(Aggregate[TradeId]):
    """Two parties, or up to four in a ring; the first one began it, unless matching did.

    `author` wrote the present revision, `turn` must answer it; a ring has neither. `first_sender`
    was agreed on, `tracked` was asked for. New terms can be answered for `answer_within`.
    Nothing accepted ends by itself `not_before`.
    """

    parties: tuple[Party, ...]
    legs: tuple[Leg, ...]
    state: State
    revision: int
    author: MemberId | None
    turn: MemberId | None
    method: Method
    place: str | None
    planned_at: datetime | None
    first_sender: MemberId | None
    tracked: bool
    answer_within: timedelta
    answer_due_at: datetime
    accepted_at: datetime | None
    reopened_by: MemberId | None
    dispute: Dispute | None
    not_before: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def members(self) -> tuple[MemberId, ...]:
        """Its parties, the first one first."""
        return tuple(party.member for party in self.parties)

    @property
    def ring(self) -> bool:
        """Whether matching has proposed it, to two or more: then all consent in any order."""
        return self.author is None

    @property
    def copies(self) -> tuple[CopyId, ...]:
        """All copies in it."""
        return sum((leg.copies for leg in self.legs), ())

    @property
    def moves(self) -> dict[MemberId, tuple[CopyId, ...]]:
        """What each receiver gets; of two or in a ring, from one giver."""
        return {leg.receiver: leg.copies for leg in self.legs}

    @property
    def consented(self) -> AbstractSet[MemberId]:
        """Who has consented to the present revision."""
        return {p.member for p in self.parties if p.consented_revision == self.revision}

    @property
    def begun(self) -> bool:
        """Whether anything was shipped, or handed over."""
        return any(leg.state is not LegState.DUE for leg in self.legs)

    @property
    def presence_verified(self) -> bool:
        """Whether every receiver has shown the giver's code."""
        return all(leg.verified for leg in self.legs)

    @property
    def resuming(self) -> AbstractSet[MemberId]:
        """Who can end its dispute, alone or all together."""
        withdrawn = {party.member for party in self.parties if party.dispute_withdrawn}
        opener = self.dispute.opener if self.dispute else None
        return resuming(opener, set(self.members), withdrawn=withdrawn)

    def given_by(self, member: MemberId) -> tuple[CopyId, ...]:
        """Return what this party hands over; raise TradeNotFound for a stranger."""
        self.ensure_party(member)
        return next(leg.copies for leg in self.legs if leg.giver == member)

    def other_than(self, member: MemberId) -> MemberId:
        """Return the other of two parties."""
        self.ensure_party(member)
        return next(other for other in self.members if other != member)

    def ensure_party(self, member: MemberId) -> None:
        """Hide the trade from strangers: raise TradeNotFound."""
        if member not in self.members:
            raise TradeNotFound

    def allowed_actions(self, member: MemberId, *, at: datetime) -> list[Action]:
        """Return what this party can do now."""
        return allowed_actions(self._situation(at), member)

    def _situation(self, at: datetime) -> Situation:
        legs = [leg for leg in self.legs if not self._is_disputed(leg)]
        on_its_way = LegState.DUE if self.method is Method.IN_PERSON else LegState.SHIPPED
        return Situation(
            parties=set(self.members),
            ring=self.ring,
            state=self.state,
            method=self.method,
            revision=self.revision,
            turn=self.turn,
            consented=self.consented,
            senders={leg.giver for leg in legs if leg.state is LegState.DUE},
            awaiting={leg.receiver for leg in legs if leg.state is on_its_way},
            resuming=self.resuming,
            open_ask=not all(leg.copies for leg in self.legs),
            overdue=at >= self.answer_due_at,
        )

    def _is_disputed(self, leg: Leg) -> bool:
        return self.dispute is not None and leg.id in self.dispute.legs

    def _ensure(
        self,
        action: Action,
        by: MemberId,
        revision: int | None,
        at: datetime,
        *,
        reason: str | None = None,
    ) -> None:
        """Raise TradeNotFound, InvalidTransition or StaleRevision unless this party may do it.

        The others read the reason: raise ContactData as well.
        """
        self.ensure_party(by)
        allowed = self.allowed_actions(by, at=at)
        if action not in allowed:
            raise InvalidTransition(state=self.state, allowed_actions=allowed)
        if revision not in {None, self.revision}:
            raise StaleRevision(revision=self.revision)
        if reason is not None:
            refuse_contact_data(reason, pointer="/reason")

    def _leg(self, id: LegId) -> Leg:
        """Return one of its legs; raise LegNotFound."""
        for leg in self.legs:
            if leg.id == id:
                return leg
        raise LegNotFound

    def _put(self, *changed: Leg) -> None:
        """Take these legs for those with their ids."""
        new = {leg.id: leg for leg in changed}
        self.legs = tuple(new.get(leg.id, leg) for leg in self.legs)

    def _consent(self, member: MemberId) -> None:
        self._note_of({member}, consented_revision=self.revision)

    def _blame(self, members: Collection[MemberId]) -> None:
        self.parties = tuple(replace(p, at_fault=p.member in members) for p in self.parties)

    def _note_of(self, members: Collection[MemberId], **changes: Any) -> None:
        """Change what is known of these parties."""
        self.parties = tuple(
            replace(party, **changes) if party.member in members else party
            for party in self.parties
        )

    def _move(self, state: State, at: datetime) -> None:
        """Take a step of the table; any other is a fault of ours."""
        if (self.state, state) not in ARROWS:
            raise AssertionError(f"There is no step from {self.state} to {state}.")
        self.state, self.turn, self.updated_at = state, None, at
        if state not in AGREED:
            self.dispute = self.not_before = None

    def _tell(
        self,
        kind: type[history.TradeEvent],
        at: datetime,
        *,
        actor: MemberId | None = None,
        reason: str | None = None,
        **more: Any,
    ) -> None:
        self.record(
            kind(
                trade=self.id,
                parties=self.members,
                revision=self.revision,
                actor=actor,
                reason=reason,
                at=at,
                **more,
            )
        )
