"""Who gets which slots by each policy."""

from collections import Counter
from random import Random
from uuid import UUID

import pytest

from apps.group_orders.domain.policy import Ask, Grant, Policy, Unit, hand_out
from apps.group_orders.domain.round_events import ClaimId, SlotId
from apps.shared.domain.ids import MemberId

SEED = "5a" * 32


def asking(
    claim: int,
    thing: str = "A",
    *,
    member: int | None = None,
    quantity: int = 1,
    rank: int | None = None,
) -> Ask:
    """A claim that is as early as its number is low."""
    return Ask(
        claim=ClaimId(UUID(int=claim)),
        member=MemberId(UUID(int=member or claim)),
        thing=thing,
        quantity=quantity,
        sequence=claim,
        rank=rank,
    )


def units(things: str, *, sets: str = "") -> list[Unit]:
    """Slots of one thing for each letter; digits below them tell their sets."""
    numbers: list[int | None] = [int(digit) for digit in sets] or [None] * len(things)
    return [
        Unit(SlotId(UUID(int=number)), number, thing, set_number)
        for number, (thing, set_number) in enumerate(zip(things, numbers, strict=True), start=1)
    ]


def outcome(policy: Policy, asks: list[Ask], slots: list[Unit]) -> dict[int, int]:
    """Which slot went to which claim, by number."""
    grants = hand_out(policy, asks, slots, seed=SEED)
    return {grant.slot.int: grant.claim.int for grant in grants}


def test_first_come_first_served() -> None:
    asks = [asking(3), asking(1, quantity=2), asking(2)]
    assert outcome(Policy.FIRST_COME, asks, units("AAA")) == {1: 1, 2: 1, 3: 2}


def test_priority_serves_all_first_choices_before_any_second_one() -> None:
    asks = [
        asking(1, "A", member=1, rank=1),
        asking(2, "B", member=1, rank=2),
        asking(3, "B", member=2, rank=1),
        asking(4, "A", member=2, rank=2),
    ]
    assert outcome(Policy.PRIORITY, asks, units("AB")) == {1: 1, 2: 3}


def test_complete_sets_come_first() -> None:
    asks = [
        asking(1, "A", member=1),
        asking(2, "A", member=2),
        asking(3, "B", member=2),
        asking(4, "B", member=3),
    ]
    assert outcome(Policy.SET_COMPLETE, asks, units("AB", sets="11")) == {1: 2, 2: 3}


def test_of_two_who_ask_for_a_set_it_goes_to_who_had_done_so_first() -> None:
    asks = [
        asking(1, "A", member=1),
        asking(2, "A", member=2),
        asking(3, "B", member=2),
        asking(4, "B", member=1),
    ]
    assert outcome(Policy.SET_COMPLETE, asks, units("ABAB", sets="1122")) == {
        1: 2,
        2: 3,
        3: 1,
        4: 4,
    }


def test_each_kind_of_set_goes_to_who_first_asked_for_all_of_it() -> None:
    asks = [
        asking(1, "A", member=1),
        asking(2, "B", member=1),
        asking(3, "C", member=2),
        asking(4, "D", member=2),
        asking(5, "C", member=1),
        asking(6, "D", member=1),
    ]
    given = {1: 1, 2: 2, 3: 3, 4: 4}
    assert outcome(Policy.SET_COMPLETE, asks, units("ABCD", sets="1122")) == given


def test_a_set_with_two_of_a_thing_is_asked_for_by_who_asks_for_two() -> None:
    asks = [
        asking(1, "A", member=1),
        asking(2, "A", member=2, quantity=2),
        asking(3, "B", member=2),
        asking(4, "B", member=1),
    ]
    assert outcome(Policy.SET_COMPLETE, asks, units("AAB", sets="111")) == {1: 2, 2: 2, 3: 3}


def test_what_is_left_of_sets_is_first_come() -> None:
    asks = [
        asking(1, "A", member=1),
        asking(2, "A", member=2, quantity=2),
        asking(3, "B", member=2),
    ]
    assert outcome(Policy.SET_COMPLETE, asks, units("ABAA", sets="1122")) == {
        1: 2,
        2: 3,
        3: 1,
        4: 2,
    }


def test_a_lottery_goes_by_its_seed_alone() -> None:
    asks = [asking(number) for number in range(1, 30)]
    drawn = outcome(Policy.LOTTERY, asks, units("A" * 10))
    assert outcome(Policy.LOTTERY, asks[::-1], units("A" * 10)) == drawn
    grants = hand_out(Policy.LOTTERY, asks, units("A" * 10), seed="00" * 32)
    assert {grant.claim.int for grant in grants} != set(drawn.values())


@pytest.mark.parametrize("policy", Policy)
def test_nothing_is_given_twice_and_nothing_is_left_that_somebody_asks_for(
    policy: Policy,
) -> None:
    for seed in range(200):
        chance = Random(seed)
        slots = [
            unit._replace(thing=chance.choice("ABC"), set_number=chance.choice([None, 1, 2, 3]))
            for unit in units("A" * chance.randrange(1, 20))
        ]
        asks = [
            asking(
                number,
                chance.choice("ABC"),
                member=chance.randrange(1, 6),
                quantity=chance.randrange(1, 4),
                rank=chance.randrange(1, 9),
            )
            for number in range(1, chance.randrange(2, 12))
        ]
        hold(hand_out(policy, asks, slots, seed=SEED), asks, slots)


def hold(grants: list[Grant], asks: list[Ask], slots: list[Unit]) -> None:
    """Hold what is given against what there is and what was asked for."""
    thing_of = {unit.slot: unit.thing for unit in slots}
    asked = {ask.claim: ask for ask in asks}
    granted = Counter(grant.claim for grant in grants)
    assert len({grant.slot for grant in grants}) == len(grants)
    assert all(thing_of[grant.slot] == asked[grant.claim].thing for grant in grants)
    assert all(count <= asked[claim].quantity for claim, count in granted.items())
    for thing in "ABC":
        free = [unit for unit in slots if unit.thing == thing]
        wanted = sum(ask.quantity for ask in asks if ask.thing == thing)
        given = sum(thing_of[grant.slot] == thing for grant in grants)
        assert given == min(len(free), wanted)
