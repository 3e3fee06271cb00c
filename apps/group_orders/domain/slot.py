"""A slot: one unit that a round has to hand out (G2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from apps.catalogue.contract import CardId
from apps.group_orders.domain.round_events import SlotId
from apps.shared.domain.errors import DomainError

MOST_SLOTS = 500
"""Of one round."""


class PricesDiffer(DomainError):
    """All slots of one thing in a round have one price."""


class TooManySlots(DomainError):
    """A round has at most 500 slots."""


class Thing(NamedTuple):
    """What a slot is of and a claim asks for: a card, or an item by its name."""

    card_id: CardId | None
    item: str | None

    def __str__(self) -> str:
        return f"item:{self.item}" if self.card_id is None else f"card:{self.card_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One unit of one thing; those of one `set_number` are a set."""

    id: SlotId
    number: int
    thing: Thing
    unit_price: int
    set_number: int | None


def ensure_one_price(slots: Iterable[Slot]) -> None:
    """Hold that nobody pays more than somebody else for the same; raise PricesDiffer."""
    prices: dict[Thing, int] = {}
    for slot in slots:
        if prices.setdefault(slot.thing, slot.unit_price) != slot.unit_price:
            raise PricesDiffer


def surviving(thing: Thing, held: Mapping[CardId, CardId]) -> Thing:
    """Return the same of the card that a merged one stands for."""
    return thing if thing.card_id is None else Thing(held.get(thing.card_id, thing.card_id), None)
