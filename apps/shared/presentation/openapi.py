"""How the API describes itself, and the page that shows it without a network."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field

from apps.shared.presentation.operations import complete
from apps.shared.presentation.problems import MEDIA_TYPE

ASSETS = Path(fastapi_offline.__file__).parent / "static"
DOCUMENT = "/api/v1/openapi.json"


class Fault(BaseModel):
    """Where a request departs from what was agreed: one of pointer, parameter and header."""

    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    code: str
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457); `code` is what a client branches on."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    trace_id: str | None = Field(None, description="That of `traceparent`, where there was one.")
    errors: list[Fault] | None = None
    limit_key: str | None = Field(None, description="`limit-exceeded`: which limit it is.")
    limit_value: int | None = Field(None, description="`limit-exceeded`: how much it allows.")
    current_value: int | None = Field(None, description="`limit-exceeded`: how much there is.")
    reset_at: datetime | None = Field(
        None, description="`limit-exceeded`: when it starts anew; null where it never does."
    )
    copy_ids: list[UUID] | None = Field(None, description="The copies that it is about.")
    trade_ids: list[UUID] | None = Field(
        None, description="`copy-already-promised`: under which trades, told to the owner only."
    )
    again_at: datetime | None = Field(None, description="`recently-rejected`: when to ask again.")
    state: str | None = Field(None, description="`invalid-transition`: the state it is in.")
    allowed_actions: list[str] | None = Field(
        None, description="`invalid-transition`: what you can do instead."
    )
    changes: list[dict[str, str | None]] | None = Field(
        None, description="`match-changed`: what is different, by a code, and about what."
    )
    revision: int | None = Field(None, description="`stale-revision`: the present one.")
    expected_revision: str | None = Field(
        None, description="`not-ready`: which revision of the schema this version needs."
    )
    found_revision: str | None = Field(
        None, description="`not-ready`: which one the database has; null where it has none."
    )
    missing_tables: list[str] | None = Field(
        None, description="`not-ready`: which tables the database lacks."
    )


PROBLEMS: dict[int | str, dict[str, Any]] = {
    kind: {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
    for schema in [{"$ref": "#/components/schemas/Problem"}]
    for kind, description in {"4XX": "Refused", "5XX": "Not now, or a fault of ours"}.items()
}

MOVED: dict[int | str, dict[str, Any]] = {
    308: {"description": "Found under the id in `Location`, into which this one was merged"}
}


def operation_id(route: APIRoute) -> str:
    """Return the endpoint's name in lowerCamel."""
    return re.sub(r"_(.)", lambda found: found[1].upper(), route.name)


ABOUT_IT = """Members enter copies of photocards and the cards they look for, find each other,
propose trades and hand cards over. A copy is promised once at a time.

Every answer is the bare resource; every refusal is a problem (RFC 9457) whose `code` tells
programs what it is and whose `type` leads to a page that tells people. Lists are read page by page
with `cursor`. Moments are UTC, ids are UUIDs, and what may be missing is present as null.

Where the answer to a change has `X-Consistency-Token`, a read that sends it back shows that
change, whichever server answers; who always talks to the same one need not.
"""
TAGS = {
    "identity": "Accounts, signed-in devices, profiles, and whom one does not want to meet.",
    "catalogue": "Groups, idols, releases and their photocards; everybody may read it.",
    "collection": "The copies that members hold and the cards they look for.",
    "trading": "Agreements to swap copies, from the proposal to the hand-over.",
    "group orders": "Buying together: rounds, claims, money and what comes of it.",
    "matching": "Who could swap with whom, in pairs, in rings, and for a whole region at once.",
    "market": "What is offered and wanted, and what cards are worth in others, over time.",
    "system": "What machines ask about the service itself.",
}
ABOUT: dict[str, Any] = {
    "title": "KCardSwap",
    "version": "1",
    "summary": "Swap K-pop photocards.",
    "description": ABOUT_IT,
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "contact": {"name": "KCardSwap", "url": "https://kcardswap.example"},
    "servers": [{"url": "/", "description": "This installation."}],
    "openapi_tags": [{"name": name, "description": text} for name, text in TAGS.items()],
    "openapi_url": DOCUMENT,
    "docs_url": None,
    "redoc_url": None,
    "redirect_slashes": False,
    "generate_unique_id_function": operation_id,
}


def serve_documentation(app: FastAPI) -> None:
    """Serve the page, its assets, and a description that knows what a problem looks like."""
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="documentation")
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            template = "#/components/schemas/{model}"
            problem = Problem.model_json_schema(ref_template=template)
            document["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
            complete(document)
        return describe()

    vars(app)["openapi"] = openapi

    app.get("/docs", include_in_schema=False)(show_documentation)


async def show_documentation(request: Request) -> HTMLResponse:
    """Show what the API can do."""
    return get_swagger_ui_html(
        openapi_url=DOCUMENT,
        title=request.app.title,
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/docs/assets/favicon.png",
    )
