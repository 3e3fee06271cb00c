"""Which class serves which interface of trading, and who hears of what."""

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from apps.collection.contract import CopyUnlisted
from apps.identity.contract import MemberBlocked
from apps.shared.application.jobs import Recurring
from apps.shared.domain.model import Event
from apps.trading.application.answer_trade import AcceptTrade, RejectTrade, WithdrawTrade
from apps.trading.application.counter_trade import CounterTrade
from apps.trading.application.end_trade import BATCH, CancelTrade, ExpireTrades
from apps.trading.application.fulfil_trade import ConfirmReceipt
from apps.trading.application.keep_history import History, KeepHistory
from apps.trading.application.lapse_proposals_when_a_copy_is_unlisted import LapseProposals
from apps.trading.application.lapse_proposals_when_a_member_is_blocked import (
    LapseProposalsBetween,
)
from apps.trading.application.limits import TradingLimits
from apps.trading.application.propose_trade import ProposeTrade
from apps.trading.application.show_trade import ListNotes, ListTrades, ShowTrade
from apps.trading.application.tell_parties import NEWS, PublicAddress, TellParties
from apps.trading.application.write_note import WriteNote
from apps.trading.domain.history import (
    CancellationAsked,
    LegReceived,
    TradeAccepted,
    TradeCancelled,
    TradeCompleted,
    TradeCountered,
    TradeEvent,
    TradeExpired,
    TradeLapsed,
    TradeProposed,
    TradeRejected,
    TradeWithdrawn,
)
from apps.trading.domain.note import TradeNoteRepository
from apps.trading.domain.trades import TradeRepository
from apps.trading.infrastructure.queries import (
    SqlListNotes,
    SqlListTrades,
    SqlShowTrade,
    TradeReads,
)
from apps.trading.infrastructure.repositories import (
    SqlHistory,
    SqlTradeNoteRepository,
    SqlTradeRepository,
)

HISTORY: tuple[type[TradeEvent], ...] = (
    TradeProposed,
    TradeCountered,
    TradeAccepted,
    TradeRejected,
    TradeWithdrawn,
    TradeLapsed,
    TradeExpired,
    CancellationAsked,
    TradeCancelled,
    LegReceived,
    TradeCompleted,
)

ON: dict[type[Event], tuple[type, ...]] = {
    CopyUnlisted: (LapseProposals,),
    MemberBlocked: (LapseProposalsBetween,),
    **dict.fromkeys(HISTORY, (KeepHistory,)),
}
"""Who hears of what within its transaction."""

AFTER: dict[type[Event], tuple[type, ...]] = {**dict.fromkeys(NEWS, (TellParties,))}
"""Who hears of what when its transaction is over."""

RECURRING = (
    Recurring(kind="trades.expire", every=timedelta(seconds=30), use_case=ExpireTrades, full=BATCH),
)
"""What workers do for trades."""


class TradingWiring(Provider):
    """Trades and their notes."""

    scope = Scope.APP

    trades = provide(SqlTradeRepository, provides=TradeRepository)
    notes = provide(SqlTradeNoteRepository, provides=TradeNoteRepository)
    history = provide(SqlHistory, provides=History)
    show = provide(SqlShowTrade, provides=ShowTrade)
    reads = provide(TradeReads)
    list_trades = provide(SqlListTrades, provides=ListTrades)
    list_notes = provide(SqlListNotes, provides=ListNotes)
    use_cases = provide_all(
        ProposeTrade,
        CounterTrade,
        AcceptTrade,
        RejectTrade,
        WithdrawTrade,
        CancelTrade,
        ExpireTrades,
        ConfirmReceipt,
        WriteNote,
    )
    subscribers = provide_all(KeepHistory, LapseProposals, LapseProposalsBetween, TellParties)

    def __init__(self, limits: TradingLimits, address: PublicAddress) -> None:
        """Take how many trades run at once here, and where members find them."""
        super().__init__()
        self._limits = limits
        self._address = address

    @provide
    def limits(self) -> TradingLimits:
        """Return how many trades run at once here."""
        return self._limits

    @provide
    def address(self) -> PublicAddress:
        """Return where members reach this installation."""
        return self._address
