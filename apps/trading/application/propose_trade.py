"""Proposing a trade."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.collection.contract import AgreementId, CopyId, Holdings, ensure_free, ensure_offered
from apps.identity.contract import Directory, UserNotFound
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.errors import InvalidToken, LimitExceeded
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.application.limits import TradingLimits
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.application.tell_address import TellAddress
from apps.trading.contract import SwapProposals
from apps.trading.domain.address import AddressId
from apps.trading.domain.legs import LegId
from apps.trading.domain.note import NoteId, TradeNote, TradeNoteRepository
from apps.trading.domain.terms import Terms, TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import (
    REASK_AFTER,
    ProposalsNotAccepted,
    RecentlyRejected,
    TradeRepository,
)


@dataclass(frozen=True, slots=True)
class ProposeTrade(SwapProposals):
    """Offer copies of yours, which are promised by that, for copies of theirs, which are not."""

    work: UnitOfWork
    trades: TradeRepository
    notes: TradeNoteRepository
    holdings: Holdings
    directory: Directory
    tell_address: TellAddress
    limits: TradingLimits
    allowed: StandingLimits
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        *,
        by: MemberId,
        to: MemberId,
        give: Sequence[CopyId],
        take: Sequence[CopyId],
        terms: Terms,
        address_id: AddressId | None = None,
        note: str | None = None,
    ) -> TradeId:
        trade = Trade.propose(
            TradeId(self.ids.next()),
            by=by,
            to=to,
            give=give,
            take=take,
            leg_ids=(LegId(self.ids.next()), LegId(self.ids.next())),
            terms=terms,
            at=self.clock.now(),
        )
        if terms.place is not None:
            refuse_contact_data(terms.place, pointer="/place")
        async with self.work:
            await self.allowed.ensure_may_offer(trade, by=by)
            await self._ensure_welcome(by, to)
            await self._ensure_not_pressing(trade, by=by, to=to)
            holdings = await self.holdings.lock([*give, *take])
            ensure_offered(holdings, give, by=by, side="give")
            ensure_offered(holdings, take, by=to, side="take")
            ensure_free(holdings, [*give, *take], asker=by)
            await self.trades.add(trade)
            if give:  # an open ask promises nothing
                await self.holdings.promise(give, under=AgreementId(trade.id))
            await self.tell_address(trade, by=by, address_id=address_id, at=trade.created_at)
            if note is not None:
                await self.notes.add(self._first_note(trade, by, note))
        return trade.id

    async def _ensure_welcome(self, by: MemberId, to: MemberId) -> None:
        """Lock both members, or two proposals at once would count the same number.

        The author may have been suspended since the request came in.
        """
        await self.directory.lock([by, to])
        active = await self.directory.members([by, to], to=by)
        if by not in active:
            raise InvalidToken
        receiver = active.get(to)
        if receiver is None:
            fault = {"pointer": "/to", "code": "not-found", "detail": "No such member."}
            raise UserNotFound(errors=[fault])
        if not receiver.accepts_proposals:
            raise ProposalsNotAccepted
        live, most = await self.trades.count_live(between={by, to}), self.limits
        if live >= most.live_trades_per_pair:
            raise LimitExceeded(
                "live_trades_per_pair", limit=most.live_trades_per_pair, current=live
            )
        out = await self.trades.count_open(by=by)
        if out >= most.open_proposals_out:
            raise LimitExceeded("open_proposals_out", limit=most.open_proposals_out, current=out)

    async def _ensure_not_pressing(self, trade: Trade, *, by: MemberId, to: MemberId) -> None:
        """Hold that the same swap was not rejected within the last day (T5)."""
        since = trade.created_at - REASK_AFTER
        rejected_at = await self.trades.last_rejected(
            by=by, to=to, copies=set(trade.copies), since=since
        )
        if rejected_at:
            raise RecentlyRejected(again_at=rejected_at + REASK_AFTER)

    def _first_note(self, trade: Trade, by: MemberId, text: str) -> TradeNote:
        return TradeNote.write(
            NoteId(self.ids.next()),
            on=trade,
            by=by,
            text=text,
            pointer="/note",
            at=trade.created_at,
        )
