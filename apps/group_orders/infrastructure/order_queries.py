"""Questions about group orders: a page of them in one SELECT, and what the reader is to them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from apps.catalogue.contract import GroupId
from apps.group_orders.application.company import Stake, Visibility
from apps.group_orders.application.show_orders import (
    GroupOrderView,
    JoiningView,
    ListOrders,
    OrganiserView,
    RulesView,
    ShowOrder,
)
from apps.group_orders.domain.order import GroupOrderNotFound
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState, Part, allowed_actions
from apps.group_orders.domain.tag import name_of
from apps.group_orders.domain.terms import Way
from apps.group_orders.infrastructure.models import (
    GroupOrderModel,
    GroupOrderTagModel,
    OrderJoinerModel,
    OrderRulesModel,
    TagModel,
)
from apps.identity.contract import Directory
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ORDER, RULES, JOINER = GroupOrderModel, OrderRulesModel, OrderJoinerModel
ACCEPTED = aliased(RULES)
TAG, TAGGED = TagModel, GroupOrderTagModel
ME: BindParameter[Any] = bindparam("me")
RUN_BY_ME = or_(ORDER.organiser_id == ME, ORDER.co_organiser_id == ME)
PRESENT = (
    select(func.max(RULES.version))
    .where(RULES.group_order_id == ORDER.id)
    .correlate(ORDER)
    .scalar_subquery()
)
JOINED = (
    select(func.count())
    .where(JOINER.group_order_id == ORDER.id)
    .correlate(ORDER)
    .scalar_subquery()
    .label("joiners")
)
ROW = (
    select(
        *(column for column in ORDER.__table__.columns if column.key != "version"),
        RULES.version.label("rules_version"),
        RULES.text.label("rules_text"),
        RULES.late_fee,
        RULES.published_at,
        JOINER.rules_version.label("accepted"),
        ACCEPTED.text.label("accepted_text"),
        ACCEPTED.late_fee.label("accepted_late_fee"),
        ACCEPTED.published_at.label("accepted_published_at"),
        JOINER.reference,
        JOINER.joined_at,
        JOINED,
    )
    .join(RULES, and_(RULES.group_order_id == ORDER.id, RULES.version == PRESENT))
    .outerjoin(JOINER, and_(JOINER.group_order_id == ORDER.id, JOINER.member_id == ME))
    .outerjoin(
        ACCEPTED,
        and_(ACCEPTED.group_order_id == ORDER.id, ACCEPTED.version == JOINER.rules_version),
    )
)
ONE = Question(ROW.where(ORDER.id == bindparam("id")))
TAGS = Question(
    select(TAGGED.group_order_id, TAG.label)
    .join(TAG, TAG.id == TAGGED.tag_id)
    .where(TAGGED.group_order_id.in_(bindparam("orders", expanding=True)))
    .order_by(TAG.name)
)
SHOWN = and_(
    or_(ORDER.state != OrderState.DRAFT, RUN_BY_ME),
    or_(
        ORDER.organiser_id.not_in(bindparam("hidden", expanding=True)),
        JOINER.member_id.is_not(None),
        ORDER.co_organiser_id == ME,
    ),
)
FILTERS: dict[str, ColumnElement[bool]] = {
    "states": ORDER.state.in_(bindparam("states", expanding=True)),
    "group": ORDER.group_id == bindparam("group"),
    "organiser": ORDER.organiser_id == bindparam("organiser"),
    "tag": exists().where(
        TAGGED.group_order_id == ORDER.id, TAGGED.tag_id == TAG.id, TAG.name == bindparam("tag")
    ),
    "mine": or_(RUN_BY_ME, JOINER.member_id.is_not(None)),
    "shown": SHOWN,
}
SAME = (
    *("id", "title", "description", "state", "stalled_at", "group_id", "release_id"),
    *("seller_type", "seller_name", "destination", "min_trust_level", "joiners"),
    *("opened_at", "ended_at", "end_reason", "created_at", "updated_at"),
)
"""What a view and its row call alike."""


@cache
def orders(filters: frozenset[str]) -> Question:
    """Build the question for these filters, once for each combination."""
    return Question(
        ROW.where(ORDER.id < bindparam("before"), *(FILTERS[name] for name in sorted(filters)))
        .order_by(ORDER.id.desc())
        .limit(bindparam("limit"))
    )


class OrderReads:
    """What questions about group orders share."""

    def __init__(self, reads: Reads, visibility: Visibility, directory: Directory) -> None:
        self._reads = reads
        self._visibility = visibility
        self._directory = directory

    async def one(self, id: GroupOrderId, *, to: MemberId) -> tuple[Any, Part]:
        """Return its row, and what this member is to it; raise GroupOrderNotFound."""
        found = await self._reads(ONE, id=id, me=to)
        if not found:
            raise GroupOrderNotFound
        (row,) = found
        return row, await self._visibility(stake(row, to))

    async def page(
        self, given: dict[str, Any], *, to: MemberId, after: str | None, limit: int
    ) -> Page[tuple[Any, Part]]:
        """Return rows, newest first, to which all that is `given` applies, as `one` does."""
        narrowing = {name: value for name, value in given.items() if value}
        everything = await self._visibility.of_everything(to)
        page = await self._reads.newest_first(
            orders(frozenset(narrowing) if everything else frozenset(narrowing) | {"shown"}),
            after=after,
            limit=limit,
            me=to,
            hidden=() if everything else sorted(await self._directory.hidden_from(to)),
            **narrowing,
        )
        rows = [(row, stake(row, to).part(staff=everything)) for row in page.items]
        return Page(rows, page.next)

    async def views(
        self, rows: Sequence[tuple[Any, Part]], *, to: MemberId
    ) -> list[GroupOrderView]:
        """Add tags, and the nicknames of who organises."""
        tags: dict[Any, list[str]] = {row.id: [] for row, _ in rows}
        for tag in await self._reads(TAGS, orders=list(tags)) if tags else ():
            tags[tag.group_order_id].append(tag.label)
        people = {id for row, _ in rows for id in (row.organiser_id, row.co_organiser_id) if id}
        known = await self._directory.members(people, to=to) if people else {}
        names = {id: OrganiserView(id=id, nickname=None) for id in people} | {
            id: OrganiserView(id=id, nickname=card.nickname) for id, card in known.items()
        }
        return [
            GroupOrderView(
                **{name: getattr(row, name) for name in SAME},
                organiser=names[row.organiser_id],
                co_organiser=row.co_organiser_id and names[row.co_organiser_id],
                ways=[Way(way) for way in row.ways],
                currency=row.currency,
                currency_digits=row.currency.digits,
                payment_details=row.payment_details if part is not Part.STRANGER else None,
                rules=RulesView(
                    version=row.rules_version,
                    text=row.rules_text,
                    late_fee=row.late_fee,
                    published_at=row.published_at,
                ),
                tags=tags[row.id],
                my_part=part,
                my_joining=row.joined_at
                and JoiningView(
                    rules_version=row.accepted,
                    rules=RulesView(
                        version=row.accepted,
                        text=row.accepted_text,
                        late_fee=row.accepted_late_fee,
                        published_at=row.accepted_published_at,
                    ),
                    reference=row.reference,
                    joined_at=row.joined_at,
                ),
                allowed_actions=allowed_actions(row.state, part),
            )
            for row, part in rows
        ]


def stake(row: Any, member: MemberId) -> Stake:
    """Return what a row knows of the member it was read for."""
    joined = row.joined_at is not None
    return Stake(member, row.organiser_id, row.co_organiser_id, joined, row.state)


class SqlShowOrder(ShowOrder):
    """One row, its tags and names."""

    def __init__(self, orders: OrderReads) -> None:
        self._orders = orders

    async def __call__(self, id: GroupOrderId, *, to: MemberId) -> GroupOrderView:
        """Show it to whom it is not hidden from."""
        return (await self._orders.views([await self._orders.one(id, to=to)], to=to))[0]


class SqlListOrders(ListOrders):
    """A range of the key or of an index, from its end."""

    def __init__(self, orders: OrderReads) -> None:
        self._orders = orders

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
        """Read it."""
        given: dict[str, Any] = {"states": states, "group": group, "organiser": organiser}
        given |= {"tag": tag and name_of(tag), "mine": mine}
        page = await self._orders.page(given, to=to, after=after, limit=limit)
        return Page(await self._orders.views(page.items, to=to), page.next)
