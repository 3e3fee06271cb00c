"""What a group order has come to: sums of its entries, account by account and joiner by joiner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.group_orders.application.show_money import PayerView
from apps.group_orders.domain.bill import BillId, DueKind
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import AccountName
from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """What all entries that concern one joiner come to, reversals taken off.

    `owed` = `charged` - `reported` + `disputed` + `refunds_promised`; where it is negative, they
    have paid more than they owe.
    """

    member: PayerView
    charged: int
    reported: int
    confirmed: int
    disputed: int
    refunds_promised: int
    refunds_confirmed: int
    owed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account of all, or those of all joiners together."""

    name: AccountName
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchargedView:
    """What nobody is charged of a bill: its slots are nobody's, or it was taken back."""

    bill_id: BillId
    kind: DueKind
    total: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """What a group order has come to, in minor units of `currency`.

    Who runs it reads every joiner's line, the accounts, which come to `total` zero, and what is
    `uncharged` of bills that joiners share; a joiner reads their own line only.
    """

    group_order_id: GroupOrderId
    currency: Currency
    currency_digits: int
    members: Sequence[StatementLine]
    accounts: Sequence[AccountView]
    total: int
    uncharged: Sequence[UnchargedView]


class ShowStatement(Protocol):
    """What every joiner of a group order was charged, has paid and still owes.

    Who runs it reads all, and everybody else their own line, which is empty for a stranger.
    """

    async def __call__(self, id: GroupOrderId, *, to: MemberId) -> StatementView:
        """Raise GroupOrderNotFound."""
        ...
