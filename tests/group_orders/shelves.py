"""The repositories of group orders, and orders and rounds with everything filled in."""

from dataclasses import dataclass
from typing import Any

from apps.catalogue.domain.group import GroupRepository
from apps.catalogue.domain.release import ReleaseRepository
from apps.group_orders.domain.bill import BillRepository
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.handover import HandoverRepository
from apps.group_orders.domain.ledger import Ledger
from apps.group_orders.domain.milestone import MilestoneRepository
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_rating import OrderRatingRepository
from apps.group_orders.domain.order_round import OrderRound, OrderRoundRepository
from apps.group_orders.domain.order_steps import OrderState
from apps.group_orders.domain.payment import PaymentRepository, RefundRepository
from apps.group_orders.domain.policy import Policy
from apps.group_orders.domain.round_events import OrderRoundId
from apps.group_orders.domain.round_steps import OrderRoundState
from apps.group_orders.domain.terms import Rules, SellerType, Way
from apps.identity.domain.user import UserRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.country import Country
from tests.support.accounts import TICK, open_accounts
from tests.support.builders import ANN, BEA, HOUR, NOON, a_uuid
from tests.support.entries import A_GROUP, A_RELEASE, a_group, a_release
from tests.support.stores import Store, filled

AN_ORDER, ANOTHER_ORDER = (GroupOrderId(a_uuid(number, of=31)) for number in (1, 2))
A_ROUND, ANOTHER_ROUND, A_THIRD_ROUND = (
    OrderRoundId(a_uuid(number, of=32)) for number in (1, 2, 3)
)


@dataclass
class Shelves:
    """The repositories, over the accounts of three members and a release."""

    work: UnitOfWork
    users: UserRepository
    groups: GroupRepository
    releases: ReleaseRepository
    orders: GroupOrderRepository
    rounds: OrderRoundRepository
    milestones: MilestoneRepository
    handovers: HandoverRepository
    ratings: OrderRatingRepository
    bills: BillRepository
    ledger: Ledger
    payments: PaymentRepository
    refunds: RefundRepository

    @classmethod
    async def of(cls, store: Store) -> "Shelves":
        shelves = await filled(cls, store)
        await open_accounts(shelves.users, shelves.work)
        async with shelves.work:
            await shelves.groups.keep(new=[a_group()], changed=[])
            await shelves.releases.keep(new=[a_release()], changed=[])
        return shelves


def an_order(id: GroupOrderId = AN_ORDER, **given: Any) -> GroupOrder:
    """One that has failed, with all that an order can have."""
    told: dict[str, Any] = {
        "organiser": ANN,
        "co_organiser": BEA,
        "title": "공구 — 5월",
        "description": "All versions.\nTwo each.",
        "group_id": A_GROUP,
        "release_id": A_RELEASE,
        "seller_type": SellerType.FAN_ACCOUNT,
        "seller_name": "위드뮤",
        "destination": Country("TW"),
        "ways": (Way.MAIL, Way.IN_PERSON),
        "currency": Currency.KRW,
        "min_trust_level": 1,
        "payment_details": "By card",
        "rules": (
            Rules(version=1, text="Pay.", late_fee=None, published_at=NOON - TICK),
            Rules(version=2, text="Pay at once.", late_fee=300, published_at=NOON),
        ),
        "state": OrderState.FAILED,
        "stalled_at": NOON,
        "opened_at": NOON - TICK,
        "ended_at": NOON + HOUR,
        "end_reason": "The shop has closed.",
        "created_at": NOON - TICK,
        "updated_at": NOON + HOUR,
    }
    return GroupOrder(id=id, **(told | given))


def a_live_order(id: GroupOrderId = AN_ORDER, **given: Any) -> GroupOrder:
    """One that is open."""
    told: dict[str, Any] = {"state": OrderState.OPEN, "ended_at": None, "end_reason": None}
    return an_order(id, **(told | given))


def a_round(id: OrderRoundId = A_ROUND, **given: Any) -> OrderRound:
    """One that was drawn, with all that a round can have."""
    told: dict[str, Any] = {
        "order": AN_ORDER,
        "number": id.int % 100,
        "title": "첫 번째",
        "policy": Policy.LOTTERY,
        "state": OrderRoundState.ALLOCATED,
        "closes_at": NOON + HOUR,
        "seed_commitment": "c" * 64,
        "seed": "5" * 64,
        "input": '{"claims":[],"slots":[]}',
        "claims_digest": "d" * 64,
        "revealed_at": NOON + 2 * HOUR,
        "opened_at": NOON,
        "closed_at": NOON + HOUR,
        "allocated_at": NOON + 2 * HOUR,
        "created_at": NOON - TICK,
        "updated_at": NOON + 2 * HOUR,
    }
    return OrderRound(id=id, **(told | given))


def an_open_round(id: OrderRoundId = A_ROUND, **given: Any) -> OrderRound:
    """One that takes claims."""
    told: dict[str, Any] = {
        "state": OrderRoundState.OPEN,
        **dict.fromkeys(("input", "claims_digest", "revealed_at", "closed_at", "allocated_at")),
    }
    return a_round(id, **(told | given))
