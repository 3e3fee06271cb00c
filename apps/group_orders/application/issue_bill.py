"""Sharing out what an order costs (G7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.group_orders.application.approach import Limits
from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.application.money import Charges, issue
from apps.group_orders.domain.bill import (
    AGAINST,
    SHARED,
    Bill,
    BillId,
    BillIncomplete,
    BillRepository,
    Charged,
    Due,
    DueId,
    DueKind,
    NothingToShare,
    NotLate,
    Original,
    Split,
    fault,
    late_fee,
    shares,
    weighed,
)
from apps.group_orders.domain.ledger import Ledger
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import LIVE
from apps.group_orders.domain.round_events import AllocationId
from apps.identity.contract import Directory
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import DuplicateIds, NotFound
from apps.shared.domain.ids import Clock, Ids, MemberId

Owed = Sequence[tuple[MemberId, AllocationId | None, int]]
"""Who owes what, and for which allocation."""


class AllocationUnknown(NotFound):
    """There is no such allocation in this order, or it has ended."""


class JoinerUnknown(NotFound):
    """There is no such joiner of this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillTerms:
    """What the organiser says of a bill; which of it is needed depends on its kind."""

    kind: DueKind
    total: int | None
    split: Split | None
    allocation_ids: Sequence[AllocationId] | None
    weights: Mapping[AllocationId, int] | None
    member_id: MemberId | None
    late_for: DueId | None
    due_at: datetime
    note: str | None
    original: Original | None

    def ensure_whole(self, *, at: datetime) -> None:
        """Raise BillIncomplete with the places of what is missing, or does not belong there."""
        told = {name for name in OPTIONS if getattr(self, name) is not None}
        needed, possible = NEEDED[self.kind]
        if self.split is Split.WEIGHT:
            needed |= {"weights"}
        faults = [fault(f"/{name}", "This is needed.") for name in sorted(needed - told)]
        faults += [
            fault(f"/{name}", "This does not go with the others.")
            for name in sorted(told - needed - possible)
        ]
        if self.kind in SHARED and self.split is Split.NONE:
            faults.append(fault("/split", "What all share is split."))
        if self.total is not None and (self.total == 0 or (self.total < 0 and self.kind in SHARED)):
            faults.append(fault("/total", "This is no amount to charge."))
        if self.due_at <= at:
            faults.append(fault("/due_at", "This is past."))
        if faults:
            raise BillIncomplete(errors=faults)


OPTIONS = ("total", "split", "allocation_ids", "weights", "member_id", "late_for", "original")
NEEDED: dict[DueKind, tuple[frozenset[str], frozenset[str]]] = {
    DueKind.ITEM: (frozenset(), frozenset({"allocation_ids"})),
    DueKind.ADJUSTMENT: (frozenset({"total", "member_id"}), frozenset()),
    DueKind.LATE_FEE: (frozenset({"late_for"}), frozenset()),
} | dict.fromkeys(
    SHARED, (frozenset({"total", "split"}), frozenset({"allocation_ids", "original"}))
)
"""What each kind of bill needs to be told, and what it may be told beside that."""


@dataclass(frozen=True, slots=True)
class IssueBill:
    """Charge the joiners of a group order, by a deadline.

    `item` charges what each allocation costs, once. `ems`, `domestic`, `customs` and `fee` share a
    `total` out among the allocations, or among some of them: by `unit` alike, by `weight` as
    given, or by `value` as they cost, to the last minor unit by largest remainder. `late_fee`
    charges what the rules say of an overdue due, at most a tenth of it. `adjustment` puts right
    what one member owes; a negative one is a credit. What organisers may have in hand caps it.
    """

    work: UnitOfWork
    directory: Directory
    limits: Limits
    orders: GroupOrderRepository
    company: Company
    joiners: Joiners
    bills: BillRepository
    charges: Charges
    ledger: Ledger
    ids: Ids
    clock: Clock

    async def __call__(self, id: GroupOrderId, terms: BillTerms, *, by: MemberId) -> BillId:
        async with self.work:
            await self.directory.lock({(await self.orders.get(id)).organiser})
            order, now = await self.orders.lock(id), self.clock.now()
            part = await self.company(order, by)
            order.ensure_run_by(part)
            order.ensure_in(*LIVE, part=part)
            terms.ensure_whole(at=now)
            bill = await self._bill(order, terms, by, now)
            await self.limits.ensure_may_charge(order, bill.total)
            members = {due.member for due in bill.dues}
            books = await self.ledger.open(order.id, order.currency, *members)
            for due in bill.dues:
                issue(books, due, AGAINST[due.kind], by=by, ids=self.ids)
            await self.bills.add(bill)
            await self.ledger.keep(books)
        return bill.id

    async def _bill(self, order: GroupOrder, terms: BillTerms, by: MemberId, now: datetime) -> Bill:
        owed = await self._owed(order, terms, now)
        id, total = BillId(self.ids.next()), sum(amount for *_, amount in owed)
        if terms.original is not None:
            terms.original.ensure_converted(order.currency, at=now)
            terms.original.ensure_comes_to(total, order.currency)
        return Bill(
            id=id,
            order=order.id,
            kind=terms.kind,
            total=total,
            split=terms.split or Split.NONE,
            note=terms.note,
            due_at=terms.due_at,
            original=terms.original,
            issued_by=by,
            issued_at=now,
            dues=[
                Due(
                    id=DueId(self.ids.next()),
                    bill=id,
                    order=order.id,
                    allocation=allocation,
                    member=member,
                    kind=terms.kind,
                    amount=amount,
                    due_at=terms.due_at,
                    issued_at=now,
                    late_for=terms.late_for,
                )
                for member, allocation, amount in owed
                if amount
            ],
        )

    async def _owed(self, order: GroupOrder, terms: BillTerms, now: datetime) -> Owed:
        if terms.member_id is not None and terms.total is not None:
            if not await self.joiners.has(order.id, terms.member_id):
                raise JoinerUnknown(errors=[missing("/member_id")])
            return [(terms.member_id, None, terms.total)]
        if terms.late_for is not None:
            return [await self._late(order, terms.late_for, now)]
        charged = await self._charged(order, terms)
        if terms.total is None or terms.split is None:
            paid = await self.bills.paid_for(order.id)
            owed = [
                (each.member, each.allocation, each.unit_price)
                for each in charged
                if each.allocation not in paid
            ]
            if not owed:
                raise NothingToShare
            return owed
        parts = shares(terms.total, weighed(terms.split, charged, terms.weights or {}))
        return [(each.member, each.allocation, parts[each.allocation]) for each in charged]

    async def _charged(self, order: GroupOrder, terms: BillTerms) -> Sequence[Charged]:
        live = await self.charges.charged(order.id)
        if terms.allocation_ids is None:
            return live
        ensure_known(terms.allocation_ids, {each.allocation for each in live})
        return [each for each in live if each.allocation in set(terms.allocation_ids)]

    async def _late(
        self, order: GroupOrder, id: DueId, now: datetime
    ) -> tuple[MemberId, AllocationId | None, int]:
        late = await self.charges.due(order.id, id)
        unpaid = late.due.due_at < now and late.covered < late.due.amount
        standing = late.reversed_at is None and late.due.kind is not DueKind.LATE_FEE
        if not standing or not (unpaid or late.overdue_at):
            raise NotLate  # nor does a late fee cost another one
        agreed = await self.charges.late_fee(order.id, late.due.member)
        return late.due.member, late.due.allocation, late_fee(agreed, of=late.due.amount)


def ensure_known(told: Sequence[AllocationId], live: Collection[UUID]) -> None:
    """Raise DuplicateIds (P11), or AllocationUnknown with the places of those that are not live."""
    if len(set(told)) != len(told):
        raise DuplicateIds
    faults = [missing(f"/allocation_ids/{i}") for i, id in enumerate(told) if id not in live]
    if faults:
        raise AllocationUnknown(errors=faults)


def missing(pointer: str) -> dict[str, str]:
    """Return one member of `errors`."""
    return {"pointer": pointer, "code": "not-found", "detail": "Not found."}
