"""What one member can hand to another, want by want; members are numbered in the order of ids."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from apps.catalogue.contract import CardId
from apps.collection.contract import (
    CopyId,
    Lists,
    OfferedCopy,
    Transfer,
    WantedCard,
    WantGroupId,
    suits,
)
from apps.shared.domain.ids import MemberId


class Unfit(StrEnum):
    """Why a copy does not go to somebody who looks for its card."""

    WORN = "min_condition"
    FULL = "want_full"


class Hand(NamedTuple):
    """What can go from one to another, what is wanted most first, and what cannot."""

    gifts: Sequence[Transfer]
    unfit: Mapping[CopyId, Unfit]


@dataclass(frozen=True, slots=True)
class Link:
    """Some who may give to others; so many transfers of each giver are looked at."""

    givers: Collection[MemberId]
    receivers: Collection[MemberId]
    most: int


class Hands:
    """Who can give to whom, and what: worked out where it is asked for."""

    def __init__(self, lists: Lists, links: Sequence[Link]) -> None:
        """Join lists along links, of which no two lead from one member to one other."""
        linked = {member for link in links for member in (*link.givers, *link.receivers)}
        self.members = sorted(linked)
        self.number = {member: number for number, member in enumerate(self.members)}
        self._transfers: list[dict[int, list[Transfer]]] = [{} for _ in self.members]
        self._known: list[dict[int, Hand]] = [{} for _ in self.members]
        held: dict[MemberId, list[OfferedCopy]] = defaultdict(list)
        for copy in lists.offers:
            held[copy.owner_id].append(copy)
        wanted = [(self.number[want.member_id], want) for want in lists.wanted]
        for link in links:
            receivers = {self.number[receiver] for receiver in link.receivers}
            naming: dict[CardId, list[tuple[int, WantedCard]]] = defaultdict(list)
            for receiver, want in wanted:
                if receiver in receivers:
                    naming[want.card_id].append((receiver, want))
            for giver in link.givers:
                self._join(self.number[giver], held.get(giver, ()), naming, link.most)

    def _join(
        self,
        giver: int,
        copies: Iterable[OfferedCopy],
        naming: Mapping[CardId, Sequence[tuple[int, WantedCard]]],
        most: int,
    ) -> None:
        to = self._transfers[giver]
        for copy in copies:
            for receiver, want in naming.get(copy.card_id, ()):
                if receiver == giver:
                    continue
                if receiver not in to:
                    to[receiver] = []
                to[receiver].append(Transfer(copy, want))
                most -= 1
                if not most:
                    return

    def of(self, giver: int, receiver: int) -> Hand:
        """Return what can go from one to the other, between whom there is something."""
        known = self._known[giver]
        if receiver not in known:
            known[receiver] = hand(self._transfers[giver][receiver])
        return known[receiver]

    def receivers(self, giver: int) -> Sequence[int]:
        """Return who could get something from a member, who could get most first."""
        to = self._transfers[giver]
        return sorted(to, key=lambda receiver: (-len(to[receiver]), receiver))

    def givers(self, receiver: int) -> Iterator[int]:
        """Yield who could give something to a member."""
        return (giver for giver, to in enumerate(self._transfers) if receiver in to)


def hand(transfers: Sequence[Transfer]) -> Hand:
    """Choose copies for one receiver so that no want is filled twice.

    What arrives counts in every want group that names its card, so all of them need room for it;
    the copy is for the one that is ranked best among those whose condition it meets.
    """
    naming: dict[CopyId, list[Transfer]] = {}
    for each in transfers:
        naming.setdefault(each.copy.id, []).append(each)
    unfit: dict[CopyId, Unfit] = {}
    wanted: list[Transfer] = []
    for copy, groups in naming.items():
        fit = [each for each in groups if suits(each.copy.condition, each.want.min_condition)]
        if not fit:
            unfit[copy] = Unfit.WORN
        else:
            wanted.append(min(fit, key=_rank) if len(fit) > 1 else fit[0])
    if len(wanted) > 1:
        wanted.sort(key=_eagerness)
    gifts: list[Transfer] = []
    filled: dict[WantGroupId, int] = {}
    for best in wanted:
        wants = [each.want for each in naming[best.copy.id]]
        if all(filled.get(want.group_id, 0) < want.slots for want in wants):
            for want in wants:
                filled[want.group_id] = filled.get(want.group_id, 0) + 1
            gifts.append(best)
        elif any(want.slots < 1 for want in wants):
            unfit[best.copy.id] = Unfit.FULL
    return Hand(gifts, unfit)


def _rank(each: Transfer) -> tuple[int, WantGroupId]:
    return each.want.rank, each.want.group_id


def _eagerness(each: Transfer) -> tuple[int, int, CopyId]:
    return each.want.rank, each.copy.condition.wear, each.copy.id
