"""Order rounds, claims and allocations as JSON."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from apps.catalogue.contract import CardId
from apps.group_orders.application.run_rounds import Stock
from apps.group_orders.domain.allocation import ReleaseReason
from apps.group_orders.domain.claim import MOST_UNITS
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.slot import MOST_SLOTS
from apps.group_orders.presentation.schemas import Amount, Title
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Line, Whole
from apps.shared.presentation.moments import Moment

MOST_NUMBER = 10_000


def worded(name: str) -> str:
    """Refuse a name of blanks, and leave those out that surround it."""
    if not name.strip():
        raise PydanticCustomError("blank", "Name the item")
    return name.strip()


Item = Annotated[
    Line,
    Field(min_length=1, max_length=120, description="What is no card of the catalogue, by name."),
    AfterValidator(worded),
]
RulesVersion = Annotated[
    Whole, Field(ge=1, le=MOST_NUMBER, description="Of the rules that you have read and accept.")
]


class OfAThing(Body):
    """Of a card, or of an item by its name."""

    card_id: CardId | None = None
    item: Item | None = None

    @model_validator(mode="after")
    def _is_of_one(self) -> Self:
        if (self.card_id is None) == (self.item is None):
            raise PydanticCustomError("one_thing", "Name a card or an item, and not both")
        return self


class SlotsOfAThing(OfAThing):
    """Some slots of one thing and price; those of one set number are sold as a set, too."""

    unit_price: Amount
    set_number: Annotated[Whole, Field(ge=1, le=MOST_NUMBER)] | None = None
    units: Annotated[Whole, Field(ge=1, le=MOST_SLOTS)] = 1

    @property
    def stock(self) -> Stock:
        """Return it as it is planned."""
        return Stock(self.card_id, self.item, self.unit_price, self.set_number, self.units)


def each_once(slots: list[SlotsOfAThing]) -> list[SlotsOfAThing]:
    """Refuse a thing that is told twice within a set, or twice without any."""
    if len({(each.card_id, each.item, each.set_number) for each in slots}) < len(slots):
        raise PydanticCustomError("duplicate", "Tell a thing once for each set, with its units")
    return slots


class RoundPlan(Body):
    """A round, which opens when you say so."""

    title: Title
    policy: Policy
    closes_at: Moment
    slots: Annotated[
        list[SlotsOfAThing], Field(min_length=1, max_length=MOST_SLOTS), AfterValidator(each_once)
    ]


class ClaimBody(OfAThing):
    """How much of what you ask for."""

    quantity: Annotated[Whole, Field(ge=1, le=MOST_UNITS)] = 1
    rank: (
        Annotated[
            Whole,
            Field(ge=1, le=MOST_SLOTS, description="Your own, 1 the first; for `priority` rounds."),
        ]
        | None
    ) = None
    rules_version: RulesVersion


class TransferBody(Body):
    """To whom to hand it on; null stands for who waits first."""

    to: MemberId | None = None


class AcceptanceBody(Body):
    """That you take it, on these rules."""

    rules_version: RulesVersion


class ReleaseBody(Body):
    """Why it is taken back."""

    reason: ReleaseReason
