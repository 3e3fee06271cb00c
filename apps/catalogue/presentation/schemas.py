"""Cards and proposals as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from apps.catalogue.contract import CardId, IdolId, Kind, ReleaseId
from apps.catalogue.domain.entry import LONGEST_CODE, LONGEST_LABEL
from apps.catalogue.domain.names import LONGEST_NAME
from apps.catalogue.domain.proposal import Aim, ProposalAction, ProposalId, ProposalState
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Line, Patch, Prose, Representation

MOST_IDOLS, MOST_NAMES = 30, 20


def each_once(names: list[str]) -> list[str]:
    """Refuse a list in which a name stands twice."""
    if len(set(names)) < len(names):
        raise PydanticCustomError("duplicate", "Each name is told once")
    return names


CodeText = Annotated[
    Line, Field(min_length=1, max_length=LONGEST_CODE, examples=["newjeans-omg-hanni"])
]
Idols = Annotated[list[IdolId], Field(min_length=1, max_length=MOST_IDOLS)]
Label = Annotated[Line, Field(min_length=1, max_length=LONGEST_LABEL)]
Name = Annotated[Line, Field(min_length=1, max_length=LONGEST_NAME)]
Names = Annotated[list[Name], Field(max_length=MOST_NAMES), AfterValidator(each_once)]
Note = Annotated[Prose, Field(max_length=500, description="Where this is known from.")]

NOBODY = UUID(int=0)


class CardEntry(Body):
    """A card; its idols in the order in which it shows them, and further names of its own."""

    code: CodeText
    release_id: ReleaseId
    idol_ids: Idols
    kind: Kind
    retailer: Label | None = None
    version: Label | None = None
    number: Label | None = None
    names: Names = []


class CardPatch(Patch):
    """A merge patch (RFC 7396): what is left out stays, null empties a label."""

    release_id: ReleaseId = ReleaseId(NOBODY)
    idol_ids: Idols = []
    kind: Kind = Kind.ALBUM
    retailer: Label | None = None
    version: Label | None = None
    number: Label | None = None
    names: Names = []


class Merger(Body):
    """Into which card another one goes."""

    into: CardId


CORRECTION: dict[str, Any] = {
    "card_id": "0197062e-8c00-7ee1-9938-384b32f2fdd9",
    "card": {"version": "Message Card ver.", "number": "2"},
    "note": "It is printed on the back.",
}


class CardToBe(CardPatch):
    """What the catalogue should say: all of a card that it lacks, or what to correct of one."""

    code: CodeText = ""


class CardProposalEntry(Body):
    """A correction of the card `card_id` or, without it, an addition."""

    model_config = ConfigDict(json_schema_extra={"examples": [CORRECTION]})

    card_id: CardId | None = None
    card: CardToBe
    note: Note | None = None


class CardToBeOut(Representation):
    """What is proposed to be said; what is to stay is not there."""

    code: str | None = None
    release_id: ReleaseId | None = None
    idol_ids: Sequence[IdolId] | None = None
    kind: Kind | None = None
    retailer: str | None = None
    version: str | None = None
    number: str | None = None
    names: Sequence[str] | None = None


class ProposalOut(Representation):
    """A proposal; `card_id` is the card to correct, or the one that an addition has become.

    Members who have left, or cannot be seen, are left out.
    """

    id: ProposalId
    aim: Aim
    state: ProposalState
    proposer_id: MemberId | None
    card_id: CardId | None
    card: CardToBeOut
    note: str | None
    confirmed_by: Sequence[MemberId]
    decided_by: MemberId | None
    decided_at: datetime | None
    created_at: datetime
    allowed_actions: Sequence[ProposalAction]
