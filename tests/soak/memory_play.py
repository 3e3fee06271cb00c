"""The commands of three members, given to the use cases themselves over dictionaries."""

from collections.abc import Awaitable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from apps.collection.contract import CopyId, CopyUnlisted, Holdings, Wants
from apps.identity.contract import Directory, Ranks
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import Clock, Ids
from apps.shared.presentation.problems import code_of
from apps.trading.application.answer_trade import AcceptTrade, RejectTrade, WithdrawTrade
from apps.trading.application.counter_trade import CounterTrade
from apps.trading.application.end_trade import CancelTrade, ExpireTrades
from apps.trading.application.fulfil_trade import ConfirmReceipt
from apps.trading.application.lapse_proposals_when_a_copy_is_unlisted import LapseProposals
from apps.trading.application.limits import TradingLimits
from apps.trading.application.lock_trade import LockTrade
from apps.trading.application.propose_trade import ProposeTrade
from apps.trading.application.senders import Senders
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.application.tell_address import TellAddress
from apps.trading.domain.terms import Terms, TradeId
from apps.trading.domain.trades import TradeRepository
from tests.soak.play import Held, Play, Seen
from tests.soak.trade_rules import HOUR
from tests.support.builders import ANN, BEA, EVE, CountingIds, FixedClock, a_uuid
from tests.support.memory import Diary
from tests.support.memory_collection import MemoryHoldings, MemoryWants
from tests.support.memory_handover import telling
from tests.support.memory_identity import MemoryDirectory, MemoryRanks
from tests.support.memory_trading import MemorySenders, MemoryTrades
from tests.support.stores import MemoryStore, filled


class MemoryPlay(Play):
    """The use cases themselves, over dictionaries."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock)
        self.members = [ANN, BEA, EVE]
        self.store = MemoryStore()
        diary = Diary()
        directory = MemoryDirectory(diary)
        directory.welcome(*self.members)
        ranks = MemoryRanks()
        self.store.ports |= {
            Clock: clock,
            Ids: CountingIds(),
            Directory: directory,
            Wants: MemoryWants(),
            Ranks: ranks,
            Senders: MemorySenders(),
            TellAddress: telling(diary),
            TradingLimits: TradingLimits(),
        }
        wants, trades = self.store.ports[Wants], self.store.ports[TradeRepository]
        self.store.ports |= {
            StandingLimits: StandingLimits(ranks, directory, cast("MemoryTrades", trades)),
            LockTrade: LockTrade(
                cast("MemoryTrades", trades), cast("MemoryHoldings", self.store.ports[Holdings])
            ),
            SettleTrade: SettleTrade(
                cast("MemoryHoldings", self.store.ports[Holdings]),
                cast("MemoryWants", wants),
                directory,
            ),
        }
        self.holdings = cast("MemoryHoldings", self.store.ports[Holdings])
        self.kept = cast("MemoryTrades", self.store.ports[TradeRepository])

    async def enter(self, owner: int) -> None:
        copy = CopyId(a_uuid(len(self.copies), of=3))
        self.copies.append(copy)
        self.holdings.own(self.members[owner], copy)

    async def list_for_trade(self, copy: int, *, by: int, listed: bool) -> str | None:
        """As the use case of the context below would, which has copies of its own in memory."""
        id = CopyId(self.copies[copy])
        known = self.holdings.held[id]
        if known.owner_id != self.members[by]:
            return "not-found"
        self.holdings.held[id] = replace(known, for_trade=listed)
        if known.for_trade and not listed:
            lapse = await filled(LapseProposals, self.store)
            await lapse(CopyUnlisted(copy=id, at=self.clock.at))
        return None

    async def propose(
        self,
        *,
        by: int,
        to: int,
        give: Iterable[int],
        take: Iterable[int],
        hours: int,
        planned: datetime | None,
    ) -> str | None:
        propose = await filled(ProposeTrade, self.store)

        async def send() -> None:
            self.trades.append(
                await propose(
                    by=self.members[by],
                    to=self.members[to],
                    give=self._copies(give),
                    take=self._copies(take),
                    terms=Terms(planned_at=planned, answer_within=hours * HOUR),
                )
            )

        return await outcome(send())

    async def counter(
        self, number: int, *, by: int, revision: int, give: Iterable[int], take: Iterable[int]
    ) -> str | None:
        counter = await filled(CounterTrade, self.store)
        return await outcome(
            counter(
                TradeId(self.trades[number]),
                by=self.members[by],
                revision=revision,
                give=self._copies(give),
                take=self._copies(take),
                message=None,
            )
        )

    async def tell(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        kind, defaults = TOLD[action]
        tell = await filled(kind, self.store)
        id = TradeId(self.trades[number])
        return await outcome(tell(id, by=self.members[by], **(defaults | told)))

    async def expire(self) -> int:
        expire = await filled(ExpireTrades, self.store)
        return await expire()

    async def let_time_pass(self) -> None:
        """Nobody has to sign in."""

    async def seen(self) -> Seen:
        return {
            self.trades.index(trade.id): (
                str(trade.state),
                trade.revision,
                self.members.index(trade.turn) if trade.turn else None,
                {
                    self.members.index(party.member): {
                        str(each) for each in trade.allowed_actions(party.member, at=self.clock.at)
                    }
                    for party in trade.parties
                },
            )
            for trade in self.kept.kept.values()
        }

    async def held(self) -> Held:
        return sorted(
            (
                self.copies.index(each.id),
                self.members.index(each.owner_id),
                each.for_trade,
                self.trades.index(each.agreement_id) if each.agreement_id else None,
            )
            for each in self.holdings.held.values()
        )

    def _copies(self, numbers: Iterable[int]) -> list[CopyId]:
        return [CopyId(self.copies[number]) for number in numbers]


NO_WORD = {"revision": None, "reason": None}
TOLD: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "accept": (AcceptTrade, {}),
    "reject": (RejectTrade, NO_WORD),
    "withdraw": (WithdrawTrade, NO_WORD),
    "cancel": (CancelTrade, NO_WORD),
    "confirm": (ConfirmReceipt, {"revision": None}),
}


async def outcome(step: Awaitable[Any]) -> str | None:
    try:
        _ = await step
    except DomainError as refused:
        return code_of(type(refused))
    return None
