"""The repositories of trading, over members, cards and copies that trades are about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.collection.contract import CopyId
from apps.collection.domain.copy import CopyRepository
from apps.identity.domain.user import UserRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.trading.domain.address import AddressRepository, TradeAddressRepository
from apps.trading.domain.dispute_cases import DisputeCaseRepository
from apps.trading.domain.handshake import HandshakeRepository
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import State
from apps.trading.domain.note import TradeNoteRepository
from apps.trading.domain.rating import RatingRepository
from apps.trading.domain.terms import Terms, TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository
from tests.support.accounts import TICK, open_accounts
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, a_copy, a_trade, a_uuid
from tests.support.entries import Printer
from tests.support.stores import Store, filled

A1, A2, A3, B1, B2, E1 = (CopyId(a_uuid(number, of=3)) for number in range(1, 7))
"""Copies of Ann's, Bea's and Eve's."""

OWNERS = {A1: ANN, A2: ANN, A3: ANN, B1: BEA, B2: BEA, E1: EVE}
PLANNED = Terms(place="홍대입구역 9번 출구", planned_at=NOON + HOUR, answer_within=25 * HOUR)


@dataclass
class Shelves:
    """The repositories; six copies are held."""

    work: UnitOfWork
    users: UserRepository
    copies: CopyRepository
    trades: TradeRepository
    notes: TradeNoteRepository
    addresses: AddressRepository
    trade_addresses: TradeAddressRepository
    handshakes: HandshakeRepository
    ratings: RatingRepository
    cases: DisputeCaseRepository

    @classmethod
    async def of(cls, store: Store) -> "Shelves":
        shelves = await filled(cls, store)
        await open_accounts(shelves.users, shelves.work)
        await (await filled(Printer, store)).all()
        async with shelves.work:
            await shelves.copies.add_all(
                [a_copy(copy, owner_id=owner) for copy, owner in OWNERS.items()]
            )
        return shelves

    async def agree(self, *trades: Trade) -> None:
        async with self.work:
            for trade in trades:
                await self.trades.add(trade)


def trade_id(number: int) -> TradeId:
    return TradeId(a_uuid(number, of=4))


def swap(
    number: int = 1,
    state: State = State.PROPOSED,
    *,
    by: MemberId = ANN,
    to: MemberId = BEA,
    give: Iterable[CopyId] = (A1,),
    take: Iterable[CopyId] = (B1,),
    **more: Any,
) -> Trade:
    """A trade with legs of its own."""
    legs = LegId(a_uuid(2 * number, of=5)), LegId(a_uuid(2 * number + 1, of=5))
    return a_trade(
        state, id=trade_id(number), by=by, to=to, give=give, take=take, leg_ids=legs, **more
    )


def a_full_swap(state: State = State.PROPOSED) -> Trade:
    """Three copies for two, with a plan."""
    return swap(1, state, give=(A3, A1, A2), take=(B2, B1), terms=PLANNED, at=NOON + TICK)
