"""What becomes of rounds as their group order ends, and as cards are merged."""

from dataclasses import dataclass
from typing import Protocol

from apps.catalogue.contract import CardMerged
from apps.group_orders.application.grants import Grants
from apps.group_orders.domain.order_events import (
    GroupOrderClosed,
    GroupOrderEvent,
    GroupOrderFailed,
)
from apps.group_orders.domain.order_round import OrderRoundRepository
from apps.group_orders.domain.round_steps import OrderRoundState
from apps.shared.domain.ids import Clock


@dataclass(frozen=True, slots=True)
class EndRounds:
    """The rounds of an order that was called off are over: what was not delivered does not come.

    Who ends an order has locked it, so nobody else changes its rounds meanwhile.
    """

    rounds: OrderRoundRepository
    grants: Grants
    clock: Clock

    async def __call__(self, event: GroupOrderEvent) -> None:
        for round in await self.rounds.unfinished(of=event.order):
            await self.grants.wind_up(round)
            if isinstance(event, GroupOrderFailed) and round.state is OrderRoundState.ALLOCATED:
                round.settle(at=self.clock.now())
            else:
                round.cancel(at=self.clock.now())
            await self.rounds.save(round)


@dataclass(frozen=True, slots=True)
class SettleRounds:
    """The rounds of an order that is closed are settled, and nobody waits any more."""

    rounds: OrderRoundRepository
    grants: Grants
    clock: Clock

    async def __call__(self, event: GroupOrderClosed) -> None:
        for round in await self.rounds.unfinished(of=event.order):
            await self.grants.conclude(round)
            if round.state is OrderRoundState.ALLOCATED:
                round.settle(at=self.clock.now())
            else:
                round.cancel(at=self.clock.now())
            await self.rounds.save(round)


class FollowMergedThings(Protocol):
    """Slots and claims of a card that was merged are of the surviving one (P9)."""

    async def __call__(self, event: CardMerged) -> None:
        """Do so within the transaction of the merge."""
        ...
