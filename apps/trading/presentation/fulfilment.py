"""Handing over by mail, over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me
from apps.trading.application.fulfil_trade import ReceiveLeg, ShipLeg
from apps.trading.application.show_trade import ShowTrade, TradeView
from apps.trading.domain.handover import TrackingRequired
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import InvalidTransition, StaleRevision
from apps.trading.domain.terms import TradeId
from apps.trading.presentation.schemas import Revised, Shipment, TradeOut

router = ApiRouter(
    prefix="/trades/{trade_id}",
    tags=["trading"],
    route_class=CommandRoute,
    dependencies=SIGNED_IN,
)
Show = FromDishka[ShowTrade]


@router.post(
    "/legs/{leg_id}/ship",
    response_model=TradeOut,
    description=getdoc(ShipLeg),
    openapi_extra=refuses(InvalidTransition, StaleRevision, TrackingRequired),
)
async def ship_leg(
    trade_id: TradeId, leg_id: LegId, body: Shipment, me: Me, ship: FromDishka[ShipLeg], show: Show
) -> TradeView:
    """Ship a leg."""
    await ship(trade_id, leg_id, by=me, **dict(body))
    return await show(trade_id, to=me)


@router.post(
    "/legs/{leg_id}/receive",
    response_model=TradeOut,
    description=getdoc(ReceiveLeg),
    openapi_extra=refuses(InvalidTransition, StaleRevision),
)
async def receive_leg(
    trade_id: TradeId,
    leg_id: LegId,
    me: Me,
    receive: FromDishka[ReceiveLeg],
    show: Show,
    body: Revised | None = None,
) -> TradeView:
    """Receive a leg."""
    await receive(trade_id, leg_id, by=me, revision=body.revision if body else None)
    return await show(trade_id, to=me)
