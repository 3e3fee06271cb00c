"""Trades as JSON."""

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Flag, Line, Prose, Representation, Whole
from apps.shared.presentation.moments import Moment
from apps.trading.application.show_trade import LegCopyView, PartyView
from apps.trading.domain.address import AddressId
from apps.trading.domain.legs import LegId, LegState
from apps.trading.domain.moves import Action, State
from apps.trading.domain.terms import (
    ANSWER_WINDOW,
    HOUR,
    MOST_COPIES,
    DisputeKind,
    Method,
    Terms,
    TradeId,
)

TOLD = "By mail, to which address of yours the cards are sent."

Copies = Annotated[list[CopyId], Field(min_length=1, max_length=MOST_COPIES)]
Offer = Annotated[
    list[CopyId], Field(max_length=MOST_COPIES, description="Empty: the other chooses")
]
Place = Annotated[Line, Field(min_length=1, max_length=200)]
Text = Annotated[Prose, Field(min_length=1, max_length=500)]
Revision = Annotated[Whole, Field(ge=1, le=2**31 - 1)]
Code = Annotated[
    str, Field(pattern=r"^[0-9]{6}$", examples=["287082"], description="What the other one shows.")
]

Tracked = Annotated[
    Flag,
    Field(description="By mail, all with a tracking number; once asked for, it stays so."),
]


class ProposedTerms(Body):
    """How and where cards would change hands, and how long the other may think."""

    method: Method
    place: Place | None = None
    planned_at: Moment | None = None
    address_id: AddressId | None = Field(default=None, description=TOLD)
    first_sender: MemberId | None = Field(
        default=None, description="By mail, who sends first; else the less trusted one does."
    )
    tracked: Tracked = False
    note: Text | None = None
    answer_within_hours: Annotated[Whole, Field(ge=24, le=168)] = ANSWER_WINDOW // HOUR

    def terms(self) -> Terms:
        """Return how and where, and how long the other may think."""
        return Terms(
            method=self.method,
            place=self.place,
            planned_at=self.planned_at,
            answer_within=self.answer_within_hours * HOUR,
            first_sender=self.first_sender,
            tracked=self.tracked,
        )


class Proposal(ProposedTerms):
    """What one member offers another."""

    to: MemberId
    give: Offer
    take: Copies


class Acceptance(Body):
    """Consent to one revision, the one that was seen; also to more than one looks for."""

    revision: Revision
    accept_surplus: Flag = False
    address_id: AddressId | None = Field(default=None, description=TOLD)
    tracked: Tracked = False


class CounterProposal(Body):
    """Other terms, as seen by the one who proposes them: `give` is what they give."""

    revision: Revision
    give: Copies
    take: Copies
    message: Text | None = None
    address_id: AddressId | None = Field(default=None, description=TOLD)
    tracked: Tracked = False


class Cancellation(Body):
    """Call it off, alone or, if the other says the same, by agreement."""

    by_agreement: Flag = False
    reason: Text | None = None
    revision: Revision | None = None


class Answer(Body):
    """No, or never mind."""

    reason: Text | None = None
    revision: Revision | None = None


class Receipt(Body):
    """The other's cards are in hand."""

    revision: Revision | None = None
    code: Code | None = None
    entered_at: Moment | None = Field(
        default=None, description="When the code was typed in, where that was without a network."
    )

    @model_validator(mode="after")
    def _names_a_code(self) -> Self:
        """Take no moment without its code: the receipt would be kept as an unproved one."""
        if self.entered_at is not None and self.code is None:
            raise PydanticCustomError("code_missing", "Which code was entered then?")
        return self


class Revised(Body):
    """The revision that was seen, to be compared."""

    revision: Revision | None = None


Label = Annotated[Line, Field(min_length=1, max_length=60)]


class Shipment(Body):
    """How a leg was sent."""

    carrier: Label
    tracking_number: Label | None = None
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
    ship_by: AwareDatetime | None
    must_track: bool
    carrier: str | None
    tracking_number: str | None
    shipped_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    received_at: AwareDatetime | None
    verified: bool
    auto_received: bool
    disputed: bool


class DisputeOut(Representation):
    """What is open between the parties; the service opened what has no opener."""

    kind: DisputeKind
    opener: MemberId | None
    opened_at: AwareDatetime


class TradeOut(Representation):
    """A trade, and what its reader can do with it now."""

    id: TradeId
    state: State
    revision: int
    turn: MemberId | None
    method: Method
    place: str | None
    planned_at: AwareDatetime | None
    first_sender: MemberId | None
    tracked: bool
    parties: list[PartyView]
    legs: list[LegOut]
    allowed_actions: list[Action]
    answer_due_at: AwareDatetime
    act_due_at: AwareDatetime | None
    due_at: AwareDatetime | None
    presence_verified: bool
    dispute: DisputeOut | None
    cancellation_asked_by: MemberId | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
