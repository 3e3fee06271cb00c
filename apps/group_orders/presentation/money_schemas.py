"""Dues, payments, refunds and the ledger as JSON."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from apps.group_orders.application.issue_bill import BillTerms
from apps.group_orders.application.show_money import EntryView
from apps.group_orders.domain.bill import DueId, DueKind, Original, Split
from apps.group_orders.domain.currency import LARGEST_AMOUNT, Currency
from apps.group_orders.domain.ledger import LedgerEntryId
from apps.group_orders.domain.round_events import AllocationId
from apps.group_orders.presentation.schemas import Amount
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Line, Prose, Whole
from apps.shared.presentation.links import HttpsLink
from apps.shared.presentation.moments import Day, Moment
from apps.shared.presentation.spreadsheets import harmless, written

MOST_CHARGED = 1_000

Note = Annotated[Prose, Field(max_length=500)]
Reason = Annotated[Prose, Field(min_length=1, max_length=500)]
Signed = Annotated[
    Whole,
    Field(
        ge=-LARGEST_AMOUNT,
        le=LARGEST_AMOUNT,
        description="In minor units of the order's currency; negative in an adjustment only.",
    ),
]
Rate = Annotated[
    str,
    Field(
        pattern=r"^(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?$",
        examples=["0.000685"],
        description="What one unit of the original currency is in the order's.",
    ),
]


class OriginalIn(Body):
    """What was paid in another currency, and at which rate of which day."""

    currency: Currency
    amount: Annotated[Whole, Field(ge=1, le=LARGEST_AMOUNT, description="In its minor units.")]
    rate: Rate
    rated_on: Day

    def original(self) -> Original:
        """Return it with the rate as a number."""
        return Original(
            currency=self.currency,
            amount=self.amount,
            rate=Decimal(self.rate),
            rated_on=self.rated_on,
        )


class WeightIn(Body):
    """What one allocation weighs beside the others, in whatever unit all are told in."""

    allocation_id: AllocationId
    weight: Annotated[Whole, Field(ge=0, le=1_000_000)]


def of_each_once(weights: list[WeightIn]) -> list[WeightIn]:
    """Refuse two weights of one allocation (P11)."""
    if len({each.allocation_id for each in weights}) < len(weights):
        raise PydanticCustomError("twice", "Each allocation has one weight")
    return weights


class BillDraft(Body):
    """What is charged; what is needed depends on the kind."""

    kind: DueKind
    total: Signed | None = None
    split: Split | None = None
    allocation_ids: (
        Annotated[list[AllocationId], Field(min_length=1, max_length=MOST_CHARGED)] | None
    ) = None
    weights: (
        Annotated[
            list[WeightIn],
            Field(min_length=1, max_length=MOST_CHARGED),
            AfterValidator(of_each_once),
        ]
        | None
    ) = None
    member_id: MemberId | None = None
    late_for: DueId | None = None
    due_at: Moment
    note: Note | None = None
    original: OriginalIn | None = None

    def terms(self) -> BillTerms:
        """Return what the use case takes."""
        return BillTerms(
            kind=self.kind,
            total=self.total,
            split=self.split,
            allocation_ids=self.allocation_ids,
            weights=None
            if self.weights is None
            else {each.allocation_id: each.weight for each in self.weights},
            member_id=self.member_id,
            late_for=self.late_for,
            due_at=self.due_at,
            note=self.note,
            original=None if self.original is None else self.original.original(),
        )


class PaymentReport(Body):
    """What you have paid, and how it is found among what has arrived."""

    amount: Amount
    method: Annotated[Line, Field(min_length=1, max_length=40, examples=["Bank transfer"])]
    reference: (
        Annotated[Line, Field(min_length=1, max_length=120, examples=["KC-7Q2M-X4PD"])] | None
    ) = None
    picture_url: HttpsLink | None = None


class PaymentDispute(Body):
    """Why you think that it has not arrived."""

    reason: Reason


class RefundPromise(Body):
    """What goes back to whom, and why."""

    member_id: MemberId
    amount: Amount
    reason: Reason


class Reversing(Body):
    """Which entry is taken back, and why; the reason stays in the ledger."""

    reverses: LedgerEntryId
    reason: Reason


COLUMNS = (
    *("sequence", "at", "kind", "member", "member_id", "debit", "credit", "amount", "owed"),
    *("currency", "subject_id", "note", "reverses_id", "id"),
)
EXAMPLE = (
    f"{','.join(COLUMNS)}\r\n"
    "1,2026-05-24T12:00:00Z,due_issued,haneul,019b0c6e-53a0-7c2e-9b1f-2f9e6a6f1c11,receivable,"
    "vendor,1850,1850,EUR,019b0c6e-53a0-7c2e-9b1f-2f9e6a6f1c12,,,"
    "019b0c6e-53a0-7c2e-9b1f-2f9e6a6f1c13\r\n"
)


async def write_ledger(portions: AsyncIterable[Sequence[EntryView]]) -> AsyncIterator[str]:
    """Yield rows, portion by portion; that of the columns goes with the first."""
    head = written([COLUMNS])
    async for entries in portions:
        yield head + written([cells_of(entry) for entry in entries])
        head = ""


def cells_of(entry: EntryView) -> list[str]:
    """Return the cells of an entry in the order of COLUMNS; numbers are meant to be computed."""
    words: dict[str, object] = {
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "member": harmless(entry.member.nickname or ""),
        "member_id": entry.member.id,
        "note": harmless(entry.note or ""),
    }
    told = [words[name] if name in words else getattr(entry, name) for name in COLUMNS]
    return ["" if value is None else str(value) for value in told]
