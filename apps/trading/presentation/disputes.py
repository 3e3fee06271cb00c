"""Disputes over HTTP, for the parties of a trade."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me
from apps.trading.application.dispute_trade import OpenDispute, ResumeTrade
from apps.trading.application.plead import AppealDecision, StateAccount
from apps.trading.application.show_case import PartyCaseView, ShowDispute
from apps.trading.application.show_trade import ShowTrade, TradeView
from apps.trading.domain.complaints import DisputeUnfounded, EvidenceMissing
from apps.trading.domain.dispute_case import (
    AppealTooLate,
    EnoughSaid,
    InvalidCaseStep,
    NotAtFault,
)
from apps.trading.domain.moves import InvalidTransition, StaleRevision
from apps.trading.domain.terms import TradeId
from apps.trading.presentation.case_schemas import Complaint, Objection, PartyCaseOut, Plea
from apps.trading.presentation.schemas import Revised, TradeOut

router = ApiRouter(
    prefix="/trades/{trade_id}",
    tags=["trading"],
    route_class=CommandRoute,
    dependencies=SIGNED_IN,
)
Show = FromDishka[ShowTrade]
ShowMine = FromDishka[ShowDispute]


@router.post(
    "/dispute",
    response_model=TradeOut,
    description=getdoc(OpenDispute),
    openapi_extra=refuses(InvalidTransition, StaleRevision, DisputeUnfounded, EvidenceMissing),
)
async def dispute_trade(
    trade_id: TradeId, body: Complaint, me: Me, dispute: FromDishka[OpenDispute], show: Show
) -> TradeView:
    """Dispute a trade."""
    await dispute(trade_id, by=me, kind=body.kind, account=body.account(), revision=body.revision)
    return await show(trade_id, to=me)


@router.get("/dispute", response_model=PartyCaseOut, description=getdoc(ShowDispute))
async def show_dispute(trade_id: TradeId, me: Me, show: ShowMine) -> PartyCaseView:
    """Show the dispute over a trade."""
    return await show(trade_id, to=me)


@router.post(
    "/statements",
    response_model=PartyCaseOut,
    description=getdoc(StateAccount),
    openapi_extra=refuses(InvalidCaseStep, EnoughSaid),
)
async def state_account(
    trade_id: TradeId, body: Plea, me: Me, state: FromDishka[StateAccount], show: ShowMine
) -> PartyCaseView:
    """Answer in a dispute."""
    await state(trade_id, by=me, account=body.account())
    return await show(trade_id, to=me)


@router.post(
    "/appeal",
    response_model=PartyCaseOut,
    description=getdoc(AppealDecision),
    openapi_extra=refuses(InvalidCaseStep, NotAtFault, AppealTooLate),
)
async def appeal_decision(
    trade_id: TradeId, body: Objection, me: Me, appeal: FromDishka[AppealDecision], show: ShowMine
) -> PartyCaseView:
    """Appeal a decision."""
    await appeal(trade_id, by=me, text=body.text)
    return await show(trade_id, to=me)


@router.post(
    "/resume",
    response_model=TradeOut,
    description=getdoc(ResumeTrade),
    openapi_extra=refuses(InvalidTransition, StaleRevision),
)
async def resume_trade(
    trade_id: TradeId,
    me: Me,
    resume: FromDishka[ResumeTrade],
    show: Show,
    body: Revised | None = None,
) -> TradeView:
    """Resume a trade."""
    await resume(trade_id, by=me, revision=body.revision if body else None)
    return await show(trade_id, to=me)
