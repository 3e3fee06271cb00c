"""Entries of the catalogue, proposals and the history of cards in memory.

What the search knows of the entries is left out: an index of names is nothing but SQL.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from typing import Any, Generic, TypeVar

from apps.catalogue.domain.card import Card, CardId, CardNotFound, CardRepository
from apps.catalogue.domain.change import CardChange, CardHistory
from apps.catalogue.domain.entry import Code, CodeTaken, Entry
from apps.catalogue.domain.group import Group, GroupId, GroupNotFound, GroupRepository
from apps.catalogue.domain.idol import Idol, IdolId, IdolNotFound, IdolRepository
from apps.catalogue.domain.proposal import (
    CardProposal,
    CardProposalRepository,
    ProposalId,
    ProposalNotFound,
)
from apps.catalogue.domain.release import Release, ReleaseId, ReleaseNotFound, ReleaseRepository
from tests.support.memory import Diary, Memory, fresh

Id = TypeVar("Id")
E = TypeVar("E", bound=Entry[Any])


class MemoryEntries(Memory[Id, E], Generic[Id, E]):
    """All entries of one kind, one to a code."""

    def refuse(self, entity: E) -> None:
        if entity.code in {other.code for other in self.others(entity)}:
            raise CodeTaken

    async def by_code(self) -> Mapping[Code, E]:
        return {entry.code: fresh(entry) for entry in self.kept.values()}

    async def keep(self, *, new: Sequence[E], changed: Sequence[E]) -> None:
        for each in new:
            await self.add(each)
        for each in changed:
            await self.save(each)


class MemoryGroups(MemoryEntries[GroupId, Group], GroupRepository):
    """Groups."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, GroupNotFound)


class MemoryIdols(MemoryEntries[IdolId, Idol], IdolRepository):
    """Idols."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, IdolNotFound)


class MemoryReleases(MemoryEntries[ReleaseId, Release], ReleaseRepository):
    """Releases."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, ReleaseNotFound)


class MemoryCards(MemoryEntries[CardId, Card], CardRepository):
    """Cards."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, CardNotFound)

    async def lock(self, ids: Collection[CardId]) -> Mapping[CardId, Card]:
        self.diary.note("lock cards")
        return {id: fresh(self.kept[id]) for id in sorted(ids) if id in self.kept}

    async def merge(self, card: Card, /) -> None:
        await self.save(card)
        for each in self.kept.values():
            if each.merged_into == card.id:
                each.merged_into = card.merged_into

    async def has(self, code: Code) -> bool:
        return code in {card.code for card in self.kept.values()}


class MemoryProposals(Memory[ProposalId, CardProposal], CardProposalRepository):
    """Proposals."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, ProposalNotFound)

    async def lock(self, id: ProposalId) -> CardProposal:
        self.diary.note("lock proposal")
        return await self.get(id)


class MemoryCardHistory(CardHistory):
    """Changes in their order."""

    def __init__(self) -> None:
        self.changes: list[CardChange] = []

    async def keep(self, changes: Sequence[CardChange]) -> None:
        self.changes += deepcopy(changes)
