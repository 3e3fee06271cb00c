"""Nothing that is shown of a card tells of fewer than five members (K4)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from apps.market.domain.figures import Figures, figures
from apps.market.domain.suppression import Counted

Hand = tuple[int, int]
"""How many copies of a card a member has that are free, and how many that are not."""
NONE = Counted(0, 0)
HANDS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=20)


def of(counts: Sequence[int]) -> Counted:
    return Counted(sum(counts), sum(1 for count in counts if count))


def stock(hands: Sequence[Hand]) -> dict[str, Counted]:
    return {
        "held": of([free + other for free, other in hands]),
        "free": of([free for free, _ in hands]),
    }


def shown(hands: Sequence[Hand], *, wants: Sequence[int] = ()) -> Figures:
    return figures(**stock(hands), wanted=of(wants), proposals=NONE, completions=NONE)


def unguarded(hands: Sequence[Hand], *, wants: Sequence[int] = ()) -> Figures:
    """The control: each figure is looked at by itself, and told as it is."""
    held, free, wanted = *stock(hands).values(), of(wants)
    told = {"copies": held, "free": free, "wanted": wanted}
    return Figures(
        **{name: each.figure if each.members >= 5 else None for name, each in told.items()},
        holders=held.members if held.members >= 5 else None,
        free_holders=free.members if free.members >= 5 else None,
        wanters=wanted.members if wanted.members >= 5 else None,
        **dict.fromkeys(("proposals", "proposers", "completions", "completers")),
    )


Show = Callable[..., Figures]


def tells_of_few(show: Show, hands: Sequence[Hand], wants: Sequence[int]) -> set[str]:
    """What of it fewer than five members are behind: a figure, or the difference of two."""
    told = show(hands, wants=wants)
    behind: dict[str, Sequence[object]] = {
        "copies": [hand for hand in hands if sum(hand)],
        "holders": [hand for hand in hands if sum(hand)],
        "free": [hand for hand in hands if hand[0]],
        "free_holders": [hand for hand in hands if hand[0]],
        "wanted": [want for want in wants if want],
        "wanters": [want for want in wants if want],
    }
    few = {name for name, who in behind.items() if getattr(told, name) is not None and len(who) < 5}
    if None not in {told.copies, told.free} and len([hand for hand in hands if hand[1]]) < 5:
        few.add("copies that are not free")
    without = [hand for hand in hands if hand[1] and not hand[0]]
    if None not in {told.holders, told.free_holders} and len(without) < 5:
        few.add("holders of none that is free")
    return few


@given(HANDS, st.lists(st.integers(0, 3), max_size=12))
def test_no_figure_and_no_difference_tells_of_fewer_than_five(
    hands: list[Hand], wants: list[int]
) -> None:
    assert not tells_of_few(shown, hands, wants)


@given(HANDS, st.lists(st.integers(0, 3), max_size=12), st.data())
def test_one_member_more_or_less_shows_as_nothing_or_as_five(
    hands: list[Hand], wants: list[int], data: st.DataObject
) -> None:
    """Between two days, or two looks: whoever sees both cannot count who came in between."""
    place = data.draw(st.integers(0, len(hands)))
    one, other = shown(hands, wants=wants), shown(hands[:place] + hands[place + 1 :], wants=wants)
    for before, after in zip(asdict(one).values(), asdict(other).values(), strict=True):
        assert before is None or after is None or (before - after) % 5 == 0


def test_each_guard_is_needed() -> None:
    """The control: figures as they are, each by itself."""
    one_apart = [*[(1, 0)] * 9, (0, 1)]
    assert tells_of_few(unguarded, one_apart, []) == {
        "copies that are not free",
        "holders of none that is free",
    }
    before, after = unguarded(one_apart), unguarded(one_apart[:-1])
    assert (before.copies, after.copies) == (10, 9)
    assert shown(one_apart).copies is None
    assert (shown(one_apart).free, shown(one_apart).free_holders) == (5, 5)


def test_what_is_there_is_told_where_enough_members_stand_behind_it() -> None:
    some = shown([*[(2, 0)] * 7, *[(0, 3)] * 6], wants=[1, 1, 2, 3, 1])
    assert (some.copies, some.holders, some.free, some.free_holders) == (30, 10, 10, 5)
    assert (some.wanted, some.wanters) == (5, 5)
    assert shown([(0, 2)] * 5).copies == 10
    nobody = shown([])
    assert nobody.is_empty
    for many in range(5):
        assert shown([(3, 3)] * many, wants=[2] * many) == nobody, "as if there were none"


def test_few_swaps_by_many_are_not_told_as_none() -> None:
    for swaps, members in product(range(12), range(12)):
        found = figures(
            held=NONE,
            free=NONE,
            wanted=NONE,
            proposals=Counted(swaps, members),
            completions=Counted(swaps, members),
        )
        assert found.completions == found.proposals
        if swaps < 5 or members < 5:
            assert found.is_empty
        else:
            assert (found.completions, found.completers) == (
                swaps - swaps % 5,
                members - members % 5,
            )
