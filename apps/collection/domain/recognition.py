"""Which copies of a binder the lines of a list stand for, where the list names no copies."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from apps.catalogue.contract import CardId
from apps.collection.domain.copy import Condition
from apps.collection.domain.copy_events import CopyId

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A copy as its owner describes it; an empty note is none."""

    card_id: CardId
    condition: Condition
    for_trade: bool
    note: str | None

    def whole(self) -> object:
        """All of it."""
        return self.card_id, self.condition, self.for_trade, self.note or ""

    def thing(self) -> object:
        """What does not change by a change of mind, neither of listing nor of note."""
        return self.card_id, self.condition


def recognise(
    lines: Mapping[Line, Description], copies: Mapping[CopyId, Description]
) -> Mapping[Line, CopyId]:
    """Find for each line a copy of its own: one that is alike in all, or else in the thing (K3).

    So what a list says a second time is recognised, and what it says of a third copy of a card,
    where the binder holds two such, is new.
    """
    found: dict[Line, CopyId] = {}
    for alike in (Description.whole, Description.thing):
        taken, free = set(found.values()), defaultdict(list)
        for id, copy in copies.items():
            if id not in taken:
                free[alike(copy)].append(id)
        for line, description in lines.items():
            if line not in found and (same := free[alike(description)]):
                found[line] = same.pop(0)
    return found
