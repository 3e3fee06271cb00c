"""Searching the pairs and rings that one member is in: the same links give the same circles."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from apps.collection.contract import OfferedCopy, WantedCard
from apps.matching.domain.handing import Hands
from apps.matching.domain.ring import LONGEST, PAIR, Gift, Ring
from apps.shared.domain.ids import MemberId

Circle = tuple[MemberId, ...]
"""Members of whom each gives to the next and the last to the first, the searching one first."""
Path = tuple[int, ...]
"""A circle in the numbers of its members."""
Each = TypeVar("Each")


def circles(
    me: MemberId, hands: Hands, *, lengths: Iterable[int] = range(PAIR, LONGEST + 1)
) -> Iterator[Path]:
    """Yield every circle of these lengths through this member, the richest links first."""
    my, following = hands.number[me], dict[int, Sequence[int]]()
    closing = {giver for giver in hands.givers(my) if hands.of(giver, my).gifts}

    def walk(path: Path, more: int) -> Iterator[Path]:
        giver = path[-1]
        if giver not in following:
            following[giver] = hands.receivers(giver)
        for after in following[giver]:
            open_to = after not in path and (more > 1 or after in closing)
            if open_to and hands.of(giver, after).gifts:
                if more > 1:
                    yield from walk((*path, after), more - 1)
                else:
                    yield (*path, after)

    for length in lengths:
        yield from walk((my,), length - 1)


def legs_of(path: tuple[Each, ...]) -> tuple[tuple[Each, Each], ...]:
    """Return who gives to whom."""
    return tuple(pairwise((*path, path[0])))


def ring_of(path: Path, hands: Hands, *, most: int) -> Ring:
    """Let each give as many copies as all of them can, so many at most."""
    gifts = [hands.of(*leg).gifts for leg in legs_of(path)]
    each = min(most, *map(len, gifts))
    return Ring.of([[gift_of(*best) for best in leg[:each]] for leg in gifts])


def gift_of(copy: OfferedCopy, want: WantedCard) -> Gift:
    """Return the gift of a copy for a want."""
    return Gift(
        copy=copy.id,
        card=copy.card_id,
        giver=copy.owner_id,
        receiver=want.member_id,
        group=want.group_id,
        rank=want.rank,
    )
