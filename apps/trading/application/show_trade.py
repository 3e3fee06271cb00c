"""What a trade looks like to one of its parties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.collection.contract import CardView, CopyId
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.trading.domain.legs import LegId, LegState
from apps.trading.domain.moves import Action, State
from apps.trading.domain.note import NoteId
from apps.trading.domain.terms import DisputeKind, Method, TradeId


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """A party, whether it has consented to the present revision, and whose fault the end was."""

    member_id: MemberId
    nickname: str | None
    consented: bool
    at_fault: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LegCopyView:
    """A copy of a leg, and which card it is one of."""

    id: CopyId
    card: CardView


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """What one party hands to another."""

    id: LegId
    giver: MemberId
    receiver: MemberId
    state: LegState
    copies: Sequence[LegCopyView]
    ship_by: datetime | None
    must_track: bool
    carrier: str | None
    tracking_number: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    received_at: datetime | None
    verified: bool
    auto_received: bool
    disputed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeView:
    """What is open between the parties; the service opened what has no opener."""

    kind: DisputeKind
    opener: MemberId | None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeView:
    """A trade, and what its reader can do with it now."""

    id: TradeId
    state: State
    revision: int
    turn: MemberId | None
    method: Method
    place: str | None
    planned_at: datetime | None
    first_sender: MemberId | None
    tracked: bool
    parties: Sequence[PartyView]
    legs: Sequence[LegView]
    allowed_actions: Sequence[Action]
    answer_due_at: datetime
    act_due_at: datetime | None
    due_at: datetime | None
    presence_verified: bool
    dispute: DisputeView | None
    cancellation_asked_by: MemberId | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """What one party told the others."""

    id: NoteId
    author_id: MemberId
    text: str
    created_at: datetime


class ShowTrade(Protocol):
    """A trade that you are a party to."""

    async def __call__(self, id: TradeId, *, to: MemberId) -> TradeView:
        """Raise TradeNotFound, also for a stranger."""
        ...


class ListTrades(Protocol):
    """Your trades, newest first; narrowed to some states, or to those that wait for you."""

    async def __call__(
        self,
        me: MemberId,
        *,
        states: Sequence[State],
        my_turn: bool,
        after: str | None,
        limit: int,
    ) -> Page[TradeView]:
        """Return one page."""
        ...


class ListNotes(Protocol):
    """The notes of a trade that you are a party to, oldest first."""

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[NoteView]:
        """Raise TradeNotFound, also for a stranger."""
        ...

    async def one(self, id: NoteId) -> NoteView:
        """Return a note just written."""
        ...
