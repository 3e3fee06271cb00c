"""Binders as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from apps.catalogue.contract import CardId
from apps.collection.application.show_binders import CopyView, MemberRef
from apps.collection.domain.copy import Condition
from apps.collection.domain.copy_events import AgreementId
from apps.shared.presentation.bodies import Body, Flag, Patch, Prose, Representation, Whole

MOST_CARDS = 50
MOST_ITEMS = 200
HIGHEST_PILE = 1_000

Note = Annotated[Prose, Field(max_length=500)]
CardIds = Annotated[list[CardId], Field(min_length=1, max_length=MOST_CARDS)]
Count = Annotated[Whole, Field(ge=1, le=100)]
Rank = Annotated[Whole, Field(ge=1, le=5, description="1 is wanted most")]


class CopyEntry(Body):
    """A card that a member has in hand."""

    card_id: CardId
    condition: Condition
    for_trade: Flag
    note: Note | None = None


class CopiesEntry(CopyEntry):
    """So many copies of a card that are all alike."""

    quantity: Annotated[Whole, Field(ge=1, le=HIGHEST_PILE)] = 1


class BatchEntry(Body):
    """Cards that a member has in hand; one card may stand in several items."""

    items: Annotated[list[CopiesEntry], Field(min_length=1, max_length=MOST_ITEMS)]


class BatchOut(Representation):
    """What became of a batch: its copies in the order of the items."""

    items: list[CopyView]


class CopyPatch(Patch):
    """A merge patch (RFC 7396): what is left out stays, null empties the note."""

    condition: Condition = Condition.MINT
    for_trade: Flag = False
    note: Note | None = None


class WantGroupEntry(Body):
    """Cards that a member looks for."""

    card_ids: CardIds
    count: Count = 1
    rank: Rank = 3
    min_condition: Condition | None = None


class WantGroupPatch(Patch):
    """A merge patch (RFC 7396): what is left out stays, null lifts the condition."""

    card_ids: CardIds = []
    count: Count = 1
    rank: Rank = 3
    min_condition: Condition | None = None


class HandoverOut(Representation):
    """One link of a chain of custody; null stands for whoever has left or cannot be seen."""

    giver: MemberRef | None = Field(serialization_alias="from")
    receiver: MemberRef | None = Field(serialization_alias="to")
    agreement_id: AgreementId
    at: datetime
