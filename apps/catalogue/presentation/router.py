"""The catalogue over HTTP; everybody may read it."""

from inspect import getdoc
from typing import Annotated, Any

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from apps.catalogue.application.browse import (
    FindCards,
    FindGroups,
    FindIdols,
    FindReleases,
    GroupView,
    IdolView,
    ReleaseView,
    ShowCard,
    ShowGroup,
    ShowIdol,
    ShowRelease,
    Wish,
)
from apps.catalogue.contract import CardId, CardView, GroupId, IdolId, Kind, ReleaseId
from apps.catalogue.domain.entry import LONGEST_LABEL
from apps.shared.presentation.bodies import Line
from apps.shared.presentation.openapi import MOVED
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import StrictRoute
from apps.shared.presentation.routing import ApiRouter

router = ApiRouter(tags=["catalogue"], route_class=StrictRoute)

MOST_VALUES = 100
"""Times that one filter may be repeated."""


def several(name: str) -> Any:
    """Declare a filter that may be repeated, and means any of its values."""
    told = f"Any of these; repeat `{name}` for each."
    return Query(alias=name, default_factory=list, max_length=MOST_VALUES, description=told)


Words = Annotated[
    Line | None,
    Query(min_length=1, max_length=100, description="Words in any script, spelling or order."),
]
Groups = Annotated[list[GroupId], several("group")]
Idols = Annotated[list[IdolId], several("idol")]
Releases = Annotated[list[ReleaseId], several("release")]
Kinds = Annotated[list[Kind], several("kind")]
Retailer = Annotated[Line, Query(min_length=1, max_length=LONGEST_LABEL)]
Retailers = Annotated[list[Retailer], several("retailer")]


@router.get("/groups", description=getdoc(FindGroups))
async def find_groups(
    page: PageAsked, find: FromDishka[FindGroups], q: Words = None
) -> Listed[GroupView]:
    """Find groups."""
    return page.show(await find(query=q, after=page.after, limit=page.limit))


@router.get("/groups/{group_id}", description=getdoc(ShowGroup))
async def show_group(group_id: GroupId, show: FromDishka[ShowGroup]) -> GroupView:
    """Show a group."""
    return await show(group_id)


@router.get("/idols", description=getdoc(FindIdols))
async def find_idols(
    *, page: PageAsked, find: FromDishka[FindIdols], groups: Groups, q: Words = None
) -> Listed[IdolView]:
    """Find idols."""
    found = await find(query=q, groups=tuple(groups), after=page.after, limit=page.limit)
    return page.show(found)


@router.get("/idols/{idol_id}", description=getdoc(ShowIdol))
async def show_idol(idol_id: IdolId, show: FromDishka[ShowIdol]) -> IdolView:
    """Show an idol."""
    return await show(idol_id)


@router.get("/releases", description=getdoc(FindReleases))
async def find_releases(
    *, page: PageAsked, find: FromDishka[FindReleases], groups: Groups, q: Words = None
) -> Listed[ReleaseView]:
    """Find releases."""
    found = await find(query=q, groups=tuple(groups), after=page.after, limit=page.limit)
    return page.show(found)


@router.get("/releases/{release_id}", description=getdoc(ShowRelease))
async def show_release(release_id: ReleaseId, show: FromDishka[ShowRelease]) -> ReleaseView:
    """Show a release."""
    return await show(release_id)


@router.get("/cards", description=getdoc(FindCards))
async def find_cards(
    *,
    page: PageAsked,
    find: FromDishka[FindCards],
    q: Words = None,
    groups: Groups,
    idols: Idols,
    releases: Releases,
    kinds: Kinds,
    retailers: Retailers,
) -> Listed[CardView]:
    """Find cards."""
    wish = Wish(
        query=q,
        groups=tuple(groups),
        idols=tuple(idols),
        releases=tuple(releases),
        kinds=tuple(kinds),
        retailers=tuple(retailers),
    )
    return page.show(await find(wish, after=page.after, limit=page.limit))


@router.get("/cards/{card_id}", responses=MOVED, description=getdoc(ShowCard))
async def show_card(card_id: CardId, show: FromDishka[ShowCard]) -> CardView:
    """Show a card."""
    return await show(card_id)
