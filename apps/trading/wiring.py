"""Which class serves which interface of trading, and who hears of what."""

from collections.abc import Mapping
from datetime import timedelta

from dishka import Provider, Scope, alias, provide, provide_all

from apps.collection.contract import CopyUnlisted, CopyWorsened
from apps.identity.contract import DeletionAsked, MemberBlocked, MemberDeparted, MemberErased
from apps.shared.application.jobs import Recurring
from apps.shared.application.public_address import PublicAddress
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication
from apps.trading.application.answer_trade import AcceptTrade, RejectTrade, WithdrawTrade
from apps.trading.application.count_ratings import CountRatings, RatingTotals
from apps.trading.application.counter_trade import CounterTrade
from apps.trading.application.dispute_trade import OpenDispute, ResumeTrade
from apps.trading.application.end_trade import BATCH, CancelTrade, ExpireTrades
from apps.trading.application.erase_trader import EraseTrader
from apps.trading.application.fulfil_trade import ConfirmReceipt, NoteDelivery, ReceiveLeg, ShipLeg
from apps.trading.application.keep_addresses import AddAddress, RemoveAddress, ReplaceAddress
from apps.trading.application.keep_cases import OpenCase, WidenCase, WithdrawCase
from apps.trading.application.keep_history import History, KeepHistory, Kinds
from apps.trading.application.keep_standings import KeepStandings, TrackRecords
from apps.trading.application.lapse_proposals_when_a_copy_is_unlisted import LapseProposals
from apps.trading.application.lapse_proposals_when_a_member_is_blocked import (
    LapseProposalsBetween,
)
from apps.trading.application.leave_trades import LeaveProposals, LeaveTrades, PartWithTrades
from apps.trading.application.limits import TradingLimits
from apps.trading.application.lock_trade import LockTrade
from apps.trading.application.moderate import AssignCase, DecideAppeal, DecideCase, LockCase
from apps.trading.application.plead import AppealDecision, StateAccount
from apps.trading.application.propose_ring import ProposeRing
from apps.trading.application.propose_trade import ProposeTrade
from apps.trading.application.rate_trade import HideRating, RateTrade, ReplyToRating
from apps.trading.application.remind_to_rate import Reminders, RemindToRate
from apps.trading.application.reopen_trade import ReopenTrade
from apps.trading.application.senders import Senders
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.application.shake_hands import Lots, OpenHandshakes, ShowHandshake
from apps.trading.application.show_case import ListCases, ShowCase, ShowDispute
from apps.trading.application.show_history import ListEvents
from apps.trading.application.show_ratings import (
    ListRatingsOfMember,
    ListRatingsOfTrade,
    ShowReputation,
)
from apps.trading.application.show_trade import ListNotes, ListTrades, ShowTrade
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.application.tell_address import TellAddress
from apps.trading.application.tell_parties import NEWS, TellParties
from apps.trading.application.write_note import WriteNote
from apps.trading.contract import (
    Engagements,
    HistoryCheck,
    PlatformMean,
    RingProposals,
    ShownTrades,
    SwapProposals,
)
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.handshake import HandshakeRepository
from apps.trading.domain.history import (
    AgreementBroken,
    AppealDecided,
    CancellationAsked,
    DecisionAppealed,
    DisputeWidened,
    FaultChanged,
    LegDelivered,
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
from apps.trading.domain.rating import RatingRepository
from apps.trading.domain.trades import TradeRepository
from apps.trading.infrastructure.case_queries import (
    CaseReads,
    SqlListCases,
    SqlShowCase,
    SqlShowDispute,
)
from apps.trading.infrastructure.cases import SqlDisputeCaseRepository
from apps.trading.infrastructure.disclosure import DiscloseTrades
from apps.trading.infrastructure.engagements import SqlEngagements
from apps.trading.infrastructure.erasure import SqlEraseTrader
from apps.trading.infrastructure.handshakes import (
    SqlHandshakeRepository,
    SqlShowHandshake,
    SystemLots,
)
from apps.trading.infrastructure.histories import SqlHistory, SqlHistoryCheck, SqlListEvents
from apps.trading.infrastructure.notes import SqlListNotes, SqlTradeNoteRepository
from apps.trading.infrastructure.queries import SqlListTrades, SqlShowTrade, TradeReads
from apps.trading.infrastructure.rating_queries import (
    SqlListRatingsOfMember,
    SqlListRatingsOfTrade,
)
from apps.trading.infrastructure.rating_reminders import SqlReminders
from apps.trading.infrastructure.rating_totals import SqlPlatformMean, SqlRatingTotals
from apps.trading.infrastructure.ratings import SqlRatingRepository
from apps.trading.infrastructure.repositories import SqlTradeRepository
from apps.trading.infrastructure.senders import SqlSenders
from apps.trading.infrastructure.track_record import SqlShowReputation, SqlTrackRecords

HISTORY: Mapping[type[TradeEvent], str] = {
    TradeProposed: "trade_proposed",
    TradeCountered: "trade_countered",
    TradeAccepted: "trade_accepted",
    TradeRejected: "trade_rejected",
    TradeWithdrawn: "trade_withdrawn",
    TradeLapsed: "trade_lapsed",
    TradeExpired: "trade_expired",
    AgreementBroken: "agreement_broken",
    CancellationAsked: "cancellation_asked",
    TradeCancelled: "trade_cancelled",
    PartyConsented: "party_consented",
    TradeReopened: "trade_reopened",
    LegShipped: "leg_shipped",
    LegDelivered: "leg_delivered",
    LegReceived: "leg_received",
    ReceiverReminded: "receiver_reminded",
    TradeDisputed: "trade_disputed",
    DisputeWidened: "dispute_widened",
    ResumptionAsked: "resumption_asked",
    TradeResumed: "trade_resumed",
    TradeResolved: "trade_resolved",
    DecisionAppealed: "decision_appealed",
    AppealDecided: "appeal_decided",
    FaultChanged: "fault_changed",
    TradeCompleted: "trade_completed",
}
"""What becomes of trades, as their histories and consumers of events call it."""
COUNTED: tuple[type[TradeEvent], ...] = (
    AgreementBroken,
    TradeCancelled,
    TradeCompleted,
    TradeResolved,
    FaultChanged,
)

ON: dict[type[Event], tuple[type, ...]] = {
    CopyUnlisted: (LapseProposals,),
    CopyWorsened: (ReopenTrade,),
    MemberBlocked: (LapseProposalsBetween,),
    MemberDeparted: (LeaveTrades,),
    DeletionAsked: (LeaveProposals,),
    MemberErased: (EraseTrader,),
    **dict.fromkeys(COUNTED, (KeepStandings,)),
    TradeAccepted: (OpenHandshakes,),
    TradeDisputed: (OpenCase,),
    DisputeWidened: (WidenCase,),
    TradeResumed: (WithdrawCase,),
}
"""Who hears of what within its transaction."""

AT_THE_END: dict[type[Event], tuple[type, ...]] = {**dict.fromkeys(HISTORY, (KeepHistory,))}
"""Who hears of all such events of a transaction at once, when nothing more comes."""

PUBLIC: dict[type[Event], Publication] = {
    event: Publication(kind=kind, aggregate="trade", id="trade") for event, kind in HISTORY.items()
}
"""What goes into the outbox."""

AFTER: dict[type[Event], tuple[type, ...]] = {**dict.fromkeys(NEWS, (TellParties,))}
"""Who hears of what when its transaction is over."""

RECURRING = (
    Recurring(kind="trades.expire", every=timedelta(seconds=30), use_case=ExpireTrades, full=BATCH),
    Recurring(kind="ratings.count", every=timedelta(seconds=30), use_case=CountRatings),
    Recurring(kind="ratings.remind", every=timedelta(hours=1), use_case=RemindToRate),
)
"""What workers do for trades."""


class TradingWiring(Provider):
    """Trades and their notes."""

    scope = Scope.APP

    disclosure = provide(DiscloseTrades)
    erase = provide(SqlEraseTrader, provides=EraseTrader)
    trades = provide(SqlTradeRepository, provides=TradeRepository)
    notes = provide(SqlTradeNoteRepository, provides=TradeNoteRepository)
    cases = provide(SqlDisputeCaseRepository, provides=DisputeCaseRepository)
    case_reads = provide(CaseReads)
    show_dispute = provide(SqlShowDispute, provides=ShowDispute)
    list_cases = provide(SqlListCases, provides=ListCases)
    show_case = provide(SqlShowCase, provides=ShowCase)
    history = provide(SqlHistory, provides=History)
    senders = provide(SqlSenders, provides=Senders)
    swaps = alias(ProposeTrade, provides=SwapProposals)
    rings = alias(ProposeRing, provides=RingProposals)
    engagements = provide(SqlEngagements, provides=Engagements)
    history_check = provide(SqlHistoryCheck, provides=HistoryCheck)
    list_events = provide(SqlListEvents, provides=ListEvents)
    show = provide(SqlShowTrade, provides=ShowTrade)
    shown = alias(ShowTrade, provides=ShownTrades)
    reads = provide(TradeReads)
    list_trades = provide(SqlListTrades, provides=ListTrades)
    list_notes = provide(SqlListNotes, provides=ListNotes)
    ratings = provide(SqlRatingRepository, provides=RatingRepository)
    platform_mean = provide(SqlPlatformMean, provides=PlatformMean)
    rating_totals = provide(SqlRatingTotals, provides=RatingTotals)
    reminders = provide(SqlReminders, provides=Reminders)
    records = provide(SqlTrackRecords, provides=TrackRecords)
    ratings_of_trade = provide(SqlListRatingsOfTrade, provides=ListRatingsOfTrade)
    ratings_of_member = provide(SqlListRatingsOfMember, provides=ListRatingsOfMember)
    reputation = provide(SqlShowReputation, provides=ShowReputation)
    allowed = provide(StandingLimits)
    handshakes = provide(SqlHandshakeRepository, provides=HandshakeRepository)
    show_handshake = provide(SqlShowHandshake, provides=ShowHandshake)
    lots = provide(SystemLots, provides=Lots)
    use_cases = provide_all(
        *(RateTrade, ReplyToRating, HideRating, CountRatings, RemindToRate),
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
        *(StateAccount, AppealDecision, AssignCase, DecideCase, DecideAppeal, LockCase),
        LockTrade,
        SettleTrade,
        PartWithTrades,
        WriteNote,
        TellAddress,
        *(AddAddress, ReplaceAddress, RemoveAddress),
    )
    subscribers = provide_all(
        *(KeepHistory, KeepStandings, OpenHandshakes, OpenCase, WidenCase, WithdrawCase),
        *(LapseProposals, LapseProposalsBetween, ReopenTrade, LeaveTrades, TellParties),
        LeaveProposals,
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
    def kinds(self) -> Kinds:
        """Return what events are called in histories."""
        return Kinds(HISTORY)

    @provide
    def address(self) -> PublicAddress:
        """Return where members reach this installation."""
        return self._address
