"""The ledger of a group order, over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.group_orders.application.correct_ledger import ReverseEntry
from apps.group_orders.application.show_money import EntryView, ExportLedger, ListEntries, ShowEntry
from apps.group_orders.application.show_statement import ShowStatement, StatementView
from apps.group_orders.domain.ledger import (
    AccountTooLow,
    AlreadyReversed,
    LedgerEntryNotFound,
    NotReversible,
)
from apps.group_orders.domain.order import OrganisersOnly
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import AlreadyRefunded
from apps.group_orders.presentation.money_schemas import EXAMPLE, Reversing, write_ledger
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import MfaRequired
from apps.shared.presentation.created import Located
from apps.shared.presentation.downloads import CsvDownload, described
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    prefix="/group-orders/{group_order_id}",
    tags=["group orders"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, *STAFF],
)


@router.get("/ledger", description=getdoc(ListEntries), openapi_extra=refuses(MfaRequired))
async def list_ledger(
    group_order_id: GroupOrderId, me: Me, page: PageAsked, entries: FromDishka[ListEntries]
) -> Listed[EntryView]:
    """List the ledger."""
    return page.show(await entries(group_order_id, to=me, after=page.after, limit=page.limit))


@router.post(
    "/ledger",
    status_code=201,
    description=getdoc(ReverseEntry),
    openapi_extra=refuses(
        *(MfaRequired, OrganisersOnly, LedgerEntryNotFound, NotReversible, AlreadyReversed),
        *(AlreadyRefunded, AccountTooLow, InvalidTransition, ContactData),
    ),
)
async def reverse_entry(
    group_order_id: GroupOrderId,
    body: Reversing,
    me: Me,
    reverse: FromDishka[ReverseEntry],
    show: FromDishka[ShowEntry],
    located: Located,
) -> EntryView:
    """Reverse an entry."""
    reversal = await reverse(group_order_id, by=me, reverses=body.reverses, reason=body.reason)
    located(None)
    return await show(reversal, to=me)


@router.get(
    "/ledger/export",
    response_class=CsvDownload,
    responses=described(EXAMPLE),
    description=getdoc(ExportLedger),
    openapi_extra=refuses(MfaRequired),
)
async def export_ledger(
    group_order_id: GroupOrderId, me: Me, export: FromDishka[ExportLedger]
) -> CsvDownload:
    """Export the ledger."""
    return await CsvDownload.of(write_ledger(export(group_order_id, to=me)), name="ledger.csv")


@router.get("/statement", description=getdoc(ShowStatement), openapi_extra=refuses(MfaRequired))
async def show_statement(
    group_order_id: GroupOrderId, me: Me, show: FromDishka[ShowStatement]
) -> StatementView:
    """Show the statement."""
    return await show(group_order_id, to=me)
