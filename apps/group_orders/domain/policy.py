"""By which rule the slots of a round are handed out (G5)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from apps.group_orders.domain.draw import place_of
from apps.group_orders.domain.round_events import ClaimId, SlotId
from apps.shared.domain.ids import MemberId


class Policy(StrEnum):
    """Fixed with the round."""

    FIRST_COME = "first_come"
    PRIORITY = "priority"
    SET_COMPLETE = "set_complete"
    LOTTERY = "lottery"


class Ask(NamedTuple):
    """How many more units of a thing a claim waits for; `sequence` is the server's order."""

    claim: ClaimId
    member: MemberId
    thing: str
    quantity: int
    sequence: int
    rank: int | None


class Unit(NamedTuple):
    """A slot that is free."""

    slot: SlotId
    number: int
    thing: str
    set_number: int | None


class Grant(NamedTuple):
    """Which slot goes to which claim."""

    claim: ClaimId
    slot: SlotId


def in_turn(policy: Policy, asks: Iterable[Ask], *, seed: str | None) -> list[Ask]:
    """Return who chooses first, by each policy; in a lottery the revealed seed says it."""
    match policy:
        case Policy.LOTTERY if seed is not None:
            drawn = seed
            return sorted(asks, key=lambda ask: (place_of(drawn, ask.claim), ask.claim))
        case Policy.PRIORITY:
            return sorted(asks, key=lambda ask: (ask.rank or 0, ask.sequence))
        case _:
            return sorted(asks, key=lambda ask: ask.sequence)


def hand_out(
    policy: Policy, asks: Sequence[Ask], units: Sequence[Unit], *, seed: str | None
) -> list[Grant]:
    """Give each claim in turn the free units of its thing, those of lowest numbers first.

    Where complete sets go first, whole sets are handed out before anything else is.
    """
    left, free = list(asks), sorted(units, key=lambda unit: unit.number)
    grants: list[Grant] = []
    if policy is Policy.SET_COMPLETE:
        grants = complete_sets(left, free)
        left, free = without(grants, left, free)
    of_thing: dict[str, list[Unit]] = defaultdict(list)
    for unit in reversed(free):
        of_thing[unit.thing].append(unit)
    for ask in in_turn(policy, left, seed=seed):
        few = of_thing[ask.thing]
        for _ in range(min(ask.quantity, len(few))):
            grants.append(Grant(ask.claim, few.pop().slot))
    return grants


def complete_sets(asks: Sequence[Ask], units: Sequence[Unit]) -> list[Grant]:
    """Give each set to who first had asked for all of one like it, and still asks for one."""
    sets: dict[int, list[Unit]] = defaultdict(list)
    for unit in units:
        if unit.set_number is not None:
            sets[unit.set_number].append(unit)
    asked: dict[MemberId, dict[str, list[Ask]]] = defaultdict(lambda: defaultdict(list))
    for ask in sorted(asks, key=lambda ask: ask.sequence):
        asked[ask.member][ask.thing] += [ask] * ask.quantity
    left = {
        member: {thing: list(each) for thing, each in theirs.items()}
        for member, theirs in asked.items()
    }
    grants: list[Grant] = []
    for number in sorted(sets):
        needed = Counter(unit.thing for unit in sets[number])
        ready = {
            max(asked[member][thing][count - 1].sequence for thing, count in needed.items()): theirs
            for member, theirs in left.items()
            if all(len(theirs.get(thing, ())) >= count for thing, count in needed.items())
        }
        if ready:
            theirs = ready[min(ready)]
            grants += [Grant(theirs[unit.thing].pop(0).claim, unit.slot) for unit in sets[number]]
    return grants


def without(
    grants: Iterable[Grant], asks: Iterable[Ask], units: Iterable[Unit]
) -> tuple[list[Ask], list[Unit]]:
    """Return what is still asked for and what is still free."""
    granted = Counter(grant.claim for grant in grants)
    taken = {grant.slot for grant in grants}
    return (
        [ask._replace(quantity=ask.quantity - granted[ask.claim]) for ask in asks],
        [unit for unit in units if unit.slot not in taken],
    )
