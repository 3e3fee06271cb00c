"""Which class serves which interface of trading, and who hears of what."""

from dishka import Provider, Scope, provide, provide_all

from apps.collection.contract import CopyUnlisted, CopyWorsened
from apps.identity.contract import MemberBlocked, MemberDeparted
from apps.shared.domain.model import Event
from apps.trading.application.answer_trade import AcceptTrade, RejectTrade, WithdrawTrade
from apps.trading.application.counter_trade import CounterTrade
from apps.trading.application.dispute_trade import OpenDispute, ResumeTrade
from apps.trading.application.end_trade import CancelTrade, ExpireTrades
from apps.trading.application.fulfil_trade import ConfirmReceipt, NoteDelivery, ReceiveLeg, ShipLeg
from apps.trading.application.keep_cases import OpenCase, WithdrawCase
from apps.trading.application.keep_history import History, KeepHistory
from apps.trading.application.lapse_proposals_when_a_copy_is_unlisted import LapseProposals
from apps.trading.application.lapse_proposals_when_a_member_is_blocked import (
    LapseProposalsBetween,
)
from apps.trading.application.leave_trades import LeaveTrades
from apps.trading.application.limits import TradingLimits
from apps.trading.application.moderate import AssignCase, DecideAppeal, DecideCase
from apps.trading.application.plead import AppealDecision, StateAccount
from apps.trading.application.propose_ring import ProposeRing
from apps.trading.application.propose_trade import ProposeTrade
from apps.trading.application.reopen_trade import ReopenTrade
from apps.trading.application.senders import Senders
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.application.show_case import ListCases, ShowCase, ShowDispute
from apps.trading.application.show_trade import ListNotes, ListTrades, ShowTrade
from apps.trading.application.tell_parties import NEWS, PublicAddress, TellParties
from apps.trading.application.write_note import WriteNote
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.history import (
    AppealDecided,
    CancellationAsked,
    DecisionAppealed,
    FaultChanged,
    LegReceived,
    LegShipped,
    PartyConsented,
    ReceiverReminded,
    ResumptionAsked,
    TradeAccepted,
    TradeCancelled,
    TradeCompleted,
    TradeCountered,
    TradeDisputed,
    TradeEvent,
    TradeExpired,
    TradeLapsed,
    TradeProposed,
    TradeRejected,
    TradeReopened,
    TradeResolved,
    TradeResumed,
    TradeWithdrawn,
)
from apps.trading.domain.note import TradeNoteRepository
from apps.trading.domain.trades import TradeRepository
from apps.trading.infrastructure.case_queries import (
    CaseReads,
    SqlListCases,
    SqlShowCase,
    SqlShowDispute,
)
from apps.trading.infrastructure.cases import SqlDisputeCaseRepository
from apps.trading.infrastructure.notes import SqlListNotes, SqlTradeNoteRepository
from apps.trading.infrastructure.queries import SqlListTrades, SqlShowTrade, TradeReads
from apps.trading.infrastructure.repositories import SqlHistory, SqlTradeRepository
from apps.trading.infrastructure.senders import SqlSenders

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
    LegShipped,
    LegReceived,
    ReceiverReminded,
    PartyConsented,
    TradeReopened,
    TradeDisputed,
    ResumptionAsked,
    TradeResumed,
    TradeResolved,
    DecisionAppealed,
    AppealDecided,
    FaultChanged,
    TradeCompleted,
)

ON: dict[type[Event], tuple[type, ...]] = {
    CopyUnlisted: (LapseProposals,),
    CopyWorsened: (ReopenTrade,),
    MemberBlocked: (LapseProposalsBetween,),
    MemberDeparted: (LeaveTrades,),
    **dict.fromkeys(HISTORY, (KeepHistory,)),
    TradeDisputed: (KeepHistory, OpenCase),
    TradeResumed: (KeepHistory, WithdrawCase),
}
"""Who hears of what within its transaction."""

AFTER: dict[type[Event], tuple[type, ...]] = {**dict.fromkeys(NEWS, (TellParties,))}
"""Who hears of what when its transaction is over."""


class TradingWiring(Provider):
    """Trades and their notes."""

    scope = Scope.APP

    trades = provide(SqlTradeRepository, provides=TradeRepository)
    notes = provide(SqlTradeNoteRepository, provides=TradeNoteRepository)
    cases = provide(SqlDisputeCaseRepository, provides=DisputeCaseRepository)
    case_reads = provide(CaseReads)
    show_dispute = provide(SqlShowDispute, provides=ShowDispute)
    list_cases = provide(SqlListCases, provides=ListCases)
    show_case = provide(SqlShowCase, provides=ShowCase)
    history = provide(SqlHistory, provides=History)
    senders = provide(SqlSenders, provides=Senders)
    show = provide(SqlShowTrade, provides=ShowTrade)
    reads = provide(TradeReads)
    list_trades = provide(SqlListTrades, provides=ListTrades)
    list_notes = provide(SqlListNotes, provides=ListNotes)
    use_cases = provide_all(
        ProposeTrade,
        ProposeRing,
        CounterTrade,
        AcceptTrade,
        RejectTrade,
        WithdrawTrade,
        CancelTrade,
        ExpireTrades,
        ConfirmReceipt,
        ShipLeg,
        ReceiveLeg,
        NoteDelivery,
        OpenDispute,
        ResumeTrade,
        StateAccount,
        AppealDecision,
        AssignCase,
        DecideCase,
        DecideAppeal,
        SettleTrade,
        WriteNote,
    )
    subscribers = provide_all(
        KeepHistory,
        OpenCase,
        WithdrawCase,
        LapseProposals,
        LapseProposalsBetween,
        ReopenTrade,
        LeaveTrades,
        TellParties,
    )

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
