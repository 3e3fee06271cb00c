"""One and the same repositories three times over: in memory, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol, TypeVar, get_type_hints

from apps.catalogue.domain.card import CardRepository
from apps.catalogue.domain.change import CardHistory
from apps.catalogue.domain.group import GroupRepository
from apps.catalogue.domain.idol import IdolRepository
from apps.catalogue.domain.proposal import CardProposalRepository
from apps.catalogue.domain.release import ReleaseRepository
from apps.collection.contract import Holdings
from apps.collection.domain.copy import CopyRepository
from apps.collection.domain.want_group import WantGroupRepository
from apps.group_orders.domain.bill import BillRepository
from apps.group_orders.domain.handover import HandoverRepository
from apps.group_orders.domain.ledger import Ledger
from apps.group_orders.domain.milestone import MilestoneRepository
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_rating import OrderRatingRepository
from apps.group_orders.domain.order_round import OrderRoundRepository
from apps.group_orders.domain.payment import PaymentRepository, RefundRepository
from apps.identity.domain.attempt import AttemptRepository
from apps.identity.domain.block import BlockRepository
from apps.identity.domain.linked_identity import LinkedIdentityRepository
from apps.identity.domain.one_time_token import OneTimeTokenRepository
from apps.identity.domain.profile import ProfileRepository
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.standing import StandingRepository
from apps.identity.domain.user import UserRepository
from apps.identity.domain.vouch import VouchRepository
from apps.matching.domain.round import RoundRepository
from apps.shared.application.work import UnitOfWork
from apps.trading.domain.address import AddressRepository, TradeAddressRepository
from apps.trading.domain.dispute_cases import CaseNotFound, DisputeCaseRepository
from apps.trading.domain.handshake import HandshakeRepository
from apps.trading.domain.note import TradeNoteRepository
from apps.trading.domain.rating import RatingRepository
from apps.trading.domain.trades import TradeRepository
from tests.support.memory import Diary, RecordingWork
from tests.support.memory_catalogue import (
    MemoryCardHistory,
    MemoryCards,
    MemoryGroups,
    MemoryIdols,
    MemoryProposals,
    MemoryReleases,
)
from tests.support.memory_collection import MemoryCopies, MemoryHoldings, MemoryWantGroups
from tests.support.memory_federation import MemoryAttempts, MemoryLinkedIdentities
from tests.support.memory_group_orders import MemoryGroupOrders, MemoryOrderRounds
from tests.support.memory_handover import (
    MemoryAddresses,
    MemoryHandshakes,
    MemoryTradeAddresses,
)
from tests.support.memory_identity import (
    MemoryBlocks,
    MemoryProfiles,
    MemoryStandingRepository,
    MemoryUsers,
    MemoryVouches,
)
from tests.support.memory_matching import MemoryRounds
from tests.support.memory_order_hands import MemoryHandovers, MemoryMilestones, MemoryOrderRatings
from tests.support.memory_order_money import (
    MemoryBills,
    MemoryLedger,
    MemoryPayments,
    MemoryRefunds,
)
from tests.support.memory_sessions import MemorySessions
from tests.support.memory_tokens import MemoryOneTimeTokens
from tests.support.memory_trading import MemoryCases, MemoryNotes, MemoryRatings, MemoryTrades
from tests.support.site import elsewhere

T = TypeVar("T")


class Store(Protocol):
    """Whatever serves repositories; a site does, from its wiring."""

    async def port(self, kind: type[T]) -> T: ...


class MemoryStore(Store):
    """Serves those that tests of use cases run on, all of them over the same memory."""

    def __init__(self) -> None:
        diary = Diary()
        holdings, users = MemoryHoldings(diary), MemoryUsers(diary)
        orders = MemoryGroupOrders(diary)
        self.ports: dict[type[Any], Any] = {
            UnitOfWork: RecordingWork(diary),
            UserRepository: users,
            ProfileRepository: MemoryProfiles(diary),
            StandingRepository: MemoryStandingRepository(diary, users),
            VouchRepository: MemoryVouches(diary),
            SessionRepository: MemorySessions(diary),
            BlockRepository: MemoryBlocks(diary),
            OneTimeTokenRepository: MemoryOneTimeTokens(),
            LinkedIdentityRepository: MemoryLinkedIdentities(diary, users),
            AttemptRepository: MemoryAttempts(),
            GroupRepository: MemoryGroups(diary),
            IdolRepository: MemoryIdols(diary),
            ReleaseRepository: MemoryReleases(diary),
            CardRepository: MemoryCards(diary),
            CardProposalRepository: MemoryProposals(diary),
            CardHistory: MemoryCardHistory(),
            Holdings: holdings,
            CopyRepository: MemoryCopies(diary, holdings),
            WantGroupRepository: MemoryWantGroups(diary),
            TradeRepository: MemoryTrades(diary),
            TradeNoteRepository: MemoryNotes(diary),
            RatingRepository: MemoryRatings(diary),
            AddressRepository: MemoryAddresses(diary),
            TradeAddressRepository: MemoryTradeAddresses(),
            HandshakeRepository: MemoryHandshakes(diary),
            RoundRepository: MemoryRounds(diary),
            DisputeCaseRepository: MemoryCases(diary, CaseNotFound),
            GroupOrderRepository: orders,
            MilestoneRepository: MemoryMilestones(diary, orders),
            HandoverRepository: MemoryHandovers(diary),
            OrderRatingRepository: MemoryOrderRatings(diary),
            OrderRoundRepository: MemoryOrderRounds(diary),
            BillRepository: MemoryBills(diary),
            Ledger: MemoryLedger(diary),
            PaymentRepository: MemoryPayments(diary),
            RefundRepository: MemoryRefunds(diary),
        }

    async def port(self, kind: type[T]) -> T:
        served: T = self.ports[kind]
        return served


async def filled(kind: type[T], store: Store) -> T:
    """A dataclass of ports, each of them served by this store."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    return kind(**{each.name: await store.port(hints[each.name]) for each in fields(kind)})


def facts(entity: object) -> dict[str, Any]:
    """Every field of an aggregate, but not what it has to tell."""
    return {name: value for name, value in vars(entity).items() if not name.startswith("_")}


async def kept(repository: object, id: object, *, by: UnitOfWork) -> dict[str, Any]:
    """Every field of what is kept under an id, read in a unit of its own.

    Each implementation has `get`, also of a Protocol that does not ask for it.
    """
    keeper: Any = repository
    async with by:
        return facts(await keeper.get(id))


LOCKED, UNLOCKED = 0.3, 10.0
"""Seconds to watch somebody who is to wait, and at most somebody who is not."""


@dataclass(frozen=True)
class Waiting:
    """How somebody fared who asked for a lock that was held."""

    waited: bool
    found: dict[str, Any]


async def in_turn(
    work: UnitOfWork,
    lock: Callable[[], Awaitable[T]],
    save: Callable[[T], Awaitable[None]],
    *,
    patience: float,
) -> Waiting:
    """Lock; let somebody else ask for the same lock; change and save what is locked, and leave.

    `patience` is for how many seconds the other may take until they count as waiting.
    """

    async def look() -> dict[str, Any]:
        async with work:
            return facts(await lock())

    async with work:
        mine = await lock()
        other = elsewhere(look())
        await asyncio.wait([other], timeout=patience)
        waited = not other.done()
        await save(mine)
    return Waiting(waited, await other)
