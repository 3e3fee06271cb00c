"""Figures of a card as anybody may know them: nothing that tells of fewer than five members (K4).

Each figure comes with how many members stand behind it, and is null with fewer than five of them;
so it is with none at all, or the first one would show. What is told is told in steps of five:
otherwise what changes between two days, or two looks, would tell of one member. And of two figures
of which one is a part of the other, both are told only if their difference may be told as well.
"""

from dataclasses import dataclass

from apps.market.domain.suppression import FEWEST, Counted, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What there is of a card, and by how many members, each at least so many in steps of five.

    Null stands for fewer than five members. `copies` are null as well where nearly all holders
    have free ones: the others would be few.
    """

    copies: int | None
    holders: int | None
    free: int | None
    free_holders: int | None
    wanted: int | None
    wanters: int | None
    proposals: int | None
    proposers: int | None
    completions: int | None
    completers: int | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is told."""
        return all(getattr(self, name) is None for name in self.__slots__)


def figures(
    *,
    held: Counted,
    free: Counted,
    wanted: Counted,
    proposals: Counted,
    completions: Counted,
) -> Figures:
    """Tell what may be told of these."""
    for_trade = told(free)
    others = held.members - free.members  # who have none that is free, and so are behind the rest
    all_held = None if for_trade and others < FEWEST else told(held)
    wishes, asked, done = told(wanted), told(proposals), told(completions)
    return Figures(
        copies=all_held and all_held.figure,
        holders=all_held and all_held.members,
        free=for_trade and for_trade.figure,
        free_holders=for_trade and for_trade.members,
        wanted=wishes and wishes.figure,
        wanters=wishes and wishes.members,
        proposals=asked and asked.figure,
        proposers=asked and asked.members,
        completions=done and done.figure,
        completers=done and done.members,
    )
