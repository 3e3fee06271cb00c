"""Notes between the parties of a trade, kept and listed in SQL."""

from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, Text, Uuid, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.application.pages import Page
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository
from apps.trading.application.show_trade import ListNotes, NoteView
from apps.trading.domain.note import NoteId, TradeNote, TradeNoteRepository
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeModel
from apps.trading.infrastructure.queries import TradeReads

Model.registry.update_type_annotation_map({NoteId: Uuid()})


class TradeNoteModel(Model):
    """What one party told the others."""

    __tablename__ = "trade_notes"
    __table_args__ = (Index("ix_trade_notes_trade_id", "trade_id", "id"),)

    id: Mapped[NoteId] = mapped_column(primary_key=True)
    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id))
    author_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_notes_author_id")
    )
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    @classmethod
    def of(cls, note: TradeNote, /) -> Self:
        """Copy a note."""
        return cls(
            id=note.id,
            trade_id=note.trade_id,
            author_id=note.author_id,
            text=note.text,
            created_at=note.created_at,
        )

    def entity(self) -> TradeNote:
        """Rebuild it."""
        return TradeNote(
            id=self.id,
            trade_id=self.trade_id,
            author_id=self.author_id,
            text=self.text,
            created_at=self.created_at,
        )


NOTE = select(
    TradeNoteModel.id, TradeNoteModel.author_id, TradeNoteModel.text, TradeNoteModel.created_at
)
ONE_NOTE = Question(NOTE.where(TradeNoteModel.id == bindparam("id")))
NOTES = Question(
    NOTE.where(TradeNoteModel.trade_id == bindparam("id"), TradeNoteModel.id > bindparam("behind"))
    .order_by(TradeNoteModel.id)
    .limit(bindparam("limit"))
)


class NoteNotFound(NotFound):
    """There is no such note."""


class SqlTradeNoteRepository(SqlRepository[TradeNote, NoteId], TradeNoteRepository):
    """Notes, which are only ever added."""

    row = TradeNoteModel
    missing = NoteNotFound


class SqlListNotes(ListNotes):
    """A range of one trade's notes."""

    def __init__(self, reads: Reads, trades: TradeReads) -> None:
        self._reads = reads
        self._trades = trades

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[NoteView]:
        """Hide them from strangers."""
        await self._trades.ensure_party(id, to)
        page = await self._reads.oldest_first(NOTES, after=after, limit=limit, id=id)
        return Page([NoteView(**row._asdict()) for row in page.items], page.next)

    async def one(self, id: NoteId) -> NoteView:
        """Read it by its id."""
        return NoteView(**(await self._reads(ONE_NOTE, id=id))[0]._asdict())
