"""Ports of the use cases, kept in dictionaries; one diary tells in which order they were used."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from apps.catalogue.contract import CardView
from apps.collection.contract import AgreementId, CopyId, Holding, Holdings, Wants
from apps.collection.domain.copy import CopyState
from apps.collection.domain.want_group import SurplusNotAccepted
from apps.identity.contract import Directory, MemberCard, Standings
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain.moves import LIVE, State
from apps.trading.domain.note import NoteId, TradeNote, TradeNoteRepository
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade, TradeNotFound
from apps.trading.domain.trades import TradeRepository

Id = TypeVar("Id")
Entity = TypeVar("Entity", bound=Aggregate[Any])


@dataclass
class Diary:
    """What was done, in order."""

    lines: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.lines.append(line)


@dataclass
class RecordingWork(UnitOfWork):
    """Writes down how each outermost unit ended."""

    diary: Diary
    depth: int = 0

    async def __aenter__(self) -> Self:
        self.depth += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.depth -= 1
        if not self.depth:
            self.diary.note("roll back" if error else "commit")


@dataclass
class Memory(Generic[Id, Entity]):
    """Aggregates by id; who changes one without saving it has changed a copy only."""

    diary: Diary
    missing: type[NotFound] = NotFound
    kept: dict[Id, Entity] = field(default_factory=dict)

    async def get(self, id: Id, /) -> Entity:
        if id not in self.kept:
            raise self.missing
        return deepcopy(self.kept[id])

    async def add(self, entity: Entity, /) -> None:
        assert entity.id not in self.kept
        self._keep("add", entity)

    async def save(self, entity: Entity, /) -> None:
        assert entity.id in self.kept
        self._keep("save", entity)

    def _keep(self, verb: str, entity: Entity) -> None:
        self.diary.note(f"{verb} {type(entity).__name__.lower()}")
        self.kept[entity.id] = deepcopy(entity)


class MemoryTrades(Memory[TradeId, Trade], TradeRepository):
    """Trades."""

    def __init__(self, diary: Diary, *trades: Trade) -> None:
        super().__init__(diary, TradeNotFound, {trade.id: trade for trade in trades})

    async def lock(self, id: TradeId) -> Trade:
        self.diary.note("lock trade")
        return await self.get(id)

    async def lock_with_rivals(
        self, id: TradeId, *, over: Collection[CopyId]
    ) -> tuple[Trade, list[Trade]]:
        self.diary.note("lock trade and rivals")
        rivals = [deepcopy(trade) for trade in self._open(over) if trade.id != id]
        return await self.get(id), rivals

    async def lock_open(self, *, over: Collection[CopyId]) -> list[Trade]:
        self.diary.note("lock open trades")
        return deepcopy(self._open(over))

    async def lock_open_between(self, members: AbstractSet[MemberId]) -> list[Trade]:
        self.diary.note("lock open trades")
        return [
            deepcopy(trade)
            for trade in self.kept.values()
            if trade.state is State.PROPOSED and {p.member for p in trade.parties} == members
        ]

    async def save_lapsed(self, trades: Sequence[Trade]) -> None:
        for trade in trades:
            await self.save(trade)

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[TradeId]:
        due = [(trade.due_at, id) for id, trade in self.kept.items() if trade.due_at]
        return [id for moment, id in sorted(due) if moment <= at][:limit]

    async def count_open(self, *, by: MemberId) -> int:
        return sum(
            trade.author == by and trade.state is State.PROPOSED for trade in self.kept.values()
        )

    async def count_live(self, *, between: AbstractSet[MemberId]) -> int:
        return sum(
            {party.member for party in trade.parties} == between and trade.state in LIVE
            for trade in self.kept.values()
        )

    async def last_rejected(
        self, *, by: MemberId, to: MemberId, copies: AbstractSet[CopyId], since: datetime
    ) -> datetime | None:
        return max(
            (
                trade.updated_at
                for trade in self.kept.values()
                if trade.state is State.REJECTED
                and (trade.author, set(trade.copies)) == (by, copies)
                and to in {party.member for party in trade.parties}
                and trade.updated_at > since
            ),
            default=None,
        )

    def _open(self, over: Collection[CopyId]) -> list[Trade]:
        return [
            trade
            for trade in self.kept.values()
            if trade.state is State.PROPOSED and set(trade.copies) & set(over)
        ]


class MemoryNotes(Memory[NoteId, TradeNote], TradeNoteRepository):
    """Notes."""


@dataclass
class MemoryHoldings(Holdings):
    """Copies as others may count on them."""

    diary: Diary
    held: dict[CopyId, Holding] = field(default_factory=dict)
    expected: dict[CopyId, MemberId] = field(default_factory=dict)

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

    async def release(self, agreements: Collection[AgreementId]) -> None:
        for each in list(self.held.values()):
            if each.agreement_id in agreements:
                self.held[each.id] = replace(each, agreement_id=None)

    async def hand_over(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        for receiver, copies in moves.items():
            for copy in copies:
                assert self.held[copy].agreement_id == under
                self.own(receiver, copy, for_trade=False)

    async def cards(self, copies: Collection[CopyId]) -> Mapping[CopyId, CardView]:
        raise NotImplementedError(copies)


@dataclass
class MemoryWants(Wants):
    """Who wants no more, and what has arrived."""

    full: set[MemberId] = field(default_factory=set)
    arrived: dict[CopyId, MemberId] = field(default_factory=dict)

    async def ensure_room(self, member: MemberId, copies: Collection[CopyId]) -> None:
        if member in self.full and copies:
            raise SurplusNotAccepted

    async def settle(self, moves: Mapping[MemberId, Collection[CopyId]]) -> None:
        self.arrived |= {copy: to for to, copies in moves.items() for copy in copies}


@dataclass
class MemoryDirectory(Directory):
    """Members."""

    diary: Diary
    known: dict[MemberId, MemberCard] = field(default_factory=dict)
    blocks: set[tuple[MemberId, MemberId]] = field(default_factory=set)

    def welcome(self, *members: MemberId, accepts_proposals: bool = True) -> None:
        for number, id in enumerate(members):
            self.known[id] = MemberCard(
                id=id, nickname=f"member-{number}", accepts_proposals=accepts_proposals
            )

    async def members(
        self, ids: Collection[MemberId], *, to: MemberId | None = None
    ) -> Mapping[MemberId, MemberCard]:
        hidden = await self.hidden_from(to) if to else frozenset()
        return {id: self.known[id] for id in ids if id in self.known and id not in hidden}

    async def hidden_from(self, member: MemberId) -> frozenset[MemberId]:
        pairs = [pair for pair in self.blocks if member in pair]
        return frozenset(id for pair in pairs for id in pair if id != member)

    async def lock(self, ids: Collection[MemberId]) -> None:
        del ids
        self.diary.note("lock members")


@dataclass
class MemoryStandings(Standings):
    """How many trades each member has completed, and when the last one."""

    counted: list[tuple[MemberId, datetime]] = field(default_factory=list)

    async def count_completed(self, members: Iterable[MemberId], *, at: datetime) -> None:
        self.counted += [(member, at) for member in members]
