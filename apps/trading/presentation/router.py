"""Trades over HTTP."""

from inspect import getdoc
from typing import Annotated, Literal

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from apps.collection.contract import CopyAlreadyPromised, CopyNotForTrade, SurplusNotAccepted
from apps.identity.contract import EmailNotVerified, TrustLevelTooLow
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import DuplicateIds, LimitExceeded, NotFound
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me
from apps.trading.application.answer_trade import AcceptTrade, RejectTrade, WithdrawTrade
from apps.trading.application.counter_trade import CounterTrade
from apps.trading.application.end_trade import CancelTrade
from apps.trading.application.fulfil_trade import ConfirmReceipt
from apps.trading.application.propose_trade import ProposeTrade
from apps.trading.application.show_history import EventView, ListEvents
from apps.trading.application.show_trade import (
    ListNotes,
    ListTrades,
    NoteView,
    ShowTrade,
    TradeView,
)
from apps.trading.application.write_note import WriteNote
from apps.trading.domain.address import AddressMissing, AddressNotNeeded
from apps.trading.domain.handshake import EnteredOutOfTime, HandshakeCodeWrong, TooManyCodes
from apps.trading.domain.moves import InvalidTransition, StaleRevision, State
from apps.trading.domain.note import ThreadClosed
from apps.trading.domain.proposal import NoSuchSender
from apps.trading.domain.terms import (
    MethodNotAvailable,
    NothingChanged,
    OneSidedTrade,
    PlannedInThePast,
    PlannedTooFar,
    TradeId,
)
from apps.trading.domain.trades import ProposalsNotAccepted, RecentlyRejected
from apps.trading.presentation.schemas import (
    Acceptance,
    Answer,
    Cancellation,
    CounterProposal,
    Note,
    Proposal,
    Receipt,
    TradeOut,
)

router = ApiRouter(
    prefix="/trades", tags=["trading"], route_class=CommandRoute, dependencies=SIGNED_IN
)
Show = FromDishka[ShowTrade]
ADDRESSED = (AddressMissing, AddressNotNeeded)


@router.post(
    "",
    status_code=201,
    response_model=TradeOut,
    description=getdoc(ProposeTrade),
    openapi_extra=refuses(
        NotFound,
        ProposalsNotAccepted,
        CopyAlreadyPromised,
        CopyNotForTrade,
        RecentlyRejected,
        OneSidedTrade,
        MethodNotAvailable,
        PlannedInThePast,
        PlannedTooFar,
        NoSuchSender,
        DuplicateIds,
        *ADDRESSED,
        ContactData,
        LimitExceeded,
        TrustLevelTooLow,
        EmailNotVerified,
    ),
)
async def propose_trade(
    body: Proposal, me: Me, propose: FromDishka[ProposeTrade], show: Show, located: Located
) -> TradeView:
    """Propose a trade."""
    trade = await propose(
        by=me,
        to=body.to,
        give=body.give,
        take=body.take,
        terms=body.terms(),
        address_id=body.address_id,
        note=body.note,
    )
    located(trade)
    return await show(trade, to=me)


@router.get("", description=getdoc(ListTrades))
async def list_trades(
    me: Me,
    page: PageAsked,
    trades: FromDishka[ListTrades],
    state: Annotated[
        list[State] | None, Query(max_length=len(State), description="In any of these states.")
    ] = None,
    turn: Annotated[
        Literal["me"] | None, Query(description="`me`: those that wait for my answer.")
    ] = None,
) -> Listed[TradeOut]:
    """List my trades."""
    found = await trades(
        me, states=state or (), my_turn=turn == "me", after=page.after, limit=page.limit
    )
    return page.show_as(TradeOut, found)


@router.get("/{trade_id}", response_model=TradeOut, description=getdoc(ShowTrade))
async def show_trade(trade_id: TradeId, me: Me, show: Show) -> TradeView:
    """Show a trade."""
    return await show(trade_id, to=me)


@router.post(
    "/{trade_id}/accept",
    response_model=TradeOut,
    description=getdoc(AcceptTrade),
    openapi_extra=refuses(
        InvalidTransition,
        StaleRevision,
        CopyAlreadyPromised,
        CopyNotForTrade,
        SurplusNotAccepted,
        TrustLevelTooLow,
        EmailNotVerified,
        *ADDRESSED,
    ),
)
async def accept_trade(
    trade_id: TradeId, body: Acceptance, me: Me, accept: FromDishka[AcceptTrade], show: Show
) -> TradeView:
    """Accept a trade."""
    await accept(trade_id, by=me, **dict(body))
    return await show(trade_id, to=me)


@router.post(
    "/{trade_id}/counter",
    response_model=TradeOut,
    description=getdoc(CounterTrade),
    openapi_extra=refuses(
        InvalidTransition,
        StaleRevision,
        CopyAlreadyPromised,
        CopyNotForTrade,
        OneSidedTrade,
        NothingChanged,
        DuplicateIds,
        *ADDRESSED,
        ContactData,
        TrustLevelTooLow,
        EmailNotVerified,
    ),
)
async def counter_trade(
    trade_id: TradeId, body: CounterProposal, me: Me, counter: FromDishka[CounterTrade], show: Show
) -> TradeView:
    """Counter a trade."""
    await counter(trade_id, by=me, **dict(body))
    return await show(trade_id, to=me)


@router.post(
    "/{trade_id}/cancel",
    response_model=TradeOut,
    description=getdoc(CancelTrade),
    openapi_extra=refuses(InvalidTransition, StaleRevision, ContactData),
)
async def cancel_trade(
    trade_id: TradeId,
    me: Me,
    cancel: FromDishka[CancelTrade],
    show: Show,
    body: Cancellation | None = None,
) -> TradeView:
    """Cancel a trade."""
    await cancel(trade_id, by=me, **dict(body or Cancellation()))
    return await show(trade_id, to=me)


@router.post(
    "/{trade_id}/reject",
    response_model=TradeOut,
    description=getdoc(RejectTrade),
    openapi_extra=refuses(InvalidTransition, StaleRevision, ContactData),
)
async def reject_trade(
    trade_id: TradeId,
    me: Me,
    reject: FromDishka[RejectTrade],
    show: Show,
    body: Answer | None = None,
) -> TradeView:
    """Reject a trade."""
    await reject(trade_id, by=me, **dict(body or Answer()))
    return await show(trade_id, to=me)


@router.post(
    "/{trade_id}/withdraw",
    response_model=TradeOut,
    description=getdoc(WithdrawTrade),
    openapi_extra=refuses(InvalidTransition, StaleRevision, ContactData),
)
async def withdraw_trade(
    trade_id: TradeId,
    me: Me,
    withdraw: FromDishka[WithdrawTrade],
    show: Show,
    body: Answer | None = None,
) -> TradeView:
    """Withdraw a trade."""
    await withdraw(trade_id, by=me, **dict(body or Answer()))
    return await show(trade_id, to=me)


@router.post(
    "/{trade_id}/confirm",
    response_model=TradeOut,
    description=getdoc(ConfirmReceipt),
    openapi_extra=refuses(
        InvalidTransition, StaleRevision, HandshakeCodeWrong, EnteredOutOfTime, TooManyCodes
    ),
)
async def confirm_receipt(
    trade_id: TradeId,
    me: Me,
    confirm: FromDishka[ConfirmReceipt],
    show: Show,
    body: Receipt | None = None,
) -> TradeView:
    """Confirm the receipt of a leg."""
    await confirm(trade_id, by=me, **dict(body or Receipt()))
    return await show(trade_id, to=me)


@router.get("/{trade_id}/events", description=getdoc(ListEvents))
async def list_trade_events(
    trade_id: TradeId, me: Me, page: PageAsked, events: FromDishka[ListEvents]
) -> Listed[EventView]:
    """List the history of a trade."""
    return page.show(await events(trade_id, to=me, after=page.after, limit=page.limit))


@router.get("/{trade_id}/notes", description=getdoc(ListNotes))
async def list_trade_notes(
    trade_id: TradeId, me: Me, page: PageAsked, notes: FromDishka[ListNotes]
) -> Listed[NoteView]:
    """List the notes of a trade."""
    return page.show(await notes(trade_id, to=me, after=page.after, limit=page.limit))


@router.post(
    "/{trade_id}/notes",
    status_code=201,
    description=getdoc(WriteNote),
    openapi_extra=refuses(InvalidTransition, ThreadClosed, ContactData),
)
async def write_trade_note(
    trade_id: TradeId,
    body: Note,
    me: Me,
    write: FromDishka[WriteNote],
    notes: FromDishka[ListNotes],
    located: Located,
) -> NoteView:
    """Write a note on a trade."""
    located(None)
    return await notes.one(await write(trade_id, by=me, text=body.text))
