"""What providers have told, read page by page."""

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, select

from apps.group_orders.application.show_transactions import (
    ListTransactions,
    ListUnmatched,
    TransactionView,
    UnmatchedView,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.provider_payment import TransactionOutcome
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.group_orders.infrastructure.transaction_models import (
    OrderTransactionModel,
    ProviderPaymentModel,
)
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ROW, PAYMENT = OrderTransactionModel, ProviderPaymentModel
SAME = (
    *("id", "provider", "event_id", "kind", "external_payment_id", "reference", "amount"),
    *("currency", "member_id", "payment_id", "outcome", "occurred_at", "received_at"),
)
"""What a view and its row call alike."""
ALL = (
    select(*(getattr(ROW, name) for name in SAME))
    .where(ROW.group_order_id == bindparam("order"), ROW.id < bindparam("before"))
    .order_by(ROW.id.desc())
    .limit(bindparam("limit"))
)
OF_THE_ORDER = Question(ALL)
OF_A_MEMBER = Question(ALL.where(ROW.member_id == bindparam("member")))
UNMATCHED = Question(
    select(*(getattr(ROW, name) for name in UnmatchedView.__dataclass_fields__))
    .join(
        PAYMENT,
        and_(
            PAYMENT.provider == ROW.provider,
            PAYMENT.external_payment_id == ROW.external_payment_id,
        ),
    )
    .where(
        ROW.outcome == TransactionOutcome.UNMATCHED,
        PAYMENT.payment_id.is_(None),
        PAYMENT.reversed_at.is_(None),
    )
    .order_by(ROW.id.desc())
    .limit(bindparam("limit"))
)


class SqlListTransactions(ListTransactions):
    """A range of the index of the order, from its end."""

    def __init__(self, reads: Reads, orders: OrderReads) -> None:
        self._reads = reads
        self._orders = orders

    async def __call__(
        self, order: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[TransactionView]:
        """Read it."""
        _, part = await self._orders.one(order, to=to)
        question = OF_THE_ORDER if part.sees_all else OF_A_MEMBER
        mine = {} if part.sees_all else {"member": to}
        page = await self._reads.newest_first(
            question, after=after, limit=limit, order=order, **mine
        )
        views = [
            TransactionView(**{name: getattr(row, name) for name in SAME}) for row in page.items
        ]
        return Page(views, page.next)


class SqlListUnmatched(ListUnmatched):
    """A range of the index of outcomes, from its end."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, *, limit: int) -> Sequence[UnmatchedView]:
        """Read it."""
        return [UnmatchedView(**row._asdict()) for row in await self._reads(UNMATCHED, limit=limit)]
