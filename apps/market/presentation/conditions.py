"""How brisk the markets of groups were, over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Depends, Query

from apps.catalogue.contract import GroupId
from apps.market.application.show_conditions import ConditionView, ListConditions
from apps.market.application.show_market import Days
from apps.market.presentation.cards import Since, Until
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, current_member

router = ApiRouter(
    tags=["market"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, Depends(current_member)],
)
MOST_GROUPS = 100
Groups = Annotated[
    list[GroupId],
    Query(
        alias="group",
        default_factory=list,
        max_length=MOST_GROUPS,
        description="Of these groups only; repeat `group` for each.",
    ),
]


@router.get("/market/conditions", description=getdoc(ListConditions))
async def list_market_conditions(
    *,
    page: PageAsked,
    conditions: FromDishka[ListConditions],
    groups: Groups,
    since: Since = None,
    until: Until = None,
) -> Listed[ConditionView]:
    """List conditions of the market."""
    days = Days(since=since, until=until)
    return page.show(await conditions(groups=groups, days=days, after=page.after, limit=page.limit))
