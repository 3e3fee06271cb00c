"""Matching rounds as JSON."""

from typing import Annotated

from pydantic import Field

from apps.collection.contract import CopyId, WantGroupId
from apps.matching.domain.ring import LONGEST, PAIR
from apps.matching.domain.round import DEFAULT_LENGTH
from apps.shared.presentation.bodies import Body, Line, Whole
from apps.shared.presentation.moments import Moment

MOST_CHOSEN = 1_000

Region = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$", examples=["TW-TPE"])]


class RoundOpening(Body):
    """A round that is to take members."""

    title: Annotated[Line, Field(min_length=1, max_length=120)]
    region: Region | None = Field(default=None, description="Null: members of all regions.")
    max_length: Annotated[
        Whole, Field(ge=PAIR, le=LONGEST, description="Members of a ring, at most.")
    ] = DEFAULT_LENGTH
    closes_at: Moment


class Joining(Body):
    """With what to take part: null stands for all."""

    copy_ids: Annotated[list[CopyId], Field(min_length=1, max_length=MOST_CHOSEN)] | None = None
    want_group_ids: (
        Annotated[list[WantGroupId], Field(min_length=1, max_length=MOST_CHOSEN)] | None
    ) = None
