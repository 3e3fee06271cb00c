"""Questions about order rounds, their slots and draws."""

from typing import Any

from sqlalchemy import bindparam, exists, func, select

from apps.group_orders.application.show_rounds import (
    Drawn,
    DrawnClaim,
    DrawnSlot,
    DrawView,
    ListOrderRounds,
    ListSlots,
    OrderRoundView,
    ShowDraw,
    ShowOrderRound,
    SlotView,
)
from apps.group_orders.domain.draw import RECIPE, DrawInput, place_of
from apps.group_orders.domain.order import GroupOrderNotFound
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import NoDraw, OrderRoundNotFound
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.round_events import ClaimId, OrderRoundId
from apps.group_orders.domain.round_steps import allowed_actions
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderRoundModel,
    OrderSlotModel,
)
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ROUND, SLOT = OrderRoundModel, OrderSlotModel
CLAIM, ALLOCATION = OrderClaimModel, OrderAllocationModel
TAKEN = exists().where(ALLOCATION.slot_id == SLOT.id, ALLOCATION.ended_at.is_(None))


def counted(model: Any, name: str, *where: Any) -> Any:
    """Count what a round has of something."""
    its = select(func.count()).select_from(model).where(model.round_id == ROUND.id, *where)
    return its.correlate(ROUND).scalar_subquery().label(name)


SHOWN = (
    *("id", "group_order_id", "number", "title", "policy", "state", "closes_at"),
    *("seed_commitment", "claims_digest", "opened_at", "closed_at", "allocated_at"),
    *("created_at", "updated_at"),
)
"""What a view and its row call alike; neither the seed nor what it is drawn from."""

COUNTS = ("slots", "free_slots", "claims")
ROW = select(
    *(getattr(ROUND, name) for name in SHOWN),
    counted(SLOT, "slots"),
    counted(SLOT, "free_slots", ~TAKEN),
    counted(CLAIM, "claims", CLAIM.ended_at.is_(None)),
)
ONE = Question(ROW.where(ROUND.id == bindparam("id")))
OF_ORDER = Question(
    ROW.where(ROUND.group_order_id == bindparam("order"), ROUND.id > bindparam("behind"))
    .order_by(ROUND.id)
    .limit(bindparam("limit"))
)
HOME = Question(select(ROUND.group_order_id).where(ROUND.id == bindparam("id")))
SLOTS = Question(
    select(
        *(SLOT.id, SLOT.number, SLOT.card_id, SLOT.item, SLOT.unit_price, SLOT.set_number),
        TAKEN.label("taken"),
    )
    .where(SLOT.round_id == bindparam("round"), SLOT.id > bindparam("behind"))
    .order_by(SLOT.id)
    .limit(bindparam("limit"))
)
DRAW = Question(
    select(
        *(ROUND.id, ROUND.state, ROUND.policy, ROUND.seed_commitment, ROUND.input),
        *(ROUND.claims_digest, ROUND.seed, ROUND.revealed_at),
    ).where(ROUND.id == bindparam("id"))
)
OUTCOME = Question(
    select(SLOT.number, ALLOCATION.claim_id)
    .join(SLOT, SLOT.id == ALLOCATION.slot_id)
    .where(
        ALLOCATION.round_id == bindparam("round"), ALLOCATION.allocated_at == bindparam("drawn_at")
    )
    .order_by(SLOT.number)
)


class RoundReads:
    """What questions about rounds share."""

    def __init__(self, reads: Reads, orders: OrderReads) -> None:
        self._reads = reads
        self._orders = orders

    async def home(self, id: OrderRoundId, *, to: MemberId) -> tuple[Any, Part]:
        """Return the row of its order, and what this member is to that; raise as not found."""
        for row in await self._reads(HOME, id=id):
            return await self.order(row.group_order_id, to=to)
        raise OrderRoundNotFound

    async def order(self, id: GroupOrderId, *, to: MemberId) -> tuple[Any, Part]:
        """Return the same of a round that there is."""
        try:
            return await self._orders.one(id, to=to)
        except GroupOrderNotFound:
            raise OrderRoundNotFound from None


def round_view(row: Any, order: OrderState, part: Part) -> OrderRoundView:
    """Show a row."""
    return OrderRoundView(
        **{name: getattr(row, name) for name in (*SHOWN, *COUNTS)},
        allowed_actions=allowed_actions(row.state, order, part),
    )


class SqlShowOrderRound(ShowOrderRound):
    """Its row, and that of its order."""

    def __init__(self, reads: Reads, rounds: RoundReads) -> None:
        self._reads = reads
        self._rounds = rounds

    async def __call__(self, id: OrderRoundId, *, to: MemberId) -> OrderRoundView:
        """Show it to who sees the order."""
        for row in await self._reads(ONE, id=id):
            order, part = await self._rounds.order(row.group_order_id, to=to)
            return round_view(row, order.state, part)
        raise OrderRoundNotFound


class SqlListOrderRounds(ListOrderRounds):
    """The row of the order, and a range of the index of its rounds."""

    def __init__(self, reads: Reads, orders: OrderReads) -> None:
        self._reads = reads
        self._orders = orders

    async def __call__(
        self, order: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[OrderRoundView]:
        """Read it."""
        home, part = await self._orders.one(order, to=to)
        page = await self._reads.oldest_first(OF_ORDER, order=order, after=after, limit=limit)
        return Page([round_view(row, home.state, part) for row in page.items], page.next)


class SqlListSlots(ListSlots):
    """The row of the order, and a range of the slots of a round; ids follow numbers."""

    def __init__(self, reads: Reads, rounds: RoundReads) -> None:
        self._reads = reads
        self._rounds = rounds

    async def __call__(
        self, round: OrderRoundId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[SlotView]:
        """Read it."""
        order, _ = await self._rounds.home(round, to=to)
        page = await self._reads.oldest_first(SLOTS, round=round, after=after, limit=limit)
        return Page(
            [SlotView(currency=order.currency, **row._asdict()) for row in page.items],
            page.next,
        )


class SqlShowDraw(ShowDraw):
    """Its row and, once it is drawn, which slot it gave to whom, whatever became of that."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, round: OrderRoundId) -> DrawView:
        """Show it to anybody."""
        for row in await self._reads(DRAW, id=round):
            if row.policy is not Policy.LOTTERY or row.seed_commitment is None:
                raise NoDraw
            return await self._view(row)
        raise OrderRoundNotFound

    async def _view(self, row: Any) -> DrawView:
        fixed = None if row.input is None else DrawInput.read(row.input)
        seed: str | None = None if row.revealed_at is None else row.seed
        return DrawView(
            round_id=row.id,
            state=row.state,
            seed_commitment=row.seed_commitment,
            input=row.input,
            claims_digest=row.claims_digest,
            claims=None if fixed is None else drawn_claims(fixed),
            slots=None if fixed is None else drawn_slots(fixed),
            seed=seed,
            revealed_at=row.revealed_at,
            order=None if fixed is None or seed is None else in_order(seed, fixed),
            outcome=None if seed is None else await self._outcome(row),
            recipe=RECIPE,
        )

    async def _outcome(self, drawn: Any) -> list[Drawn]:
        given = await self._reads(OUTCOME, round=drawn.id, drawn_at=drawn.revealed_at)
        return [Drawn(slot=row.number, claim_id=row.claim_id) for row in given]


def drawn_claims(fixed: DrawInput) -> list[DrawnClaim]:
    """Show the claims as they were fixed."""
    return [
        DrawnClaim(id=ClaimId(id), thing=thing, quantity=quantity)
        for id, (thing, quantity) in fixed.claims.items()
    ]


def drawn_slots(fixed: DrawInput) -> list[DrawnSlot]:
    """Show the slots likewise."""
    return [DrawnSlot(number=number, thing=thing) for number, thing in fixed.slots.items()]


def in_order(seed: str, fixed: DrawInput) -> list[ClaimId]:
    """Return the claims as the seed has them."""
    claims = sorted(fixed.claims, key=lambda claim: (place_of(seed, claim), claim))
    return [ClaimId(claim) for claim in claims]
