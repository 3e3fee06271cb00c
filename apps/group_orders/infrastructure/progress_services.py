"""Which class serves which interface of how group orders get on, and of what providers tell."""

from collections.abc import Mapping, Sequence

from dishka import Provider, Scope, provide, provide_all

from apps.group_orders.application.end_order import CancelOrder, CloseOrder
from apps.group_orders.application.hand_out import (
    Arrivals,
    ConfirmDelivery,
    ConfirmSilent,
    DecideDelivery,
    DisputeDelivery,
    Receipts,
)
from apps.group_orders.application.hear_providers import HearProvider, Signatures, Transactions
from apps.group_orders.application.keep_milestones import (
    LockMilestone,
    MoveMilestone,
    PlanMilestone,
    ReachMilestone,
)
from apps.group_orders.application.shipments import Shipping, Waiting
from apps.group_orders.application.show_milestones import ListMilestones, ShowMilestone
from apps.group_orders.application.show_transactions import ListTransactions, ListUnmatched
from apps.group_orders.application.watch_milestones import MarkOverdue, StallSilent
from apps.group_orders.domain.milestone import MilestoneRepository
from apps.group_orders.infrastructure.milestone_queries import (
    MilestoneReads,
    SqlListMilestones,
    SqlShowMilestone,
)
from apps.group_orders.infrastructure.milestones import SqlMilestoneRepository
from apps.group_orders.infrastructure.transaction_queries import (
    SqlListTransactions,
    SqlListUnmatched,
)
from apps.group_orders.infrastructure.transactions import SqlTransactions
from apps.group_orders.infrastructure.waiting import SqlReceipts, SqlWaiting
from apps.group_orders.infrastructure.webhook_signatures import StandardWebhooks


class ProgressWiring(Provider):
    """Milestones, deliveries, and what providers tell."""

    scope = Scope.APP

    milestones = provide(SqlMilestoneRepository, provides=MilestoneRepository)
    milestone_reads = provide(MilestoneReads)
    show_milestone = provide(SqlShowMilestone, provides=ShowMilestone)
    list_milestones = provide(SqlListMilestones, provides=ListMilestones)
    waiting = provide(SqlWaiting, provides=Waiting)
    progress = provide_all(
        *(PlanMilestone, LockMilestone, ReachMilestone, MoveMilestone, Shipping),
        *(MarkOverdue, StallSilent),
    )
    receipts = provide(SqlReceipts, provides=Receipts)
    deliveries = provide_all(
        *(Arrivals, ConfirmDelivery, DisputeDelivery, DecideDelivery, ConfirmSilent),
        *(CloseOrder, CancelOrder),
    )
    transactions = provide(SqlTransactions, provides=Transactions)
    list_transactions = provide(SqlListTransactions, provides=ListTransactions)
    list_unmatched = provide(SqlListUnmatched, provides=ListUnmatched)
    hear_provider = provide(HearProvider)

    def __init__(self, secrets: Mapping[str, Sequence[bytes]]) -> None:
        """Take what providers sign by."""
        super().__init__()
        self._secrets = secrets

    @provide
    def signatures(self) -> Signatures:
        """Return what knows who has signed an event."""
        return StandardWebhooks(self._secrets)
