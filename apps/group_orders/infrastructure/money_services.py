"""Which class serves which interface of the money of group orders."""

from dishka import Provider, Scope, provide, provide_all

from apps.group_orders.application.correct_ledger import ReverseEntry
from apps.group_orders.application.follow_allocations import (
    HandOnDues,
    Inherit,
    SettleAllocations,
    SettleOrder,
    TakeOverDues,
)
from apps.group_orders.application.issue_bill import IssueBill
from apps.group_orders.application.money import Cancel, Charges, Funds, GiveBack, OpenRefunds
from apps.group_orders.application.refund_joiners import ConfirmRefund, PromiseRefund
from apps.group_orders.application.round_ports import Debts
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
)
from apps.group_orders.application.show_statement import ShowStatement
from apps.group_orders.application.take_payments import (
    ConfirmPayment,
    DisputePayment,
    PaymentDesk,
    Payments,
    ReportPayment,
    TakePayments,
)
from apps.group_orders.application.watch_deadlines import Deadlines, WatchDeadlines
from apps.group_orders.domain.bill import BillRepository
from apps.group_orders.domain.ledger import Ledger
from apps.group_orders.domain.payment import PaymentRepository, RefundRepository
from apps.group_orders.infrastructure.bills import SqlBillRepository
from apps.group_orders.infrastructure.charges import SqlCharges
from apps.group_orders.infrastructure.deadlines import SqlDeadlines
from apps.group_orders.infrastructure.debts import SqlDebts
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
from apps.group_orders.infrastructure.payments import (
    SqlFunds,
    SqlOpenRefunds,
    SqlPaymentRepository,
    SqlRefundRepository,
)


class MoneyWiring(Provider):
    """The ledger, dues, payments and refunds."""

    scope = Scope.APP

    ledger = provide(SqlLedger, provides=Ledger)
    bills = provide(SqlBillRepository, provides=BillRepository)
    charges = provide(SqlCharges, provides=Charges)
    payment_rows = provide(SqlPaymentRepository, provides=PaymentRepository)
    refund_rows = provide(SqlRefundRepository, provides=RefundRepository)
    funds = provide(SqlFunds, provides=Funds)
    open_refunds = provide(SqlOpenRefunds, provides=OpenRefunds)
    payments = provide(TakePayments, provides=Payments)
    debts = provide(SqlDebts, provides=Debts)
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
        *(SettleAllocations, Inherit, HandOnDues, TakeOverDues, SettleOrder),
    )
