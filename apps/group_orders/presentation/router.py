"""Group orders over HTTP."""

from inspect import getdoc
from typing import Annotated, cast

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from apps.catalogue.contract import GroupId
from apps.group_orders.application.prepare_order import (
    ChangeOrder,
    CoOrganiserIsYou,
    DraftOrder,
    LockOrder,
    OpenOrder,
    TagOrder,
)
from apps.group_orders.application.show_orders import GroupOrderView, ListOrders, ShowOrder
from apps.group_orders.domain.delivery import PaymentsUnanswered, RefundsOutstanding
from apps.group_orders.domain.order import FixedOnceOpen, OrganisersOnly
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import RoundsStillOpen
from apps.group_orders.domain.order_steps import OrderState
from apps.group_orders.domain.tag import NoTag
from apps.group_orders.domain.terms import OrderChanges
from apps.group_orders.presentation.schemas import OrderDraft, OrderPatch, Tagging, TagsOut
from apps.identity.contract import EmailNotVerified, TrustLevelTooLow
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import LimitExceeded, MfaRequired, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Line, Switch
from apps.shared.presentation.created import Located
from apps.shared.presentation.entity_tags import Unchanged
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    prefix="/group-orders",
    tags=["group orders"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, *STAFF],
)
Show = FromDishka[ShowOrder]


@router.post(
    "",
    status_code=201,
    description=getdoc(DraftOrder),
    openapi_extra=refuses(
        *(MfaRequired, EmailNotVerified, TrustLevelTooLow, NotFound),
        *(CoOrganiserIsYou, ContactData, LimitExceeded),
    ),
)
async def draft_group_order(
    body: OrderDraft, me: Me, draft: FromDishka[DraftOrder], show: Show, located: Located
) -> GroupOrderView:
    """Draft a group order."""
    order = await draft(by=me, **dict(body))
    located(order)
    return await show(order, to=me)


@router.get("", description=getdoc(ListOrders), openapi_extra=refuses(MfaRequired, NoTag))
async def list_group_orders(
    me: Me,
    page: PageAsked,
    orders: FromDishka[ListOrders],
    state: Annotated[
        list[OrderState] | None,
        Query(max_length=len(OrderState), description="In any of these states."),
    ] = None,
    group: Annotated[GroupId | None, Query(description="About this group.")] = None,
    organiser: Annotated[MemberId | None, Query(description="Organised by this member.")] = None,
    tag: Annotated[
        Line | None, Query(min_length=1, max_length=40, description="Under this tag.")
    ] = None,
    mine: Annotated[Switch, Query(description="That you run or have joined.")] = False,  # noqa: FBT002
) -> Listed[GroupOrderView]:
    """List group orders."""
    found = await orders(
        to=me,
        states=state or (),
        group=group,
        organiser=organiser,
        tag=tag,
        mine=mine,
        after=page.after,
        limit=page.limit,
    )
    return page.show(found)


@router.get("/{group_order_id}", description=getdoc(ShowOrder), openapi_extra=refuses(MfaRequired))
async def show_group_order(group_order_id: GroupOrderId, me: Me, show: Show) -> GroupOrderView:
    """Show a group order."""
    return await show(group_order_id, to=me)


@router.patch(
    "/{group_order_id}",
    description=getdoc(ChangeOrder),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition, FixedOnceOpen),
        *(CoOrganiserIsYou, EmailNotVerified, TrustLevelTooLow, ContactData),
    ),
)
async def change_group_order(
    group_order_id: GroupOrderId,
    body: OrderPatch,
    me: Me,
    change: FromDishka[ChangeOrder],
    show: Show,
    unchanged: Unchanged,
) -> GroupOrderView:
    """Change a group order."""
    changes = cast("OrderChanges", body.model_dump(exclude_unset=True))
    await change(group_order_id, changes, by=me, unchanged=unchanged)
    return await show(group_order_id, to=me)


@router.post(
    "/{group_order_id}/open",
    description=getdoc(OpenOrder),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, InvalidTransition),
        *(EmailNotVerified, TrustLevelTooLow, LimitExceeded),
        *(RefundsOutstanding, PaymentsUnanswered),
    ),
)
async def open_group_order(
    group_order_id: GroupOrderId, me: Me, open: FromDishka[OpenOrder], show: Show
) -> GroupOrderView:
    """Open a group order."""
    await open(group_order_id, by=me)
    return await show(group_order_id, to=me)


@router.post(
    "/{group_order_id}/lock",
    description=getdoc(LockOrder),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, InvalidTransition, RoundsStillOpen),
)
async def lock_group_order(
    group_order_id: GroupOrderId, me: Me, lock: FromDishka[LockOrder], show: Show
) -> GroupOrderView:
    """Lock a group order."""
    await lock(group_order_id, by=me)
    return await show(group_order_id, to=me)


@router.get(
    "/{group_order_id}/tags", description=getdoc(ShowOrder), openapi_extra=refuses(MfaRequired)
)
async def show_tags(group_order_id: GroupOrderId, me: Me, show: Show) -> TagsOut:
    """Show the tags of a group order."""
    return TagsOut(tags=list((await show(group_order_id, to=me)).tags))


@router.put(
    "/{group_order_id}/tags",
    description=getdoc(TagOrder),
    openapi_extra=refuses(MfaRequired, OrganisersOnly, NoTag),
)
async def tag_group_order(
    group_order_id: GroupOrderId,
    body: Tagging,
    me: Me,
    tag: FromDishka[TagOrder],
    show: Show,
    unchanged: Unchanged,
) -> TagsOut:
    """Tag a group order."""
    await tag(group_order_id, body.tags, by=me, unchanged=unchanged)
    return TagsOut(tags=list((await show(group_order_id, to=me)).tags))
