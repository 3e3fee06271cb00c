"""Bills: what an order costs, and how it is shared out into dues (G7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import AccountName
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import AllocationId
from apps.shared.domain.errors import Conflict, DomainError, NotFound
from apps.shared.domain.ids import MemberId

BillId = NewType("BillId", UUID)
DueId = NewType("DueId", UUID)

EARLIEST_DAY = timedelta(hours=14)
"""By how much a day begins earlier where it does so first than by UTC."""
LATE_FEE_SHARE = 10
"""Per cent of a due that a late fee comes to at most."""
TIME_TO_PAY = timedelta(hours=72)
"""What a member has at least for dues that came with an allocation."""


class DueNotFound(NotFound):
    """There is no such due in this group order."""


class BillIncomplete(DomainError):
    """This does not say what is charged, or says it twice."""


class NothingToShare(DomainError):
    """There is nobody to share this with: no allocation, or all of them weigh nothing."""


class RateMismatch(DomainError):
    """The total is not the original amount at this rate."""


class NoConversion(DomainError):
    """What was paid is told in another currency than the order's, at the rate of a day so far."""


class NoLateFee(Conflict):
    """The rules that this joiner has accepted know no late fee."""


class NotLate(Conflict):
    """This due is not overdue, or has cost a late fee already."""


class DueKind(StrEnum):
    """What is charged for; an `adjustment` puts right what one member owes."""

    ITEM = "item"
    EMS = "ems"
    DOMESTIC = "domestic"
    CUSTOMS = "customs"
    FEE = "fee"
    LATE_FEE = "late_fee"
    ADJUSTMENT = "adjustment"


AGAINST = {
    DueKind.ITEM: AccountName.VENDOR,
    DueKind.EMS: AccountName.SHIPPING,
    DueKind.DOMESTIC: AccountName.SHIPPING,
    DueKind.CUSTOMS: AccountName.CUSTOMS,
    DueKind.FEE: AccountName.FEE,
    DueKind.LATE_FEE: AccountName.FEE,
    DueKind.ADJUSTMENT: AccountName.ROUNDING,
}
"""The account on which a due of each kind is issued."""
SHARED = frozenset({DueKind.EMS, DueKind.DOMESTIC, DueKind.CUSTOMS, DueKind.FEE})


class Split(StrEnum):
    """By what a bill is shared; `none`: each due is known by itself."""

    UNIT = "unit"
    WEIGHT = "weight"
    VALUE = "value"
    NONE = "none"


class DueState(StrEnum):
    """How far a due is paid: `reported` waits for the organiser, `overdue` for the member."""

    OPEN = "open"
    REPORTED = "reported"
    PAID = "paid"
    OVERDUE = "overdue"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """Whoever holds a live allocation, and what it costs."""

    allocation: AllocationId
    member: MemberId
    unit_price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What was paid in another currency, and the organiser's rate to the order's, with its date."""

    currency: Currency
    amount: int
    rate: Decimal
    rated_on: date

    def ensure_converted(self, currency: Currency, *, at: datetime) -> None:
        """Raise NoConversion where nothing was converted, or not yet, wherever it is."""
        faults = []
        if self.currency is currency:
            faults.append(("/original/currency", "This is the currency of the order."))
        if self.rated_on > (at + EARLIEST_DAY).date():
            faults.append(("/original/rated_on", "This day is still to come."))
        if faults:
            raise NoConversion(
                errors=[
                    {"pointer": where, "code": "no-conversion", "detail": why}
                    for where, why in faults
                ]
            )

    def ensure_comes_to(self, total: int, currency: Currency) -> None:
        """Raise RateMismatch unless the total is this at the rate, rounded either way."""
        shift = currency.digits - self.currency.digits
        exact = self.amount * self.rate * Decimal(10) ** shift
        if abs(exact - total) >= 1:
            nearest = int(exact.to_integral_value(ROUND_HALF_UP))
            raise RateMismatch(f"At this rate it comes to {nearest}.", expected=nearest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What one member owes of a bill; a negative one is a credit."""

    id: DueId
    bill: BillId
    order: GroupOrderId
    allocation: AllocationId | None
    member: MemberId
    kind: DueKind
    amount: int
    due_at: datetime
    issued_at: datetime
    late_for: DueId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What was charged at once, and to whom."""

    id: BillId
    order: GroupOrderId
    kind: DueKind
    total: int
    split: Split
    note: str | None
    due_at: datetime
    original: Original | None
    issued_by: MemberId
    issued_at: datetime
    dues: Sequence[Due]


def shares(total: int, weights: Mapping[AllocationId, int]) -> dict[AllocationId, int]:
    """Share a total in proportion to weights, by largest remainder, ties by the smaller id.

    The shares add up to the total. Raises NothingToShare where no weight is above zero.
    """
    whole = sum(weights.values())
    if whole <= 0:
        raise NothingToShare
    parts = {id: divmod(total * weight, whole) for id, weight in weights.items()}
    left = total - sum(share for share, _ in parts.values())
    first = sorted(parts, key=lambda each: (-parts[each][1], each))[:left]
    return {id: share + (id in first) for id, (share, _) in parts.items()}


def weighed(
    split: Split, allocations: Sequence[Charged], weights: Mapping[AllocationId, int]
) -> dict[AllocationId, int]:
    """Return what each allocation weighs in a split; raise BillIncomplete where it is not told."""
    if split is Split.WEIGHT:
        ids = {each.allocation for each in allocations}
        if weights.keys() != ids:
            raise BillIncomplete(
                "Give the weight of each allocation that is charged, and of no other.",
                errors=[fault("/weights", "Each allocation that is charged has one weight.")],
            )
        return dict(weights)
    by_value = split is Split.VALUE
    return {each.allocation: each.unit_price if by_value else 1 for each in allocations}


def late_fee(agreed: int | None, *, of: int) -> int:
    """Return what a due paid too late costs: as agreed, at most a tenth; raise NoLateFee."""
    fee = min(agreed or 0, of * LATE_FEE_SHARE // 100)
    if fee <= 0:
        raise NoLateFee
    return fee


def handed_on_until(due_at: datetime, *, billed: datetime, at: datetime) -> datetime:
    """Return by when whoever takes a slot over has to pay what was `billed` for some day.

    It is put off once, however often the slot is handed on: two could hand it to and fro for ever.
    """
    return due_at if due_at > billed else max(due_at, at + TIME_TO_PAY)


def fault(pointer: str, detail: str) -> dict[str, str]:
    """Return one member of `errors`."""
    return {"pointer": pointer, "code": "bill-incomplete", "detail": detail}


class BillRepository(Protocol):
    """All bills with their dues, which are changed while their order is locked."""

    async def add(self, bill: Bill) -> None:
        """Keep a new bill with its dues."""
        ...

    async def add_dues(self, dues: Sequence[Due]) -> None:
        """Keep further dues of bills that are kept already."""
        ...

    async def standing(
        self, order: GroupOrderId, *, of: AllocationId | None = None
    ) -> Sequence[Due]:
        """Return the dues that stand, of one allocation or all, by id."""
        ...

    async def paid_for(self, order: GroupOrderId) -> Collection[AllocationId]:
        """Return the allocations that have a due for the item itself, and it stands."""
        ...

    async def reverse(self, dues: Sequence[DueId], *, at: datetime) -> None:
        """Let these stand no longer."""
        ...
