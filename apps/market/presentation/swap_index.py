"""What a card is worth in others, over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Depends, Query

from apps.catalogue.contract import CardId
from apps.market.application.show_swap_index import ShowSwapIndex, SwapIndexView
from apps.shared.presentation.openapi import MOVED
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, current_member

router = ApiRouter(
    tags=["market"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, Depends(current_member)],
)

Against = Annotated[
    CardId | None,
    Query(description="The other card; without it, those of which most is known are shown."),
]


@router.get("/cards/{card_id}/swap-index", responses=MOVED, description=getdoc(ShowSwapIndex))
async def show_swap_index(
    card_id: CardId, show: FromDishka[ShowSwapIndex], against: Against = None
) -> SwapIndexView:
    """Show what a card is worth in others."""
    return await show(card_id, against=against)
