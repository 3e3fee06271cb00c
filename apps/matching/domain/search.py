"""Searching the pairs and rings that one member is in: the same links give the same circles."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from apps.matching.domain.handing import Edge, Hand
from apps.matching.domain.ring import LONGEST, PAIR, Ring
from apps.shared.domain.ids import MemberId

Circle = tuple[MemberId, ...]
"""Members of whom each gives to the next and the last to the first, the searching one first."""


def circles(
    me: MemberId, hands: Mapping[Edge, Hand], *, lengths: Iterable[int] = range(PAIR, LONGEST + 1)
) -> Iterator[Circle]:
    """Yield every circle of these lengths through this member, the richest links first."""
    following: dict[MemberId, list[MemberId]] = {}
    for giver, receiver in hands:
        following.setdefault(giver, []).append(receiver)
    closing = {giver for giver, receiver in hands if receiver == me and hands[giver, me].gifts}

    def walk(path: Circle, length: int) -> Iterator[Circle]:
        if len(path) == length:
            yield path
            return
        last = len(path) + 1 == length
        for after in following.get(path[-1], ()):
            open_to = after not in path and (after in closing or not last)
            if open_to and hands[path[-1], after].gifts:
                yield from walk((*path, after), length)

    for length in lengths:
        yield from walk((me,), length)


def legs_of(circle: Circle) -> tuple[Edge, ...]:
    """Return who gives to whom."""
    return tuple(pairwise((*circle, circle[0])))


def ring_of(circle: Circle, hands: Mapping[Edge, Hand], *, most: int) -> Ring:
    """Let each give as many copies as all of them can, so many at most."""
    gifts = [hands[edge].gifts for edge in legs_of(circle)]
    each = min(most, *map(len, gifts))
    return Ring.of([leg[:each] for leg in gifts])
