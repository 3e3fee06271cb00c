"""Operations over HTTP."""

from inspect import getdoc
from typing import Any
from uuid import UUID

from dishka.integrations.fastapi import FromDishka

from apps.shared.application.long_work import OperationView, ShowOperation
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(tags=["system"], route_class=CommandRoute, dependencies=SIGNED_IN)
PATH = "/api/v1/operations"
"""Where operations are found; `Location` of whatever begins one is an id below it."""

AS_AN_OPERATION: dict[int | str, dict[str, Any]] = {
    202: {
        "headers": {
            "Location": {
                "schema": {"type": "string"},
                "description": "Where it tells how it goes.",
                "required": True,
            }
        }
    }
}
"""What is told of the answer to whatever begins one."""


@router.get("/operations/{operation_id}", description=getdoc(ShowOperation))
async def show_operation(
    operation_id: UUID, me: Me, show: FromDishka[ShowOperation]
) -> OperationView:
    """Show how an operation goes."""
    return await show(operation_id, to=me)
