"""Which class serves which interface of group orders, and who hears of what."""

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.application.correct_ledger import ReverseEntry
from apps.group_orders.application.follow_allocations import (
    HandOnDues,
    SettleAllocations,
    SettleOrder,
)
from apps.group_orders.application.issue_bill import IssueBill
from apps.group_orders.application.limits import GroupOrderLimits
from apps.group_orders.application.money import Bills, Cancel, Funds, GiveBack, OpenRefunds
from apps.group_orders.application.prepare_order import (
    ChangeOrder,
    DraftOrder,
    LockOrder,
    OpenOrder,
    Surroundings,
    TagOrder,
    Tags,
)
from apps.group_orders.application.refund_joiners import ConfirmRefund, PromiseRefund
from apps.group_orders.application.show_money import (
    ExportLedger,
    ListDues,
    ListEntries,
    ListPayments,
    ListRefunds,
    ShowBill,
    ShowEntry,
    ShowPayment,
    ShowRefund,
    ShowStatement,
)
from apps.group_orders.application.show_orders import ListOrders, ShowOrder
from apps.group_orders.application.take_payments import (
    ConfirmPayment,
    DisputePayment,
    PaymentDesk,
    Payments,
    ReportPayment,
    TakePayments,
)
from apps.group_orders.application.watch_deadlines import BATCH, Deadlines, WatchDeadlines
from apps.group_orders.domain.ledger import Ledger, LedgerEntryPosted
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import (
    GroupOrderCancelled,
    GroupOrderClosed,
    GroupOrderFailed,
    GroupOrderLocked,
    GroupOrderMoved,
    GroupOrderOpened,
)
from apps.group_orders.domain.payment import PaymentRepository, RefundRepository
from apps.group_orders.domain.round_events import AllocationEnded, AllocationTransferred
from apps.group_orders.infrastructure.bills import SqlBills
from apps.group_orders.infrastructure.deadlines import SqlDeadlines
from apps.group_orders.infrastructure.ledger import SqlLedger
from apps.group_orders.infrastructure.ledger_queries import (
    LedgerReads,
    SqlExportLedger,
    SqlListEntries,
    SqlShowEntry,
    SqlShowStatement,
)
from apps.group_orders.infrastructure.money_queries import (
    MoneyReads,
    SqlListDues,
    SqlListPayments,
    SqlListRefunds,
    SqlShowBill,
    SqlShowPayment,
    SqlShowRefund,
)
from apps.group_orders.infrastructure.order_queries import (
    OrderReads,
    SqlListOrders,
    SqlShowOrder,
)
from apps.group_orders.infrastructure.orders import SqlGroupOrderRepository, SqlJoiners, SqlTags
from apps.group_orders.infrastructure.payments import (
    SqlFunds,
    SqlOpenRefunds,
    SqlPaymentRepository,
    SqlRefundRepository,
)
from apps.shared.application.jobs import Recurring
from apps.shared.domain.model import Event
from apps.shared.infrastructure.outbox import Publication

ON: dict[type[Event], tuple[type, ...]] = {
    AllocationEnded: (SettleAllocations,),
    AllocationTransferred: (HandOnDues,),
    GroupOrderCancelled: (SettleOrder,),
    GroupOrderFailed: (SettleOrder,),
}
"""Who hears of what within its transaction."""

AFTER: dict[type[Event], tuple[type, ...]] = {}
"""Who hears of what when its transaction is over."""

PUBLIC: dict[type[Event], Publication] = {
    event: Publication(kind=kind, aggregate="group_order", id="order")
    for event, kind in {
        GroupOrderOpened: "group_order_opened",
        GroupOrderLocked: "group_order_locked",
        GroupOrderMoved: "group_order_moved",
        GroupOrderClosed: "group_order_closed",
        GroupOrderCancelled: "group_order_cancelled",
        GroupOrderFailed: "group_order_failed",
        LedgerEntryPosted: "ledger_entry_posted",
    }.items()
}
"""What goes into the outbox."""

RECURRING: tuple[Recurring, ...] = (
    Recurring(
        kind="group-orders.deadlines",
        every=timedelta(minutes=1),
        use_case=WatchDeadlines,
        full=BATCH,
    ),
)
"""What workers do again and again."""


class GroupOrderWiring(Provider):
    """Group orders."""

    scope = Scope.APP

    orders = provide(SqlGroupOrderRepository, provides=GroupOrderRepository)
    joiners = provide(SqlJoiners, provides=Joiners)
    tags = provide(SqlTags, provides=Tags)
    order_reads = provide(OrderReads)
    show_order = provide(SqlShowOrder, provides=ShowOrder)
    list_orders = provide(SqlListOrders, provides=ListOrders)
    use_cases = provide_all(
        *(Company, Surroundings, DraftOrder, ChangeOrder, OpenOrder, LockOrder, TagOrder)
    )

    ledger = provide(SqlLedger, provides=Ledger)
    bills = provide(SqlBills, provides=Bills)
    payment_rows = provide(SqlPaymentRepository, provides=PaymentRepository)
    refund_rows = provide(SqlRefundRepository, provides=RefundRepository)
    funds = provide(SqlFunds, provides=Funds)
    open_refunds = provide(SqlOpenRefunds, provides=OpenRefunds)
    payments = provide(TakePayments, provides=Payments)
    deadlines = provide(SqlDeadlines, provides=Deadlines)
    money_reads = provide_all(MoneyReads, LedgerReads)
    list_dues = provide(SqlListDues, provides=ListDues)
    show_bill = provide(SqlShowBill, provides=ShowBill)
    list_payments = provide(SqlListPayments, provides=ListPayments)
    show_payment = provide(SqlShowPayment, provides=ShowPayment)
    list_refunds = provide(SqlListRefunds, provides=ListRefunds)
    show_refund = provide(SqlShowRefund, provides=ShowRefund)
    list_entries = provide(SqlListEntries, provides=ListEntries)
    show_entry = provide(SqlShowEntry, provides=ShowEntry)
    export_ledger = provide(SqlExportLedger, provides=ExportLedger)
    show_statement = provide(SqlShowStatement, provides=ShowStatement)
    money = provide_all(
        *(GiveBack, Cancel, IssueBill, ReportPayment, PaymentDesk, ConfirmPayment),
        *(DisputePayment, PromiseRefund, ConfirmRefund, ReverseEntry, WatchDeadlines),
        *(SettleAllocations, HandOnDues, SettleOrder),
    )

    def __init__(self, limits: GroupOrderLimits) -> None:
        """Take how many group orders an organiser may have at once here."""
        super().__init__()
        self._limits = limits

    @provide
    def limits(self) -> GroupOrderLimits:
        """Return how many group orders an organiser may have at once here."""
        return self._limits
