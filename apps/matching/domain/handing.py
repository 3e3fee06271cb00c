"""What one member can hand to another, want by want."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from apps.collection.contract import CopyId, Transfer, WantGroupId, suits
from apps.matching.domain.ring import Gift
from apps.shared.domain.ids import MemberId

Edge = tuple[MemberId, MemberId]
"""Who gives, and who receives."""


class Unfit(StrEnum):
    """Why a copy does not go to somebody who looks for its card."""

    WORN = "min_condition"
    FULL = "want_full"


@dataclass(frozen=True, slots=True)
class Hand:
    """What can go from one to another, what is wanted most first, and what cannot."""

    gifts: tuple[Gift, ...]
    unfit: Mapping[CopyId, Unfit]


class Hands(Mapping[Edge, Hand]):
    """What can go along each edge, worked out where it is asked for; the richest edges first."""

    def __init__(self, transfers: Iterable[Transfer]) -> None:
        """Sort what could be handed over by who gives and who receives, each of it once."""
        edges: dict[Edge, list[Transfer]] = defaultdict(list)
        for each in dict.fromkeys(transfers):
            edges[each.giver, each.receiver].append(each)
        self._edges = {
            edge: edges[edge] for edge in sorted(edges, key=lambda e: (-len(edges[e]), e))
        }
        self._known: dict[Edge, Hand] = {}

    def __getitem__(self, edge: Edge) -> Hand:
        if edge not in self._known:
            self._known[edge] = hand(self._edges[edge])
        return self._known[edge]

    def __iter__(self) -> Iterator[Edge]:
        return iter(self._edges)

    def __len__(self) -> int:
        return len(self._edges)


def hand(transfers: Sequence[Transfer]) -> Hand:
    """Choose copies for one receiver so that no want is filled twice.

    What arrives counts in every want group that names its card, so all of them need room for it;
    the copy is for the one that is ranked best among those whose condition it meets.
    """
    naming: dict[CopyId, list[Transfer]] = defaultdict(list)
    for each in transfers:
        naming[each.copy].append(each)
    unfit: dict[CopyId, Unfit] = {}
    wanted: list[Transfer] = []
    for copy, groups in naming.items():
        fit = [each for each in groups if suits(each.condition, each.min_condition)]
        if not fit:
            unfit[copy] = Unfit.WORN
        else:
            wanted.append(min(fit, key=lambda each: (each.rank, each.group)))
    room = {each.group: each.slots for each in transfers}
    gifts: list[Gift] = []
    filled: Counter[WantGroupId] = Counter()
    for best in sorted(wanted, key=_eagerness):
        filling = {each.group for each in naming[best.copy]}
        if all(filled[group] < room[group] for group in filling):
            filled.update(filling)
            gifts.append(_gift(best))
        elif any(room[group] < 1 for group in filling):
            unfit[best.copy] = Unfit.FULL
    return Hand(tuple(gifts), unfit)


def _eagerness(each: Transfer) -> tuple[int, int, CopyId]:
    return each.rank, each.condition.wear, each.copy


def _gift(best: Transfer) -> Gift:
    return Gift(
        copy=best.copy,
        card=best.card,
        giver=best.giver,
        receiver=best.receiver,
        group=best.group,
        rank=best.rank,
    )
