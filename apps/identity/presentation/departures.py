"""Leaving over HTTP, and staying after all."""

from datetime import datetime
from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.identity.application.delete_account import CancelDeletion, DeleteAccount
from apps.identity.domain.one_time_token import InvalidOrExpiredToken
from apps.identity.domain.staff import LastAdmin
from apps.identity.domain.user import OpenOrders, OpenTrades
from apps.identity.presentation.schemas import MailedToken
from apps.shared.domain.errors import ReauthRequired
from apps.shared.presentation.bodies import Representation
from apps.shared.presentation.entity_tags import Unchanged
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute, StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, ProvenDevice

router = ApiRouter(tags=["identity"], route_class=CommandRoute, dependencies=SIGNED_IN)
cancelling = ApiRouter(tags=["identity"], route_class=StrictRoute)
"""It opens its own unit of work: nobody is signed in."""


class Leaving(Representation):
    """Until when that can be called off."""

    erase_after: datetime


@router.delete(
    "/me",
    status_code=202,
    description=getdoc(DeleteAccount),
    openapi_extra=refuses(ReauthRequired, LastAdmin, OpenTrades, OpenOrders),
)
async def delete_me(
    caller: ProvenDevice, delete: FromDishka[DeleteAccount], unchanged: Unchanged
) -> Leaving:
    """Delete my account."""
    return Leaving(erase_after=await delete(caller, unchanged=unchanged))


@cancelling.post(
    "/me/deletion/cancel",
    status_code=204,
    description=getdoc(CancelDeletion),
    openapi_extra=refuses(InvalidOrExpiredToken),
)
async def cancel_deletion(body: MailedToken, cancel: FromDishka[CancelDeletion]) -> None:
    """Keep my account."""
    await cancel(body.token.get_secret_value())
