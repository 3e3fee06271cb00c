"""Many copies at once over HTTP, as JSON and as CSV."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Body, Query
from pydantic import WithJsonSchema

from apps.collection.application.add_copies import AddCopies, Pile, TooManyAtOnce
from apps.collection.application.export_copies import ExportCopies
from apps.collection.application.import_copies import ImportCopies, ImportView, TooManySearches
from apps.collection.application.show_binders import ShowCopies
from apps.collection.presentation.copy_lists import (
    EXAMPLE,
    LONGEST_LIST,
    ListRefused,
    read_list,
    write_list,
)
from apps.collection.presentation.schemas import BatchEntry, BatchOut
from apps.shared.application.tables import NotCsv
from apps.shared.domain.errors import DuplicateIds, LimitExceeded, NotFound
from apps.shared.presentation.bodies import Switch
from apps.shared.presentation.created import Located
from apps.shared.presentation.downloads import CsvDownload, described
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(tags=["collection"], route_class=CommandRoute, dependencies=SIGNED_IN)

List = Annotated[
    bytes,
    Body(media_type="text/csv", max_length=LONGEST_LIST),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A list as CSV in UTF-8.",
            "maxLength": LONGEST_LIST,
            "examples": [EXAMPLE],
        }
    ),
]
DryRun = Annotated[Switch, Query(description="Create nothing yet, only tell what each line means.")]


@router.post(
    "/me/copies/batch",
    status_code=201,
    description=getdoc(AddCopies),
    openapi_extra=refuses(NotFound, LimitExceeded, TooManyAtOnce),
)
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


@router.get(
    "/me/copies/export",
    response_class=CsvDownload,
    responses=described(EXAMPLE),
    description=getdoc(ExportCopies),
)
async def export_copies(me: Me, export: FromDishka[ExportCopies]) -> CsvDownload:
    """Export my copies."""
    return await CsvDownload.of(write_list(export(me)), name="copies.csv")


@router.post(
    "/me/copies/import",
    description=getdoc(ImportCopies),
    openapi_extra=refuses(
        NotCsv, ListRefused, TooManySearches, DuplicateIds, TooManyAtOnce, LimitExceeded
    ),
)
async def import_copies(
    body: List, me: Me, import_: FromDishka[ImportCopies], *, dry_run: DryRun = True
) -> ImportView:
    """Import copies."""
    return await import_(read_list(body), by=me, dry_run=dry_run)
