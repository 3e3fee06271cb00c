"""Trades as JSON."""

from datetime import timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Line, Prose, Representation
from apps.trading.application.show_trade import LegCopyView, PartyView
from apps.trading.domain.terms import ANSWER_WINDOW, LegId, LegState, Method, Terms, TradeId
from apps.trading.domain.trade import Action, State

MOST_COPIES = 20
HOUR = timedelta(hours=1)

Copies = Annotated[list[CopyId], Field(min_length=1, max_length=MOST_COPIES)]
Place = Annotated[Line, Field(min_length=1, max_length=200)]
Text = Annotated[Prose, Field(min_length=1, max_length=500)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Proposal(Body):
    """What one member offers another."""

    to: MemberId
    give: Copies
    take: Copies
    method: Method
    place: Place | None = None
    planned_at: AwareDatetime | None = None
    note: Text | None = None
    answer_within_hours: Annotated[int, Field(ge=24, le=168)] = ANSWER_WINDOW // HOUR

    def terms(self) -> Terms:
        """Return how and where, and how long the other may think."""
        return Terms(
            method=self.method,
            place=self.place,
            planned_at=self.planned_at,
            answer_within=self.answer_within_hours * HOUR,
        )


class Acceptance(Body):
    """Consent to one revision, the one that was seen."""

    revision: Revision


class Answer(Body):
    """No, or never mind."""

    reason: Text | None = None
    revision: Revision | None = None


class Receipt(Body):
    """The other's cards are in hand."""

    revision: Revision | None = None


class Note(Body):
    """What to tell the other party."""

    text: Text


class LegOut(Representation):
    """What one party hands to another."""

    id: LegId
    giver: MemberId = Field(serialization_alias="from")
    receiver: MemberId = Field(serialization_alias="to")
    state: LegState
    copies: list[LegCopyView]


class TradeOut(Representation):
    """A trade, and what its reader can do with it now."""

    id: TradeId
    state: State
    revision: int
    turn: MemberId | None
    method: Method
    place: str | None
    planned_at: AwareDatetime | None
    parties: list[PartyView]
    legs: list[LegOut]
    allowed_actions: list[Action]
    answer_due_at: AwareDatetime
    created_at: AwareDatetime
    updated_at: AwareDatetime
