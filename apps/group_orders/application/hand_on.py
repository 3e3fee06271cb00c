"""Handing a slot on to somebody else, and taking it back."""

from dataclasses import dataclass

from apps.group_orders.application.approach import Admission, Approach, Entrance
from apps.group_orders.application.grants import Grants, MoveUp
from apps.group_orders.application.round_ports import Allocations, Claims, Debts
from apps.group_orders.domain.allocation import (
    Allocation,
    AllocationNotFound,
    HoldersOnly,
    NobodyWaits,
    NothingOffered,
    NotOverdue,
    OfferedToSomebodyElse,
    ReceiverUnknown,
    ReleaseReason,
    TransferToYourself,
)
from apps.group_orders.domain.claim import Claim
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_round import (
    OrderRound,
    OrderRoundNotFound,
    OrderRoundRepository,
)
from apps.group_orders.domain.order_steps import Part
from apps.group_orders.domain.policy import in_turn
from apps.group_orders.domain.round_events import (
    AllocationId,
    AllocationOffered,
    AllocationOfferWithdrawn,
    AllocationTransferred,
    ClaimId,
)
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.domain.slot import Slot, surviving
from apps.identity.contract import Directory
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class Sight:
    """Who sees an allocation: whose it is, whom it is offered to, organisers and staff."""

    admission: Admission

    async def __call__(self, allocation: Allocation, order: GroupOrder, member: MemberId) -> Part:
        """Return what they are to its order; raise AllocationNotFound."""
        try:
            part = await self.admission(order, member)
        except OrderRoundNotFound:
            raise AllocationNotFound from None
        if part.sees_all or member in {allocation.member, allocation.offered_to}:
            return part
        raise AllocationNotFound


@dataclass(frozen=True, slots=True)
class TransferAllocation:
    """Offer a slot of yours to a member, or to who waits first; it is yours until they accept.

    Another offer takes the place of this one.
    """

    work: UnitOfWork
    approach: Approach
    admission: Admission
    sight: Sight
    rounds: OrderRoundRepository
    allocations: Allocations
    move_up: MoveUp
    directory: Directory
    clock: Clock

    async def __call__(self, id: AllocationId, *, by: MemberId, to: MemberId | None) -> None:
        async with self.work:
            order, round, _ = await self.approach((await self.allocations.get(id)).round)
            allocation, now = await self.allocations.get(id), self.clock.now()
            part = await self.sight(allocation, order, by)
            if allocation.member != by:
                raise HoldersOnly
            allocation.ensure_can_change_hands()
            if not order.is_live:
                raise order.refusal(part)
            receiver = to or await self._first(order, round, allocation)
            if to is not None:
                await self._ensure_known(order, to, by=by)
            await self.allocations.offer(id, to=receiver, at=now)
            round.record(
                AllocationOffered(
                    order=order.id, round=round.id, allocation=id, member=by, to=receiver, at=now
                )
            )
            await self.rounds.save(round)

    async def _first(
        self, order: GroupOrder, round: OrderRound, allocation: Allocation
    ) -> MemberId:
        waiting = await self.move_up.waiting(order, round, allocation.thing)
        asks = [claim.ask() for claim in waiting if claim.member != allocation.member]
        turns = in_turn(round.policy, asks, seed=round.turns_seed)
        if not turns:
            raise NobodyWaits
        return turns[0].member

    async def _ensure_known(self, order: GroupOrder, to: MemberId, *, by: MemberId) -> None:
        """Raise TransferToYourself, or ReceiverUnknown also where they could not join the order."""
        if to == by:
            raise TransferToYourself
        fault = {"pointer": "/to", "code": "not-found", "detail": "Not found."}
        known = await self.directory.members([to], to=by)
        if to not in known or to in await self.directory.hidden_from(order.organiser):
            raise ReceiverUnknown(errors=[fault])
        try:
            await self.admission(order, to)
        except OrderRoundNotFound:
            raise ReceiverUnknown(errors=[fault]) from None


@dataclass(frozen=True, slots=True)
class WithdrawTransfer:
    """Offer a slot of yours to nobody any more, as long as it is not taken over."""

    work: UnitOfWork
    approach: Approach
    sight: Sight
    rounds: OrderRoundRepository
    allocations: Allocations
    clock: Clock

    async def __call__(self, id: AllocationId, *, by: MemberId) -> None:
        async with self.work:
            order, round, _ = await self.approach((await self.allocations.get(id)).round)
            allocation, now = await self.allocations.get(id), self.clock.now()
            part = await self.sight(allocation, order, by)
            if allocation.member != by:
                raise HoldersOnly
            allocation.ensure_can_change_hands()
            if not order.is_live:
                raise order.refusal(part)
            if allocation.offered_to is None:
                raise NothingOffered
            await self.allocations.withdraw_offer(id)
            round.record(
                AllocationOfferWithdrawn(
                    order=order.id,
                    round=round.id,
                    allocation=id,
                    member=by,
                    to=allocation.offered_to,
                    at=now,
                )
            )
            await self.rounds.save(round)


@dataclass(frozen=True, slots=True)
class AcceptTransfer:
    """Take over a slot that is offered to you, with its dues, on the rules as they are now."""

    work: UnitOfWork
    approach: Approach
    sight: Sight
    entrance: Entrance
    rounds: OrderRoundRepository
    claims: Claims
    allocations: Allocations
    grants: Grants
    ids: Ids
    clock: Clock

    async def __call__(self, id: AllocationId, *, by: MemberId, rules_version: int) -> AllocationId:
        """Return the id of the allocation that takes its place."""
        async with self.work:
            seen = await self.allocations.get(id)
            order, round, cards = await self.approach(
                seen.round, cards=[seen.thing.card_id], counting=True, joining=by
            )
            allocation, now = await self.allocations.get(id), self.clock.now()
            part = await self.sight(allocation, order, by)
            if allocation.offered_to != by:
                raise OfferedToSomebodyElse
            allocation.ensure_can_change_hands()
            if not order.is_live:
                raise order.refusal(part)
            giver = allocation.member
            await self.entrance(order, by, rules_version=rules_version, at=now, giver=giver)
            theirs = await self._claim(round, allocation, by)
            given_up = await self.claims.get(allocation.claim)
            slot = Slot(
                id=allocation.slot,
                number=0,
                thing=surviving(allocation.thing, cards),
                unit_price=allocation.unit_price,
                set_number=None,
            )
            await self.grants.take([allocation], EndReason.TRANSFERRED)
            given_up.give_up(1, at=now)
            (successor,) = await self.grants.give(round, [(theirs, slot)])
            await self.claims.save([given_up, theirs])
            round.record(
                AllocationTransferred(
                    order=order.id,
                    round=round.id,
                    allocation=id,
                    member=allocation.member,
                    successor=successor.id,
                    receiver=by,
                    at=now,
                )
            )
            await self.rounds.save(round)
        return successor.id

    async def _claim(self, round: OrderRound, allocation: Allocation, by: MemberId) -> Claim:
        """Return the claim with which they wait for it, or a new one for this unit."""
        for claim in await self.claims.live(round.id, of=by, thing=allocation.thing):
            if claim.waits:
                return claim
        claim = Claim.submit(
            ClaimId(self.ids.next()),
            round=round.id,
            by=by,
            sequence=await self.claims.next_sequence(round.id),
            thing=allocation.thing,
            quantity=1,
            rank=None,
            at=self.clock.now(),
        )
        await self.claims.add(claim)
        return claim


@dataclass(frozen=True, slots=True)
class ReleaseAllocation:
    """Take a slot back, for whoever else waits for it: it was asked for, or it was not paid.

    To reclaim it takes a due that has been overdue for more than 48 hours. Whose it was waits for
    nothing more of that thing, or it would come back to them.
    """

    work: UnitOfWork
    approach: Approach
    sight: Sight
    rounds: OrderRoundRepository
    claims: Claims
    allocations: Allocations
    debts: Debts
    grants: Grants
    move_up: MoveUp
    clock: Clock

    async def __call__(self, id: AllocationId, *, by: MemberId, reason: ReleaseReason) -> None:
        async with self.work:
            seen = await self.allocations.get(id)
            order, round, _ = await self.approach(seen.round, cards=[seen.thing.card_id])
            allocation, now = await self.allocations.get(id), self.clock.now()
            part = await self.sight(allocation, order, by)
            order.ensure_run_by(part)
            allocation.ensure_can_change_hands()
            if not order.is_live:
                raise order.refusal(part)
            if reason is ReleaseReason.RECLAIMED and not await self.debts.forfeited(id, at=now):
                raise NotOverdue
            claim = await self.claims.get(allocation.claim)
            await self.grants.revoke(round, [allocation], EndReason(reason))
            claim.give_up(1, at=now)
            claim.settle_for_less(at=now)
            await self.claims.save([claim])
            await self.move_up(order, round, allocation.thing)
            await self.rounds.save(round)
