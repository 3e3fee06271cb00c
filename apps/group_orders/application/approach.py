"""How commands come to a round, and what it takes to be let in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from apps.catalogue.contract import CardId, Catalogue
from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.application.prepare_order import reference_of
from apps.group_orders.application.round_ports import Debts, Offers
from apps.group_orders.domain.claim import UnpaidDues
from apps.group_orders.domain.exposure import Exposure, Exposures, added_up
from apps.group_orders.domain.order import GroupOrder, GroupOrderNotFound, GroupOrderRepository
from apps.group_orders.domain.order_round import (
    OrderRound,
    OrderRoundNotFound,
    OrderRoundRepository,
)
from apps.group_orders.domain.order_steps import Part
from apps.group_orders.domain.round_events import OrderRoundId
from apps.identity.contract import Directory, EmailNotVerified, Ranks, TrustLevelTooLow
from apps.shared.domain.ids import Ids, MemberId


class Scene(NamedTuple):
    """A round and its order, both locked, and which cards the ids told stand for."""

    order: GroupOrder
    round: OrderRound
    cards: Mapping[CardId, CardId]


@dataclass(frozen=True, slots=True)
class Approach:
    """Locks what a command on a round may change, in the one order there is: members, cards,

    the group order, the round. The organiser's account is locked where exposures are counted, and
    that of who joins, who may be about to leave.
    """

    directory: Directory
    catalogue: Catalogue
    orders: GroupOrderRepository
    rounds: OrderRoundRepository

    async def __call__(
        self,
        id: OrderRoundId,
        *,
        cards: Collection[CardId | None] = (),
        counting: bool = False,
        joining: MemberId | None = None,
    ) -> Scene:
        """Raise OrderRoundNotFound."""
        seen = (await self.rounds.get(id)).order
        if counting:
            organiser = (await self.orders.get(seen)).organiser
            await self.directory.lock({organiser, joining or organiser})
        named = {card for card in cards if card is not None}
        held = await self.catalogue.hold(named) if named else {}
        order = await self.orders.lock(seen)
        return Scene(order, await self.rounds.lock(id), held)


@dataclass(frozen=True, slots=True)
class Admission:
    """What somebody is to the order of a round; used inside a unit of work."""

    company: Company

    async def __call__(self, order: GroupOrder, member: MemberId) -> Part:
        """Raise OrderRoundNotFound where the order is hidden from them."""
        try:
            return await self.company(order, member)
        except GroupOrderNotFound:
            raise OrderRoundNotFound from None


@dataclass(frozen=True, slots=True)
class Limits:
    """Holds what an organiser has in hand against the caps; their account is locked."""

    ranks: Ranks
    joiners: Joiners
    offers: Offers
    exposures: Exposures

    async def __call__(self, organiser: MemberId, *, joining: MemberId | None = None) -> None:
        """Raise ExposureCapped."""
        exposure = Exposure(
            joiners=await self.joiners.count(of=organiser, beside=joining),
            amounts=added_up(await self.offers.in_hand(of=organiser)),
        )
        self.exposures.ensure(exposure, level=(await self.ranks.of(organiser)).trust_level)

    async def ensure_may_charge(self, order: GroupOrder, amount: int) -> None:
        """Raise ExposureCapped where that takes what is in hand beyond the cap.

        What was offered before is charged in any case, also by who has taken over more.
        """
        before = await self.offers.in_hand(of=order.organiser)
        after = [
            replace(each, charged=each.charged + amount) if each.order == order.id else each
            for each in before
        ]
        level = (await self.ranks.of(order.organiser)).trust_level
        if added_up(after) != added_up(before):
            self.exposures.ensure(Exposure(0, added_up(after)), level=level)


@dataclass(frozen=True, slots=True)
class Entrance:
    """Lets a member join a group order on its present rules, or accept those (G3)."""

    directory: Directory
    ranks: Ranks
    debts: Debts
    joiners: Joiners
    limits: Limits
    ids: Ids

    async def __call__(
        self,
        order: GroupOrder,
        member: MemberId,
        *,
        rules_version: int,
        at: datetime,
        giver: MemberId | None = None,
    ) -> None:
        """Raise RulesChanged, EmailNotVerified, TrustLevelTooLow, UnpaidDues, ExposureCapped.

        A block between them and the organiser, or whose slot they take over, lets nobody in, also
        who has joined before and sees the order: OrderRoundNotFound.
        """
        if {order.organiser, giver} & await self.directory.hidden_from(member):
            raise OrderRoundNotFound
        order.ensure_accepted(rules_version)
        rank = await self.ranks.of(member)
        if not rank.email_verified:
            raise EmailNotVerified
        if rank.trust_level < order.min_trust_level:
            raise TrustLevelTooLow(
                f"This group order takes members from level {order.min_trust_level} on.",
                trust_level=rank.trust_level,
            )
        if await self.debts.owes(member, organiser=order.organiser, at=at):
            raise UnpaidDues
        await self.joiners.accept(
            order.id,
            member,
            rules_version=rules_version,
            reference=reference_of(self.ids.next()),
            at=at,
        )
        await self.limits(order.organiser, joining=member)
