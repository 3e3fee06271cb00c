"""Giving slots to claims, taking them back, and letting those move up who wait."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from apps.collection.contract import AgreementId, Announcement, Deliveries
from apps.group_orders.application.round_ports import Allocations, Claims, Slots
from apps.group_orders.domain.allocation import Allocation
from apps.group_orders.domain.claim import Claim
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_round import OrderRound
from apps.group_orders.domain.policy import Grant, Policy, Unit, hand_out
from apps.group_orders.domain.round_events import (
    AllocationEnded,
    AllocationId,
    AllocationMade,
    AllocationsEnded,
    AllocationsMade,
    ClaimId,
    SlotId,
)
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.domain.slot import Slot, Thing
from apps.identity.contract import Directory, Ranks
from apps.shared.domain.ids import Clock, Ids


@dataclass(frozen=True, slots=True)
class Grants:
    """An allocation is a copy that is expected, where its slot is of a card (G4)."""

    slots: Slots
    claims: Claims
    allocations: Allocations
    deliveries: Deliveries
    ids: Ids
    clock: Clock

    async def give(
        self,
        round: OrderRound,
        pairs: Sequence[tuple[Claim, Slot]],
        *,
        at: datetime | None = None,
    ) -> Sequence[Allocation]:
        """Allocate each slot to its claim, now unless told otherwise; the cards are held."""
        now = at or self.clock.now()
        made = [
            Allocation(
                id=AllocationId(self.ids.next()),
                slot=slot.id,
                round=round.id,
                order=round.order,
                claim=claim.id,
                member=claim.member,
                thing=slot.thing,
                copy_id=None,
                unit_price=slot.unit_price,
                allocated_at=now,
            )
            for claim, slot in pairs
        ]
        expected = {
            each.id: Announcement(AgreementId(each.id), each.thing.card_id, each.member)
            for each in made
            if each.thing.card_id is not None
        }
        copies = await self.deliveries.announce(list(expected.values()))
        of = dict(zip(expected, copies, strict=True))
        made = [replace(each, copy_id=of.get(each.id)) for each in made]
        await self.allocations.add(made)
        for claim, _ in pairs:
            claim.grant(1)
        return made

    async def take(self, allocations: Sequence[Allocation], reason: EndReason) -> None:
        """End these, and call their copies off."""
        if allocations:
            copies = [each.copy_id for each in allocations if each.copy_id is not None]
            await self.deliveries.call_off(copies)
            await self.allocations.end(allocations, reason, at=self.clock.now())

    async def hand_out(
        self,
        round: OrderRound,
        grants: Sequence[Grant],
        claims: Mapping[ClaimId, Claim],
        slots: Mapping[SlotId, Slot],
        *,
        at: datetime | None = None,
    ) -> None:
        """Give what a policy says, and tell it."""
        pairs = [(claims[grant.claim], slots[grant.slot]) for grant in grants]
        made = await self.give(round, pairs, at=at) if pairs else ()
        if made:
            round.record(
                AllocationsMade(
                    order=round.order,
                    round=round.id,
                    allocations=[each.id for each in made],
                    at=made[0].allocated_at,
                )
            )
        for each in made:
            round.record(
                AllocationMade(
                    order=round.order,
                    round=round.id,
                    allocation=each.id,
                    member=each.member,
                    at=each.allocated_at,
                )
            )

    async def revoke(
        self, round: OrderRound, allocations: Sequence[Allocation], reason: EndReason
    ) -> None:
        """Take what was not handed on, and tell it."""
        await self.take(allocations, reason)
        if allocations:
            round.record(AllocationsEnded(order=round.order, round=round.id, at=self.clock.now()))
        for each in allocations:
            round.record(
                AllocationEnded(
                    order=round.order,
                    round=round.id,
                    allocation=each.id,
                    member=each.member,
                    reason=reason,
                    at=self.clock.now(),
                )
            )

    async def wind_up(self, round: OrderRound) -> None:
        """End all that has not been delivered, and refuse whoever has nothing of the round."""
        live = await self.allocations.live(round.id)
        lost = [each for each in live if not each.is_delivered]
        await self.revoke(round, lost, EndReason.CANCELLED)
        await self.conclude(round)

    async def conclude(self, round: OrderRound) -> None:
        """Let nobody wait any more, and refuse whoever has nothing of the round."""
        kept = Counter(each.claim for each in await self.allocations.live(round.id))
        claims = await self.claims.live(round.id)
        for claim in claims:
            claim.conclude(kept[claim.id], at=self.clock.now())
        await self.claims.save(claims)


@dataclass(frozen=True, slots=True)
class Eligible:
    """Passes over who is suspended or gone, or has the organiser blocked or is."""

    ranks: Ranks
    directory: Directory

    async def __call__(self, order: GroupOrder, claims: Sequence[Claim]) -> list[Claim]:
        """Return the claims of all others."""
        if not claims:
            return []
        active = await self.ranks.among({claim.member for claim in claims})
        hidden = await self.directory.hidden_from(order.organiser)
        return [claim for claim in claims if claim.member in active.keys() - hidden]


@dataclass(frozen=True, slots=True)
class MoveUp:
    """Gives free slots of a thing to those who wait for it, as the policy has them in turn.

    Who is passed over goes on waiting.
    """

    grants: Grants
    slots: Slots
    claims: Claims
    eligible: Eligible

    async def __call__(self, order: GroupOrder, round: OrderRound, thing: Thing) -> None:
        """Do nothing where the round does not hand out at this time."""
        if not (order.is_live and round.hands_out):
            return
        free = await self.slots.free(round.id, thing)
        waiting = await self.waiting(order, round, thing) if free else ()
        if not waiting:
            return
        grants = hand_out(
            Policy.FIRST_COME if round.policy is Policy.SET_COMPLETE else round.policy,
            [claim.ask() for claim in waiting],
            [unit_of(slot) for slot in free],
            seed=round.turns_seed,
        )
        moved = {claim.id: claim for claim in waiting}
        await self.grants.hand_out(round, grants, moved, {slot.id: slot for slot in free})
        await self.claims.save([moved[id] for id in {grant.claim for grant in grants}])

    async def waiting(self, order: GroupOrder, round: OrderRound, thing: Thing) -> list[Claim]:
        """Return the claims that could move up, in no order."""
        claims = await self.claims.live(round.id, thing=thing)
        return await self.eligible(order, [claim for claim in claims if claim.waits])


def unit_of(slot: Slot) -> Unit:
    """Return a free slot as policies see it."""
    return Unit(slot.id, slot.number, str(slot.thing), slot.set_number)
