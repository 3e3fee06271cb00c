"""Planning order rounds, opening, closing and cancelling them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from apps.catalogue.contract import CardId, Catalogue
from apps.group_orders.application.approach import Admission, Approach, Limits
from apps.group_orders.application.company import Company
from apps.group_orders.application.grants import Grants
from apps.group_orders.application.round_ports import Claims, Seeds, Slots
from apps.group_orders.domain.draw import DrawInput
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import MOST_ROUNDS, OrderRound, OrderRoundRepository
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.round_events import OrderRoundId, SlotId
from apps.group_orders.domain.round_steps import OrderRoundState
from apps.group_orders.domain.slot import (
    MOST_SLOTS,
    Slot,
    Thing,
    TooManySlots,
    ensure_one_price,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import LimitExceeded, NotFound
from apps.shared.domain.ids import Clock, Ids, MemberId

AT_ONCE = 100
"""Rounds that one call of the recurring work closes."""


class CardUnknown(NotFound):
    """There is no such card."""


class Stock(NamedTuple):
    """So many units of one thing, as they are planned."""

    card_id: CardId | None
    item: str | None
    unit_price: int
    set_number: int | None
    units: int


@dataclass(frozen=True, slots=True)
class PlanRound:
    """Plan a round of a group order of yours: what it has to hand out, and by which policy.

    Slots are numbered in the order in which you tell them. Nobody claims before it is open.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    rounds: OrderRoundRepository
    slots: Slots
    company: Company
    catalogue: Catalogue
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        order_id: GroupOrderId,
        *,
        by: MemberId,
        title: str,
        policy: Policy,
        closes_at: datetime,
        slots: Sequence[Stock],
    ) -> OrderRoundId:
        async with self.work:
            cards = await self._cards(slots)
            order = await self.orders.lock(order_id)
            rounds = await self.rounds.count(of=order_id)
            planned = OrderRound.plan(
                OrderRoundId(self.ids.next()),
                order=order,
                by=await self.company(order, by),
                number=rounds + 1,
                title=title,
                policy=policy,
                closes_at=closes_at,
                at=self.clock.now(),
            )
            if rounds >= MOST_ROUNDS:
                raise LimitExceeded("order_rounds_max", limit=MOST_ROUNDS, current=rounds)
            numbered = self._numbered(slots, cards)
            await self.rounds.add(planned)
            await self.slots.add(planned.id, numbered)
        return planned.id

    async def _cards(self, slots: Sequence[Stock]) -> dict[CardId, CardId]:
        """Hold the cards; raise CardUnknown with the places of those that do not exist."""
        named = {each.card_id for each in slots if each.card_id is not None}
        held = dict(await self.catalogue.hold(named)) if named else {}
        faults = [
            {"pointer": f"/slots/{place}/card_id", "code": "not-found", "detail": "Not found."}
            for place, each in enumerate(slots)
            if each.card_id is not None and each.card_id not in held
        ]
        if faults:
            raise CardUnknown(errors=faults)
        return held

    def _numbered(self, told: Sequence[Stock], cards: dict[CardId, CardId]) -> list[Slot]:
        if sum(each.units for each in told) > MOST_SLOTS:
            raise TooManySlots
        singly = [each for each in told for _ in range(each.units)]
        slots = [
            Slot(
                id=SlotId(self.ids.next()),
                number=number,
                thing=Thing(None if each.card_id is None else cards[each.card_id], each.item),
                unit_price=each.unit_price,
                set_number=each.set_number,
            )
            for number, each in enumerate(singly, start=1)
        ]
        ensure_one_price(slots)
        return slots


@dataclass(frozen=True, slots=True)
class OpenOrderRound:
    """Let members claim until `closes_at`; a lottery publishes the SHA-256 of its secret seed.

    What you offer in all your live orders, and to how many joiners, is capped by your trust level.
    """

    work: UnitOfWork
    approach: Approach
    admission: Admission
    rounds: OrderRoundRepository
    limits: Limits
    seeds: Seeds
    clock: Clock

    async def __call__(self, id: OrderRoundId, *, by: MemberId) -> None:
        async with self.work:
            order, round, _ = await self.approach(id, counting=True)
            part = await self.admission(order, by)
            round.open(order, by=part, seed=self.seeds.draw(), at=self.clock.now())
            await self.rounds.save(round)
            await self.limits(order.organiser)


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing comes to, whoever closes; used inside a unit of work, on a locked round."""

    rounds: OrderRoundRepository
    slots: Slots
    claims: Claims
    clock: Clock

    async def __call__(self, round: OrderRound) -> None:
        """Fix what was claimed, and of what."""
        claims = await self.claims.live(round.id) if round.is_drawn else ()
        slots = await self.slots.of(round.id) if round.is_drawn else ()
        drawn_from = DrawInput(
            claims={claim.id: (str(claim.thing), claim.quantity) for claim in claims},
            slots={slot.number: str(slot.thing) for slot in slots},
        )
        round.close(drawn_from, at=self.clock.now())
        await self.rounds.save(round)


@dataclass(frozen=True, slots=True)
class CloseOrderRound:
    """Let nobody claim any more, or withdraw freely; a lottery fixes what it draws from."""

    work: UnitOfWork
    approach: Approach
    admission: Admission
    closing: Closing

    async def __call__(self, id: OrderRoundId, *, by: MemberId) -> None:
        async with self.work:
            order, round, _ = await self.approach(id)
            round.ensure_may_close(order, by=await self.admission(order, by))
            await self.closing(round)


@dataclass(frozen=True, slots=True)
class CloseDueRounds:
    """Close the rounds whose time is over, each in a unit of work of its own."""

    work: UnitOfWork
    rounds: OrderRoundRepository
    approach: Approach
    closing: Closing
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were looked at, AT_ONCE where there may be more."""
        async with self.work:
            overdue = await self.rounds.overdue(at=self.clock.now(), limit=AT_ONCE)
        for id in overdue:
            async with self.work:
                _, round, _ = await self.approach(id)
                if round.state is OrderRoundState.OPEN:  # or somebody has closed it just now
                    await self.closing(round)
        return len(overdue)


@dataclass(frozen=True, slots=True)
class CancelOrderRound:
    """Let a round come to nothing, before it is ordered: all its allocations end."""

    work: UnitOfWork
    approach: Approach
    admission: Admission
    rounds: OrderRoundRepository
    grants: Grants
    clock: Clock

    async def __call__(self, id: OrderRoundId, *, by: MemberId) -> None:
        async with self.work:
            order, round, _ = await self.approach(id)
            round.ensure_may_cancel(order, by=await self.admission(order, by))
            await self.grants.wind_up(round)
            round.cancel(at=self.clock.now())
            await self.rounds.save(round)
