"""The market of cards over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Depends, Query

from apps.catalogue.contract import CardId
from apps.market.application.show_market import (
    CardMarketView,
    Days,
    ListSnapshots,
    ShowCardMarket,
    SnapshotView,
)
from apps.shared.presentation.moments import Day
from apps.shared.presentation.openapi import MOVED
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, current_member

router = ApiRouter(
    tags=["market"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, Depends(current_member)],
)
MOST_CARDS = 100
Cards = Annotated[
    list[CardId],
    Query(
        alias="card",
        default_factory=list,
        max_length=MOST_CARDS,
        description="Of these cards only; repeat `card` for each.",
    ),
]
Since = Annotated[Day | None, Query(description="The first day.")]
Until = Annotated[Day | None, Query(description="The last day.")]


@router.get("/cards/{card_id}/market", responses=MOVED, description=getdoc(ShowCardMarket))
async def show_card_market(card_id: CardId, show: FromDishka[ShowCardMarket]) -> CardMarketView:
    """Show the market of a card."""
    return await show(card_id)


@router.get("/market/snapshots", description=getdoc(ListSnapshots))
async def list_market_snapshots(
    *,
    page: PageAsked,
    snapshots: FromDishka[ListSnapshots],
    cards: Cards,
    since: Since = None,
    until: Until = None,
) -> Listed[SnapshotView]:
    """List snapshots of the market."""
    days = Days(since=since, until=until)
    return page.show(await snapshots(cards=cards, days=days, after=page.after, limit=page.limit))
