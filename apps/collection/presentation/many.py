"""Many copies at once over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka
from fastapi import APIRouter

from apps.collection.application.add_copies import AddCopies, Pile
from apps.collection.application.show_binders import ShowCopies
from apps.collection.presentation.schemas import BatchEntry, BatchOut
from apps.shared.presentation.created import Located
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.who import SIGNED_IN, Me

router = APIRouter(tags=["collection"], route_class=CommandRoute, dependencies=SIGNED_IN)


@router.post("/me/copies/batch", status_code=201, description=getdoc(AddCopies))
async def add_copies(
    body: BatchEntry,
    me: Me,
    add: FromDishka[AddCopies],
    show: FromDishka[ShowCopies],
    located: Located,
) -> BatchOut:
    """Add many copies."""
    copies = await add([Pile(**dict(item)) for item in body.items], by=me)
    located(None)
    return BatchOut(items=[*await show(copies, to=me)])
