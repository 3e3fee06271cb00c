"""Address books over HTTP, and where to send the cards of a leg."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.shared.domain.errors import LimitExceeded
from apps.shared.presentation.created import Located
from apps.shared.presentation.entity_tags import Unchanged
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import UncachedCommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me
from apps.trading.application.keep_addresses import (
    AddAddress,
    AddressView,
    ListAddresses,
    RemoveAddress,
    ReplaceAddress,
    ShowAddress,
)
from apps.trading.application.show_leg_address import LegAddressView, ShowLegAddress
from apps.trading.domain.address import AddressId
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import TradeId
from apps.trading.presentation.address_schemas import AddressEntry

router = ApiRouter(tags=["trading"], route_class=UncachedCommandRoute, dependencies=SIGNED_IN)


@router.get("/me/addresses", description=getdoc(ListAddresses))
async def list_my_addresses(
    me: Me, page: PageAsked, addresses: FromDishka[ListAddresses]
) -> Listed[AddressView]:
    """List my addresses."""
    return page.show(await addresses(me, after=page.after, limit=page.limit))


@router.post(
    "/me/addresses",
    status_code=201,
    description=getdoc(AddAddress),
    openapi_extra=refuses(LimitExceeded),
)
async def add_address(
    body: AddressEntry,
    me: Me,
    add: FromDishka[AddAddress],
    show: FromDishka[ShowAddress],
    located: Located,
) -> AddressView:
    """Add an address."""
    address = await add(by=me, label=body.label, postal=body.postal())
    located(address)
    return await show(address, to=me)


@router.get("/me/addresses/{address_id}", description=getdoc(ShowAddress))
async def show_my_address(
    address_id: AddressId, me: Me, show: FromDishka[ShowAddress]
) -> AddressView:
    """Show an address of mine."""
    return await show(address_id, to=me)


@router.put("/me/addresses/{address_id}", description=getdoc(ReplaceAddress))
async def replace_address(
    address_id: AddressId,
    body: AddressEntry,
    me: Me,
    replace: FromDishka[ReplaceAddress],
    show: FromDishka[ShowAddress],
    unchanged: Unchanged,
) -> AddressView:
    """Replace an address of mine."""
    label, postal = body.label, body.postal()
    await replace(address_id, by=me, label=label, postal=postal, unchanged=unchanged)
    return await show(address_id, to=me)


@router.delete("/me/addresses/{address_id}", status_code=204, description=getdoc(RemoveAddress))
async def remove_address(
    address_id: AddressId, me: Me, remove: FromDishka[RemoveAddress], unchanged: Unchanged
) -> None:
    """Remove an address of mine."""
    await remove(address_id, by=me, unchanged=unchanged)


@router.get("/trades/{trade_id}/legs/{leg_id}/address", description=getdoc(ShowLegAddress))
async def show_leg_address(
    trade_id: TradeId, leg_id: LegId, me: Me, show: FromDishka[ShowLegAddress]
) -> LegAddressView:
    """Show where to send the cards of a leg."""
    return await show(leg_id, under=trade_id, to=me)
