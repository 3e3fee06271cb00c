"""Copies, promises and want groups in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.catalogue.contract import CardId, CardView
from apps.collection.contract import AgreementId, CopyId, Holding, Holdings, Wants
from apps.collection.domain.copy import Copy, CopyNotFound, CopyRepository, CopyState
from apps.collection.domain.want_group import (
    SurplusNotAccepted,
    WantGroup,
    WantGroupId,
    WantGroupNotFound,
    WantGroupRepository,
)
from apps.shared.domain.ids import MemberId
from tests.support.memory import Diary, Memory


@dataclass
class MemoryHoldings(Holdings):
    """Copies as others may count on them."""

    diary: Diary
    held: dict[CopyId, Holding] = field(default_factory=dict)
    expected: dict[CopyId, MemberId] = field(default_factory=dict)
    in_transit: set[CopyId] = field(default_factory=set)

    def own(self, owner: MemberId, *copies: CopyId, for_trade: bool = True) -> None:
        for copy in copies:
            self.held[copy] = Holding(
                id=copy,
                owner_id=owner,
                state=CopyState.HELD,
                for_trade=for_trade,
                agreement_id=None,
            )

    def promised(self) -> dict[CopyId, AgreementId]:
        return {each.id: each.agreement_id for each in self.held.values() if each.agreement_id}

    async def lock(self, copies: Collection[CopyId]) -> Mapping[CopyId, Holding]:
        self.diary.note("lock copies")
        return {copy: self.held[copy] for copy in copies if copy in self.held}

    async def promise(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        for copy in copies:
            assert self.held[copy].agreement_id is None, "the last guard is the index (P1)"
            self.held[copy] = replace(self.held[copy], agreement_id=under)

    async def expect(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        for receiver, copies in moves.items():
            for copy in copies:
                assert self.held[copy].agreement_id == under
                self.expected[copy] = receiver

    async def dispatch(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        for copy in copies:
            assert self.held[copy].agreement_id == under
            self.in_transit.add(copy)

    async def release(self, agreements: Collection[AgreementId]) -> None:
        for each in list(self.held.values()):
            if each.agreement_id in agreements:
                self.in_transit.discard(each.id)
                self.held[each.id] = replace(each, agreement_id=None)

    async def hand_over(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        for receiver, copies in moves.items():
            for copy in copies:
                assert self.held[copy].agreement_id == under
                self.own(receiver, copy, for_trade=False)
                self.in_transit.discard(copy)

    async def let_go(self, *, of: MemberId) -> None:
        for each in list(self.held.values()):
            if each.owner_id == of and each.agreement_id is None:
                del self.held[each.id]

    async def cards(self, copies: Collection[CopyId]) -> Mapping[CopyId, CardView]:
        raise NotImplementedError(copies)


@dataclass
class MemoryWants(Wants):
    """Who wants no more, and what has arrived."""

    full: set[MemberId] = field(default_factory=set)
    arrived: dict[CopyId, MemberId] = field(default_factory=dict)

    async def ensure_room(
        self, member: MemberId, copies: Collection[CopyId], *, under: AgreementId
    ) -> None:
        del under
        if member in self.full and copies:
            raise SurplusNotAccepted

    async def settle(self, moves: Mapping[MemberId, Collection[CopyId]]) -> None:
        self.arrived |= {copy: to for to, copies in moves.items() for copy in copies}


class MemoryCopies(Memory[CopyId, Copy], CopyRepository):
    """Copies, and beside them the promises that others may count on."""

    def __init__(self, diary: Diary, holdings: MemoryHoldings) -> None:
        super().__init__(diary, CopyNotFound)
        self.holdings = holdings

    async def get(self, id: CopyId, /) -> Copy:
        """As it stands after what may have been handed over meanwhile."""
        copy = await super().get(id)
        copy.owner_id, copy.for_trade = self._holding(id).owner_id, self._holding(id).for_trade
        return copy

    async def add(self, entity: Copy, /) -> None:
        await super().add(entity)
        self.holdings.own(entity.owner_id, entity.id, for_trade=entity.for_trade)

    async def save(self, entity: Copy, /) -> None:
        await super().save(entity)
        holding = replace(self._holding(entity.id), for_trade=entity.for_trade)
        self.holdings.held[entity.id] = holding

    async def add_all(self, entities: Sequence[Copy], /) -> None:
        for entity in entities:
            await self.add(entity)

    async def lock(self, id: CopyId, *, of: MemberId) -> tuple[Copy, CopyState]:
        self.diary.note("lock copy")
        copy = await self.get(id)
        if copy.owner_id != of or copy.state is CopyState.GONE:
            raise CopyNotFound
        if id in self.holdings.in_transit:
            return copy, CopyState.IN_TRANSIT
        return copy, CopyState.PROMISED if id in self.holdings.promised() else copy.state

    async def lock_all(self, *, of: MemberId) -> None:
        self.diary.note(f"lock {await self.count(of=of)} copies")

    async def let_go(self, *, of: MemberId, at: datetime) -> None:
        for copy in self.kept.values():
            free = copy.id not in self.holdings.promised()
            if copy.owner_id == of and copy.state is not CopyState.GONE and free:
                copy.state, copy.for_trade, copy.note = CopyState.GONE, False, None
                copy.updated_at = at
                self.holdings.own(of, copy.id, for_trade=False)

    async def count(self, *, of: MemberId) -> int:
        return sum(
            copy.owner_id == of and copy.state is not CopyState.GONE for copy in self.kept.values()
        )

    async def follow(self, card: CardId, *, into: CardId) -> None:
        for copy in self.kept.values():
            if copy.card_id == card:
                copy.card_id = into

    def _holding(self, id: CopyId) -> Holding:
        return self.holdings.held[id]


class MemoryWantGroups(Memory[WantGroupId, WantGroup], WantGroupRepository):
    """Want groups."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, WantGroupNotFound)

    async def lock(self, id: WantGroupId, *, of: MemberId) -> WantGroup:
        self.diary.note("lock want group")
        group = await self.get(id)
        if group.member_id != of:
            raise WantGroupNotFound
        return group

    async def delete(self, entity: WantGroup, /) -> None:
        self.diary.note("delete want group")
        del self.kept[entity.id]

    async def count(self, *, of: MemberId) -> int:
        return sum(group.member_id == of for group in self.kept.values())

    async def follow(self, card: CardId, *, into: CardId) -> None:
        for group in self.kept.values():
            others = [each for each in group.card_ids if each != card or into not in group.card_ids]
            group.card_ids = tuple(into if each == card else each for each in others)
