"""What organisers have made of their group orders, over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.group_orders.application.show_record import OrganiserRecordView, ShowOrganiserRecord
from apps.shared.domain.errors import MfaRequired
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me

router = ApiRouter(
    tags=["group orders"], route_class=CommandRoute, dependencies=[*SIGNED_IN, *STAFF]
)


@router.get(
    "/members/{member_id}/organiser-record",
    description=getdoc(ShowOrganiserRecord),
    openapi_extra=refuses(MfaRequired),
)
async def show_organiser_record(
    member_id: MemberId, me: Me, show: FromDishka[ShowOrganiserRecord]
) -> OrganiserRecordView:
    """Show what an organiser has made of their group orders."""
    return await show(member_id, to=me)
