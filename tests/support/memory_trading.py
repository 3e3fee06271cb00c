"""Trades and notes in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.trading.application.senders import Senders
from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.dispute_cases import (
    CaseNotFound,
    DisputeCaseRepository,
    DisputedAlready,
)
from apps.trading.domain.legs import LegState, Sender
from apps.trading.domain.moves import AGREED, LIVE, State
from apps.trading.domain.note import NoteId, TradeNote, TradeNoteRepository
from apps.trading.domain.rating import (
    AlreadyRated,
    Rating,
    RatingId,
    RatingNotFound,
    RatingRepository,
)
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade, TradeNotFound
from apps.trading.domain.trades import TradeRepository
from apps.trading.domain.verdicts import CaseId, CaseState
from tests.support.memory import Diary, Memory, fresh


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
        rivals = [fresh(trade) for trade in self._open(over) if trade.id != id]
        return await self.get(id), rivals

    async def lock_open(self, *, over: Collection[CopyId]) -> list[Trade]:
        self.diary.note("lock open trades")
        return [fresh(trade) for trade in self._open(over)]

    async def lock_live(
        self, *, of: MemberId | None = None, over: CopyId | None = None
    ) -> list[Trade]:
        self.diary.note("lock live trades")
        return [
            fresh(trade)
            for trade in self._in_order()
            if trade.state in LIVE and (of in trade.members or over in trade.copies)
        ]

    async def lost_by(
        self, members: Collection[MemberId], *, since: datetime
    ) -> Mapping[MemberId, int]:
        return Counter(
            leg.giver
            for trade in self.kept.values()
            for leg in trade.legs
            if leg.giver in members and leg.state is LegState.MISSING and trade.updated_at > since
        )

    async def lock_live_between(self, members: AbstractSet[MemberId]) -> list[Trade]:
        self.diary.note("lock live trades")
        return [
            fresh(trade)
            for trade in self._in_order()
            if trade.state in LIVE and members <= set(trade.members)
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

    async def count_agreed(self, *, of: MemberId) -> int:
        return sum(
            of in {party.member for party in trade.parties} and trade.state in AGREED
            for trade in self.kept.values()
        )

    async def count_live(self, *, between: AbstractSet[MemberId]) -> int:
        return sum(
            between <= set(trade.members) and trade.state in LIVE for trade in self.kept.values()
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
            for trade in self._in_order()
            if trade.state is State.PROPOSED and set(trade.copies) & set(over)
        ]

    def _in_order(self) -> list[Trade]:
        return [self.kept[id] for id in sorted(self.kept)]


class MemoryRatings(Memory[RatingId, Rating], RatingRepository):
    """Ratings, one to a rater, a ratee and a trade."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, RatingNotFound)

    def refuse(self, entity: Rating) -> None:
        if _between(entity) in {_between(other) for other in self.others(entity)}:
            raise AlreadyRated

    async def lock(self, id: RatingId) -> Rating:
        self.diary.note("lock rating")
        return await self.get(id)

    async def on(self, trade: TradeId) -> list[Rating]:
        return [fresh(self.kept[id]) for id in sorted(self.kept) if self.kept[id].trade_id == trade]


def _between(rating: Rating) -> tuple[TradeId, MemberId, MemberId]:
    return rating.trade_id, rating.rater_id, rating.ratee_id


class MemoryNotes(Memory[NoteId, TradeNote], TradeNoteRepository):
    """Notes."""


class MemoryCases(Memory[CaseId, DisputeCase], DisputeCaseRepository):
    """Dispute cases."""

    async def lock(self, id: CaseId) -> DisputeCase:
        self.diary.note("lock case")
        return await self.get(id)

    async def lock_latest(self, trade_id: TradeId) -> DisputeCase:
        self.diary.note("lock case")
        ids = [id for id, case in self.kept.items() if case.trade_id == trade_id]
        if not ids:
            raise CaseNotFound
        return await self.get(max(ids))

    def refuse(self, entity: DisputeCase) -> None:
        of_one_trade = [each for each in self.others(entity) if each.trade_id == entity.trade_id]
        if any({each.state, entity.state} == {CaseState.OPEN} for each in of_one_trade):
            raise DisputedAlready


class MemorySenders(Senders):
    """Everybody is of level 1 and at home in the same country, unless told otherwise."""

    def __init__(self) -> None:
        self.known: dict[MemberId, Sender] = {}

    async def of(self, trade: Trade) -> Mapping[MemberId, Sender]:
        alike = Sender(trust_level=1, completed=1, lost_lately=0, country="TW")
        return {member: self.known.get(member, alike) for member in trade.members}
