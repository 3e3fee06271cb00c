"""Archives of what is known of a member, over HTTP."""

from inspect import getdoc
from typing import Annotated, Any
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Query, Request, Response

from apps.identity.application.export_me import ExportMe, ExportTooSoon, FetchExport
from apps.shared.application.long_work import OperationNotFound, OperationView, ShowOperation
from apps.shared.domain.errors import InvalidToken, ReauthRequired, TokenExpired, Unauthenticated
from apps.shared.presentation.long_work import AS_AN_OPERATION, PATH
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute, StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, ProvenDevice, current_member

router = ApiRouter(tags=["identity"], route_class=CommandRoute, dependencies=SIGNED_IN)
fetching = ApiRouter(tags=["identity"], route_class=StrictRoute)
ZIP = "application/zip"
LATEST = 253_402_300_799
"""The last second that four digits of a year can tell."""


class Archive(Response):
    """A ZIP to be kept as a file."""

    media_type = ZIP


AS_A_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The archive.",
        "headers": {
            "Content-Disposition": {
                "schema": {"type": "string"},
                "description": "A name to keep the file under.",
                "required": True,
            }
        },
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/me/exports",
    status_code=202,
    responses=AS_AN_OPERATION,
    description=getdoc(ExportMe),
    openapi_extra=refuses(ReauthRequired, ExportTooSoon),
)
async def export_me(
    caller: ProvenDevice,
    export: FromDishka[ExportMe],
    show: FromDishka[ShowOperation],
    response: Response,
) -> OperationView:
    """Ask for an archive of my data."""
    id = await export(caller.member_id)
    response.headers["Location"] = f"{PATH}/{id}"
    return await show(id, to=caller.member_id)


@fetching.get(
    "/exports/{operation_id}",
    response_class=Archive,
    responses=AS_A_FILE,
    description=getdoc(FetchExport),
    openapi_extra=refuses(OperationNotFound, Unauthenticated, InvalidToken, TokenExpired),
)
async def fetch_export(
    operation_id: UUID,
    until: Annotated[int, Query(ge=0, le=LATEST)],
    signature: Annotated[str, Query(pattern="^[0-9a-f]{64}$", examples=["3f" * 32])],
    request: Request,
    fetch: FromDishka[FetchExport],
) -> Archive:
    """Fetch an archive of my data."""
    by = await current_member(request) if "Authorization" in request.headers else None
    file = await fetch(operation_id, signature, until=until, by=by)
    name = {"Content-Disposition": 'attachment; filename="kcardswap.zip"'}
    return Archive(memoryview(file), headers=name)  # what is fetched once needs no tag
