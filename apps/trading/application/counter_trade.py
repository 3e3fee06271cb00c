"""Proposing other terms instead."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.collection.contract import AgreementId, CopyId, Holdings, ensure_free, ensure_offered
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.application.tell_address import TellAddress
from apps.trading.domain.address import AddressId
from apps.trading.domain.note import NoteId, TradeNote, TradeNoteRepository
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class CounterTrade:
    """Propose other terms: your copies are promised now, and theirs are free again."""

    work: UnitOfWork
    trades: TradeRepository
    notes: TradeNoteRepository
    holdings: Holdings
    allowed: StandingLimits
    tell_address: TellAddress
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        trade_id: TradeId,
        *,
        by: MemberId,
        revision: int,
        give: Sequence[CopyId],
        take: Sequence[CopyId],
        message: str | None,
        address_id: AddressId | None = None,
        tracked: bool = False,
    ) -> None:
        agreement = AgreementId(trade_id)
        async with self.work:
            (await self.trades.get(trade_id)).ensure_party(by)
            holdings = await self.holdings.lock([*give, *take])
            trade = await self.trades.lock(trade_id)
            trade.counter(
                by=by,
                revision=revision,
                give=give,
                take=take,
                tracked=tracked,
                at=self.clock.now(),
            )
            await self.allowed.ensure_may_offer(trade, by=by)
            await self.tell_address(trade, by=by, address_id=address_id, at=trade.updated_at)
            ensure_offered(holdings, give, by=by, side="give")
            ensure_offered(holdings, take, by=trade.other_than(by), side="take")
            ensure_free(holdings, [*give, *take], asker=by, but_for=agreement)
            await self.trades.save(trade)
            await self.holdings.release([agreement])
            await self.holdings.promise(give, under=agreement)
            if message is not None:
                note = TradeNote.write(
                    NoteId(self.ids.next()),
                    on=trade,
                    by=by,
                    text=message,
                    pointer="/message",
                    at=trade.updated_at,
                )
                await self.notes.add(note)
