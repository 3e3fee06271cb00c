"""Handshakes over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import UncachedCommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me
from apps.trading.application.shake_hands import HandshakeView, ShowHandshake
from apps.trading.domain.moves import InvalidTransition
from apps.trading.domain.terms import TradeId

router = ApiRouter(tags=["trading"], route_class=UncachedCommandRoute, dependencies=SIGNED_IN)


@router.get(
    "/trades/{trade_id}/handshake",
    description=getdoc(ShowHandshake),
    openapi_extra=refuses(InvalidTransition),
)
async def show_handshake(
    trade_id: TradeId, me: Me, show: FromDishka[ShowHandshake]
) -> HandshakeView:
    """Show my secret of a trade."""
    return await show(trade_id, to=me)
