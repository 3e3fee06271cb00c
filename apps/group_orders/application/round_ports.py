"""Slots, claims and allocations of a round, as commands keep them.

All are used inside a unit of work which has locked the group order and the round.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.allocation import Allocation
from apps.group_orders.domain.claim import Claim
from apps.group_orders.domain.exposure import InHand
from apps.group_orders.domain.round_events import AllocationId, ClaimId, OrderRoundId
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.domain.slot import Slot, Thing
from apps.shared.domain.ids import MemberId


class Slots(Protocol):
    """What rounds have to hand out."""

    async def add(self, round: OrderRoundId, slots: Sequence[Slot]) -> None:
        """Keep the slots of a new round."""
        ...

    async def of(self, round: OrderRoundId) -> Sequence[Slot]:
        """Return all slots of a round by number."""
        ...

    async def free(self, round: OrderRoundId, thing: Thing) -> Sequence[Slot]:
        """Return those of this thing that are nobody's, by number."""
        ...

    async def has(self, round: OrderRoundId, thing: Thing) -> bool:
        """Tell whether any slot of this round is of that."""
        ...


class Claims(Protocol):
    """What was asked for."""

    async def get(self, id: ClaimId) -> Claim:
        """Return it as it now stands; raise ClaimNotFound."""
        ...

    async def live(
        self, round: OrderRoundId, *, of: MemberId | None = None, thing: Thing | None = None
    ) -> Sequence[Claim]:
        """Return those that were neither refused nor withdrawn, of one member or thing or all."""
        ...

    async def next_sequence(self, round: OrderRoundId) -> int:
        """Return the server's number of the next claim in this round."""
        ...

    async def add(self, claim: Claim) -> None:
        """Keep a new claim."""
        ...

    async def save(self, claims: Collection[Claim]) -> None:
        """Keep what changed of these."""
        ...


class Allocations(Protocol):
    """What is whose."""

    async def get(self, id: AllocationId) -> Allocation:
        """Return it as it now stands; raise AllocationNotFound."""
        ...

    async def live(
        self, round: OrderRoundId, *, claim: ClaimId | None = None
    ) -> Sequence[Allocation]:
        """Return those of a round, or of one claim in it, that have not ended."""
        ...

    async def add(self, allocations: Sequence[Allocation]) -> None:
        """Keep new ones; a slot that is somebody's is nobody else's (ChangedMeanwhile)."""
        ...

    async def end(
        self, allocations: Collection[Allocation], reason: EndReason, *, at: datetime
    ) -> None:
        """Let these have ended."""
        ...

    async def offer(self, id: AllocationId, *, to: MemberId, at: datetime) -> None:
        """Note to whom its holder would hand it on."""
        ...

    async def withdraw_offer(self, id: AllocationId) -> None:
        """Let it be offered to nobody."""
        ...


class Seeds(Protocol):
    """Chance that nobody can foresee."""

    def draw(self) -> str:
        """Return 32 random bytes as 64 hexadecimal digits."""
        ...


class Offers(Protocol):
    """How much organisers offer to their joiners, and charge them."""

    async def in_hand(self, *, of: MemberId) -> Sequence[InHand]:
        """Add up, for each live order of an organiser, the prices of its slots, and its dues.

        A slot counts until its round is allocated, and after that while it is somebody's.
        """
        ...


class Debts(Protocol):
    """What joiners owe."""

    async def owes(self, member: MemberId, *, organiser: MemberId, at: datetime) -> bool:
        """Tell whether a due of this member is overdue in any order of that organiser (G3)."""
        ...

    async def forfeited(self, allocation: AllocationId, *, at: datetime) -> bool:
        """Tell whether a due of this allocation is overdue by more than 48 hours (G7)."""
        ...
