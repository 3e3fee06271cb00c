"""A note: what one party of a trade tells the others, so that a place can be agreed."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.errors import Conflict
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain.moves import InvalidTransition, State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade

NoteId = NewType("NoteId", UUID)

AGREED = frozenset(
    {State.ACCEPTED, State.FULFILLING, State.DISPUTED, State.COMPLETED, State.RESOLVED}
)
SPOKEN_IN = AGREED | {State.PROPOSED}
"""Who was turned down has said enough."""


class ThreadClosed(Conflict):
    """Not all parties can be written to any more; what was agreed can still be done."""


@dataclass(kw_only=True, eq=False)
class TradeNote(Aggregate[NoteId]):
    """Written once, never changed."""

    trade_id: TradeId
    author_id: MemberId
    text: str
    created_at: datetime

    @classmethod
    def write(
        cls,
        id: NoteId,
        *,
        on: Trade,
        by: MemberId,
        text: str,
        pointer: str = "/text",
        at: datetime,
    ) -> Self:
        """Tell the other parties something; before acceptance without contact data.

        Raises TradeNotFound for a stranger, InvalidTransition where nothing came of the trade,
        and ContactData, pointing into the request.
        """
        on.ensure_party(by)
        if on.state not in SPOKEN_IN:
            raise InvalidTransition(state=on.state, allowed_actions=[])
        if on.state not in AGREED:
            refuse_contact_data(text, pointer=pointer)
        return cls(id=id, trade_id=on.id, author_id=by, text=text, created_at=at)


class TradeNoteRepository(Protocol):
    """All notes."""

    async def add(self, entity: TradeNote, /) -> None:
        """Keep a new note."""
        ...
