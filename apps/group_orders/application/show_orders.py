"""Questions about group orders, and what they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.catalogue.contract import GroupId, ReleaseId
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderAction, OrderState, Part
from apps.group_orders.domain.terms import SellerType, Way
from apps.shared.application.pages import Page
from apps.shared.domain.country import Country
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganiserView:
    """Who organises; null where that member has left or is hidden from you."""

    id: MemberId
    nickname: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesView:
    """The rules that whoever joins now accepts; `late_fee` is in minor units."""

    version: int
    text: str
    late_fee: int | None
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JoiningView:
    """What a joiner has accepted, in its words, and what their payments are to name."""

    rules_version: int
    rules: RulesView
    reference: str
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOrderView:
    """A group order as a member sees it.

    Money is in minor units of `currency`, which have `currency_digits` decimal places. How to pay
    is told to joiners and staff only. Where it is `stalled`, milestones are overdue without a word.
    """

    id: GroupOrderId
    title: str
    description: str | None
    state: OrderState
    stalled_at: datetime | None
    organiser: OrganiserView
    co_organiser: OrganiserView | None
    group_id: GroupId
    release_id: ReleaseId | None
    seller_type: SellerType
    seller_name: str | None
    destination: Country
    ways: Sequence[Way]
    currency: Currency
    currency_digits: int
    min_trust_level: int
    payment_details: str | None
    rules: RulesView
    tags: Sequence[str]
    joiners: int
    my_part: Part
    my_joining: JoiningView | None
    opened_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: Sequence[OrderAction]


class ShowOrder(Protocol):
    """A group order, and your part in it."""

    async def __call__(self, id: GroupOrderId, *, to: MemberId) -> GroupOrderView:
        """Raise GroupOrderNotFound."""
        ...


class ListOrders(Protocol):
    """Group orders, newest first; with `mine=true`, those that you run or have joined.

    Drafts are shown to who runs them and to staff only.
    """

    async def __call__(
        self,
        *,
        to: MemberId,
        states: Sequence[OrderState],
        group: GroupId | None,
        organiser: MemberId | None,
        tag: str | None,
        mine: bool,
        after: str | None,
        limit: int,
    ) -> Page[GroupOrderView]:
        """Return those to which all of this applies."""
        ...
