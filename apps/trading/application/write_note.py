"""Notes between the parties of a trade."""

from dataclasses import dataclass

from apps.identity.contract import Directory
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.domain.note import NoteId, ThreadClosed, TradeNote, TradeNoteRepository
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class WriteNote:
    """Tell the other parties something; how to reach you only once all have agreed."""

    work: UnitOfWork
    trades: TradeRepository
    notes: TradeNoteRepository
    directory: Directory
    ids: Ids
    clock: Clock

    async def __call__(self, trade_id: TradeId, *, by: MemberId, text: str) -> NoteId:
        async with self.work:
            trade = await self.trades.get(trade_id)
            trade.ensure_party(by)
            if not await self.directory.together(trade.members):
                raise ThreadClosed
            note = TradeNote.write(
                NoteId(self.ids.next()),
                on=trade,
                by=by,
                text=text,
                at=self.clock.now(),
            )
            await self.notes.add(note)
        return note.id
