"""A store in memory whose trades are overheard, so that who has to hear of them does."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from apps.collection.contract import Holdings, Wants
from apps.collection.domain.copy import CopyRepository
from apps.identity.contract import Directory, Ranks, Role
from apps.shared.application.audit import AuditLog
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.shared.domain.model import Aggregate, Event
from apps.trading.application.keep_standings import KeepStandings
from apps.trading.application.limits import TradingLimits
from apps.trading.application.senders import Senders
from apps.trading.application.shake_hands import OpenHandshakes
from apps.trading.domain.address import Address, AddressId, AddressRepository
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.legs import Sender
from apps.trading.domain.moves import State
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository
from apps.trading.wiring import ON
from tests.soak.rule_book import DAY
from tests.support.builders import CountingIds, a_uuid
from tests.support.memory import Diary
from tests.support.memory_collection import MemoryCopies, MemoryHoldings, MemoryWants
from tests.support.memory_handover import MemoryAddresses
from tests.support.memory_identity import MemoryDirectory, MemoryRanks
from tests.support.memory_trading import MemoryCases, MemoryTrades
from tests.support.postal import HOME
from tests.support.stores import MemoryStore, filled

T = TypeVar("T")

ELSEWHERE = {KeepStandings, OpenHandshakes}
"""Who hears of trades, too, but has no say in them."""


class Overheard:
    """Keeps what the aggregates that are kept have to tell."""

    news: list[Event]

    def _keep(self, verb: str, entity: Aggregate[Any]) -> None:
        self.news += entity.release()
        super()._keep(verb, entity)  # type: ignore[misc]


class OverheardTrades(Overheard, MemoryTrades):
    """Trades."""


class OverheardCopies(Overheard, MemoryCopies):
    """Copies."""


class KnownSenders(Senders):
    """All are of one level and in one country; what they completed or lost is counted."""

    def __init__(self, trades: MemoryTrades, clock: Clock) -> None:
        self.trades, self.clock = trades, clock

    async def of(self, trade: Trade) -> Mapping[MemberId, Sender]:
        lost = await self.trades.lost_by(trade.members, since=self.clock.now() - 365 * DAY)
        done = [each for each in self.trades.kept.values() if each.state is State.COMPLETED]
        return {
            member: Sender(
                trust_level=1,
                completed=sum(member in each.members for each in done),
                lost_lately=lost.get(member, 0),
                country=HOME.country,
            )
            for member in trade.members
        }


class NobodysAudit(AuditLog):
    """What is audited is not told by the rules of trading."""

    async def write(self, action: str, **told: object) -> None:
        del action, told

    def pseudonym(self, text: str) -> str:
        return text


class MemoryStage(MemoryStore):
    """Everything that trading asks for, for these members and moderators."""

    def __init__(
        self, clock: Clock, members: Sequence[MemberId], moderators: Sequence[MemberId]
    ) -> None:
        super().__init__()
        diary = Diary()
        self.holdings = cast("MemoryHoldings", self.ports[Holdings])
        self.cases = cast("MemoryCases", self.ports[DisputeCaseRepository])
        self.trades, self.copies = OverheardTrades(diary), OverheardCopies(diary, self.holdings)
        self.news: list[Event] = []
        self.trades.news = self.copies.news = self.news
        book = cast("MemoryAddresses", self.ports[AddressRepository])
        directory, ranks = MemoryDirectory(diary), MemoryRanks()
        directory.welcome(*members)
        for moderator in moderators:
            ranks.rank(moderator, role=Role.MODERATOR)
        for member in members:
            home = home_of(member)
            book.kept[home] = Address.enter(
                home, of=member, label=None, postal=HOME, at=clock.now()
            )
        self.ports |= {
            Clock: clock,
            AuditLog: NobodysAudit(),
            Ids: CountingIds(),
            Directory: directory,
            Wants: MemoryWants(),
            Ranks: ranks,
            TradeRepository: self.trades,
            CopyRepository: self.copies,
            Senders: KnownSenders(self.trades, clock),
            TradingLimits: TradingLimits(),
        }

    async def port(self, kind: type[T]) -> T:
        """What is no port of its own is made of ports."""
        return await super().port(kind) if kind in self.ports else await filled(kind, self)

    async def publish(self) -> None:
        """Let who has to hear of what has happened do so, in the order of the wiring."""
        while self.news:
            event = self.news.pop(0)
            for listener in ON.get(type(event), ()):
                if listener not in ELSEWHERE:
                    await (await self.port(listener))(event)


def home_of(member: MemberId) -> AddressId:
    """The id of the one address in somebody's book."""
    return AddressId(a_uuid(member.int % 2**32, of=8))
