"""Claiming slots of a round, withdrawing that, and handing the slots out."""

from dataclasses import dataclass

from apps.catalogue.contract import CardId
from apps.group_orders.application.approach import Admission, Approach, Entrance
from apps.group_orders.application.grants import Eligible, Grants, MoveUp, unit_of
from apps.group_orders.application.round_ports import Allocations, Claims, Slots
from apps.group_orders.domain.claim import Claim, ClaimantsOnly, ClaimNotFound, ensure_distinct
from apps.group_orders.domain.draw import DrawInput
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_round import NotInRound, OrderRound, OrderRoundRepository
from apps.group_orders.domain.policy import Ask, Policy, Unit, hand_out
from apps.group_orders.domain.round_events import (
    ClaimId,
    ClaimSubmitted,
    ClaimWithdrawn,
    OrderRoundId,
)
from apps.group_orders.domain.round_steps import EndReason, OrderRoundState
from apps.group_orders.domain.slot import Thing, surviving
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.contract import InvalidTransition


@dataclass(frozen=True, slots=True)
class SubmitClaim:
    """Ask for some units of one thing, on the rules as they are now; so you join the group order.

    Where the policy is first come, what is free is yours at once, and you wait for the rest.
    Otherwise the slots are handed out when the round is over.
    """

    work: UnitOfWork
    approach: Approach
    admission: Admission
    entrance: Entrance
    rounds: OrderRoundRepository
    slots: Slots
    claims: Claims
    move_up: MoveUp
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        round_id: OrderRoundId,
        *,
        by: MemberId,
        card_id: CardId | None,
        item: str | None,
        quantity: int,
        rank: int | None,
        rules_version: int,
    ) -> ClaimId:
        async with self.work:
            order, round, cards = await self.approach(
                round_id, cards=[card_id], counting=True, joining=by
            )
            part, now = await self.admission(order, by), self.clock.now()
            round.ensure_takes_claims(order, part=part, at=now)
            thing = surviving(Thing(card_id, item), cards)
            if not await self.slots.has(round.id, thing):
                raise NotInRound(errors=[not_there(card_id)])
            ensure_distinct(
                round.policy, await self.claims.live(round.id, of=by), thing=thing, rank=rank
            )
            await self.entrance(order, by, rules_version=rules_version, at=now)
            claim = Claim.submit(
                ClaimId(self.ids.next()),
                round=round.id,
                by=by,
                sequence=await self.claims.next_sequence(round.id),
                thing=thing,
                quantity=quantity,
                rank=rank,
                at=now,
            )
            if round.policy is Policy.FIRST_COME:
                claim.grant(0)
            await self.claims.add(claim)
            round.record(
                ClaimSubmitted(order=order.id, round=round.id, claim=claim.id, member=by, at=now)
            )
            await self.move_up(order, round, thing)
            await self.rounds.save(round)
        return claim.id


@dataclass(frozen=True, slots=True)
class WithdrawClaim:
    """Ask for nothing any more: freely until the round closes.

    Later what you wait for is let go of, and what is yours stays so.
    """

    work: UnitOfWork
    approach: Approach
    admission: Admission
    rounds: OrderRoundRepository
    claims: Claims
    allocations: Allocations
    grants: Grants
    move_up: MoveUp
    clock: Clock

    async def __call__(self, id: ClaimId, *, by: MemberId) -> None:
        async with self.work:
            seen = await self.claims.get(id)
            order, round, _ = await self.approach(seen.round, cards=[seen.thing.card_id])
            claim, now = await self.claims.get(id), self.clock.now()
            if claim.member != by:
                part = await self.admission(order, by)
                raise ClaimantsOnly if part.sees_all else ClaimNotFound
            freely = round.state is OrderRoundState.OPEN and now < round.closes_at
            if not claim.is_live or not (freely or (claim.waits and round.hands_out)):
                raise InvalidTransition(state=claim.state, allowed_actions=[])
            if freely:
                theirs = await self.allocations.live(round.id, claim=id)
                await self.grants.revoke(round, theirs, EndReason.WITHDRAWN)
                claim.withdraw(at=now)
            else:
                claim.settle_for_less(at=now)
            await self.claims.save([claim])
            if not claim.is_live:
                round.record(
                    ClaimWithdrawn(order=order.id, round=round.id, claim=id, member=by, at=now)
                )
            await self.move_up(order, round, claim.thing)
            await self.rounds.save(round)


@dataclass(frozen=True, slots=True)
class AllocateRound:
    """Hand the slots of a closed round out by its policy, once and for all.

    A lottery reveals its seed; nothing is drawn a second time. Who goes without is on the waitlist;
    so is who is suspended by now or apart from the organiser by a block, but in a lottery, whose
    claims were fixed.
    """

    work: UnitOfWork
    approach: Approach
    admission: Admission
    rounds: OrderRoundRepository
    slots: Slots
    claims: Claims
    grants: Grants
    eligible: Eligible
    clock: Clock

    async def __call__(self, id: OrderRoundId, *, by: MemberId) -> None:
        async with self.work:
            cards = {slot.thing.card_id for slot in await self.slots.of(id)}
            order, round, _ = await self.approach(id, cards=cards)
            round.allocate(order, by=await self.admission(order, by), at=self.clock.now())
            if round.policy is not Policy.FIRST_COME:
                await self._hand_out(order, round)
            await self.rounds.save(round)

    async def _hand_out(self, order: GroupOrder, round: OrderRound) -> None:
        slots = {slot.id: slot for slot in await self.slots.of(round.id)}
        claims = {claim.id: claim for claim in await self.claims.live(round.id)}
        units = [unit_of(slot) for slot in slots.values()]
        if round.input is None:
            asks = [claim.ask() for claim in await self.eligible(order, [*claims.values()])]
        else:
            asks = [claim.ask() for claim in claims.values()]
            asks, units = as_fixed(DrawInput.read(round.input), asks, units)
        grants = hand_out(round.policy, asks, units, seed=round.turns_seed)
        for claim in claims.values():
            claim.grant(0)
        # of that very moment, by which the outcome of a draw is known ever after
        await self.grants.hand_out(round, grants, claims, slots, at=round.allocated_at)
        await self.claims.save(claims.values())


def as_fixed(
    drawn_from: DrawInput, asks: list[Ask], units: list[Unit]
) -> tuple[list[Ask], list[Unit]]:
    """Call things as they were called when the round closed; two cards may be one since."""
    return (
        [ask._replace(thing=drawn_from.claims[ask.claim][0]) for ask in asks],
        [unit._replace(thing=drawn_from.slots[unit.number]) for unit in units],
    )


def not_there(card_id: CardId | None) -> dict[str, str]:
    """Say which member of the body names what the round does not have."""
    pointer = "/item" if card_id is None else "/card_id"
    return {"pointer": pointer, "code": "not-found", "detail": "No slot is of this."}
