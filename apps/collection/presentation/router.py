"""Binders over HTTP."""

from inspect import getdoc
from typing import cast

from dishka.integrations.fastapi import FromDishka

from apps.catalogue.contract import CardId
from apps.collection.application.keep_copies import AddCopy, ChangeCopy, RemoveCopy
from apps.collection.application.keep_wants import ChangeWantGroup, CloseWantGroup, OpenWantGroup
from apps.collection.application.show_binders import (
    CopyView,
    HolderView,
    ListCopiesForTrade,
    ListHolders,
    ListMyCopies,
    ListSeekers,
    ListWantGroups,
    SeekerView,
    ShowChain,
    ShowCopy,
    ShowWantGroup,
    WantGroupView,
)
from apps.collection.domain.copy import CopyAlreadyPromised, CopyChanges, CopyOnItsWay
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.want_group import WantGroupChanges, WantGroupId
from apps.collection.presentation.schemas import (
    CopyEntry,
    CopyPatch,
    HandoverOut,
    WantGroupEntry,
    WantGroupPatch,
)
from apps.shared.domain.errors import DuplicateIds, LimitExceeded, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.created import Located
from apps.shared.presentation.entity_tags import Unchanged
from apps.shared.presentation.openapi import MOVED
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(tags=["collection"], route_class=CommandRoute, dependencies=SIGNED_IN)


@router.get("/me/copies", description=getdoc(ListMyCopies))
async def list_my_copies(
    me: Me, page: PageAsked, copies: FromDishka[ListMyCopies]
) -> Listed[CopyView]:
    """List my copies."""
    return page.show(await copies(me, after=page.after, limit=page.limit))


@router.post(
    "/me/copies",
    status_code=201,
    description=getdoc(AddCopy),
    openapi_extra=refuses(NotFound, LimitExceeded),
)
async def add_copy(
    body: CopyEntry, me: Me, add: FromDishka[AddCopy], show: FromDishka[ShowCopy], located: Located
) -> CopyView:
    """Add a copy."""
    copy = await add(by=me, **dict(body))
    located(copy)
    return await show(copy, to=me)


@router.get("/me/copies/{copy_id}", description=getdoc(ShowCopy))
async def show_my_copy(copy_id: CopyId, me: Me, show: FromDishka[ShowCopy]) -> CopyView:
    """Show a copy of mine."""
    return await show.mine(copy_id, to=me)


@router.patch(
    "/me/copies/{copy_id}",
    description=getdoc(ChangeCopy),
    openapi_extra=refuses(CopyAlreadyPromised, CopyOnItsWay),
)
async def change_copy(
    copy_id: CopyId,
    body: CopyPatch,
    me: Me,
    change: FromDishka[ChangeCopy],
    show: FromDishka[ShowCopy],
    unchanged: Unchanged,
) -> CopyView:
    """Change a copy of mine."""
    changes = cast("CopyChanges", body.model_dump(exclude_unset=True))
    await change(copy_id, changes, by=me, unchanged=unchanged)
    return await show(copy_id, to=me)


@router.delete(
    "/me/copies/{copy_id}",
    status_code=204,
    description=getdoc(RemoveCopy),
    openapi_extra=refuses(CopyAlreadyPromised, CopyOnItsWay),
)
async def remove_copy(
    copy_id: CopyId, me: Me, remove: FromDishka[RemoveCopy], unchanged: Unchanged
) -> None:
    """Remove a copy of mine."""
    await remove(copy_id, by=me, unchanged=unchanged)


@router.get("/copies/{copy_id}", description=getdoc(ShowCopy))
async def show_copy(copy_id: CopyId, me: Me, show: FromDishka[ShowCopy]) -> CopyView:
    """Show a copy."""
    return await show(copy_id, to=me)


@router.get("/copies/{copy_id}/chain", description=getdoc(ShowChain))
async def show_chain(
    copy_id: CopyId, me: Me, page: PageAsked, chain: FromDishka[ShowChain]
) -> Listed[HandoverOut]:
    """Show the chain of custody of a copy."""
    found = await chain(copy_id, to=me, after=page.after, limit=page.limit)
    return page.show_as(HandoverOut, found)


@router.get("/members/{member_id}/copies", description=getdoc(ListCopiesForTrade))
async def list_copies_for_trade(
    member_id: MemberId, me: Me, page: PageAsked, copies: FromDishka[ListCopiesForTrade]
) -> Listed[CopyView]:
    """List what a member has for trade."""
    return page.show(await copies(member_id, to=me, after=page.after, limit=page.limit))


@router.get("/cards/{card_id}/copies", responses=MOVED, description=getdoc(ListHolders))
async def list_holders(
    card_id: CardId, me: Me, page: PageAsked, holders: FromDishka[ListHolders]
) -> Listed[HolderView]:
    """List who has a card for trade."""
    return page.show(await holders(card_id, to=me, after=page.after, limit=page.limit))


@router.get("/cards/{card_id}/wants", responses=MOVED, description=getdoc(ListSeekers))
async def list_seekers(
    card_id: CardId, me: Me, page: PageAsked, seekers: FromDishka[ListSeekers]
) -> Listed[SeekerView]:
    """List who wants a card."""
    return page.show(await seekers(card_id, to=me, after=page.after, limit=page.limit))


@router.get("/me/wants", description=getdoc(ListWantGroups))
async def list_my_wants(
    me: Me, page: PageAsked, wants: FromDishka[ListWantGroups]
) -> Listed[WantGroupView]:
    """List what I want."""
    return page.show(await wants(me, to=me, after=page.after, limit=page.limit))


@router.post(
    "/me/wants",
    status_code=201,
    description=getdoc(OpenWantGroup),
    openapi_extra=refuses(NotFound, DuplicateIds, LimitExceeded),
)
async def open_want_group(
    body: WantGroupEntry,
    me: Me,
    open: FromDishka[OpenWantGroup],
    show: FromDishka[ShowWantGroup],
    located: Located,
) -> WantGroupView:
    """Want cards."""
    group = await open(by=me, **dict(body))
    located(group)
    return await show(group, to=me)


@router.get("/me/wants/{want_group_id}", description=getdoc(ShowWantGroup))
async def show_want_group(
    want_group_id: WantGroupId, me: Me, show: FromDishka[ShowWantGroup]
) -> WantGroupView:
    """Show a want group of mine."""
    return await show(want_group_id, to=me)


@router.patch(
    "/me/wants/{want_group_id}",
    description=getdoc(ChangeWantGroup),
    openapi_extra=refuses(DuplicateIds),
)
async def change_want_group(
    want_group_id: WantGroupId,
    body: WantGroupPatch,
    me: Me,
    change: FromDishka[ChangeWantGroup],
    show: FromDishka[ShowWantGroup],
    unchanged: Unchanged,
) -> WantGroupView:
    """Change a want group of mine."""
    changes = cast("WantGroupChanges", body.model_dump(exclude_unset=True))
    await change(want_group_id, changes, by=me, unchanged=unchanged)
    return await show(want_group_id, to=me)


@router.delete("/me/wants/{want_group_id}", status_code=204, description=getdoc(CloseWantGroup))
async def close_want_group(
    want_group_id: WantGroupId, me: Me, close: FromDishka[CloseWantGroup], unchanged: Unchanged
) -> None:
    """Stop wanting these cards."""
    await close(want_group_id, by=me, unchanged=unchanged)


@router.get("/members/{member_id}/wants", description=getdoc(ListWantGroups))
async def list_wants(
    member_id: MemberId, me: Me, page: PageAsked, wants: FromDishka[ListWantGroups]
) -> Listed[WantGroupView]:
    """List what a member wants."""
    return page.show(await wants(member_id, to=me, after=page.after, limit=page.limit))
