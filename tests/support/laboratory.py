"""Routes that misbehave in every way there is, added to the application."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field

from apps.shared.domain.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    Malformed,
    NotFound,
    StaleVersion,
    TooMany,
    Unauthenticated,
)
from apps.shared.presentation.bodies import Body, Line, Prose
from apps.shared.presentation.routes import CommandRoute, StrictRoute


class Torn(Conflict):
    """The page is torn.

    What is said further down is for programmers.
    """


class NoSuchPage(NotFound):
    """There is no such page."""


class Page(Body):
    """Something to send."""

    title: Annotated[Line, Field(max_length=10)]
    text: Annotated[Prose, Field(max_length=100)] = ""
    notes: dict[str, int] = {}
    lines: list["Page"] = []


REFUSALS: dict[str, tuple[DomainError, int, str]] = {
    "domain": (DomainError("no"), 422, "domain-error"),
    "malformed": (Malformed(), 400, "malformed"),
    "unauthenticated": (Unauthenticated(), 401, "unauthenticated"),
    "forbidden": (Forbidden(), 403, "forbidden"),
    "not-found": (NotFound(), 404, "not-found"),
    "no-such-page": (NoSuchPage("page 7", page=7), 404, "not-found"),
    "conflict": (Conflict(), 409, "conflict"),
    "torn": (Torn("Page 7 is torn.", page=7), 409, "torn"),
    "stale": (StaleVersion(), 412, "stale-version"),
    "too-many": (TooMany(retry_after=7), 429, "too-many"),
    "busy": (Busy(), 503, "busy"),
}

router = APIRouter(prefix="/laboratory", route_class=StrictRoute)


@router.get("/refusals/{name}")
async def refuse(name: str) -> None:
    raise REFUSALS[name][0]


@router.get("/fault")
async def fail() -> None:
    raise ZeroDivisionError("postgresql://app:secret@db/kcs")


@router.get("/pages/{page_id}")
async def show_page(
    page_id: UUID,
    size: Annotated[int, Query(ge=1)] = 1,
    colour: str = "",
    x_ink: Annotated[int | None, Header()] = None,
) -> dict[str, Any]:
    return {"id": page_id, "size": size, "colour": colour, "ink": x_ink}


@router.get("/plain")
async def show_nothing() -> dict[str, Any]:
    return {}


@router.post("/pages")
async def write_page(page: Page) -> Page:
    return page


@router.post("/drafts")
async def write_draft(page: Page | None = None) -> Page | None:
    return page


@router.get("/request-id")
async def tell_request_id(request: Request) -> str:
    told: str = request.state.request_id
    return told


def commanding(step: Callable[[], Awaitable[Any]]) -> APIRouter:
    """A command that takes one step; its route asks who it is, as all commands do."""
    commands = APIRouter(prefix="/laboratory", route_class=CommandRoute)

    @commands.post("/commands")
    async def command() -> Any:
        return await step()

    @commands.get("/commands")
    async def look() -> Any:
        return await step()

    return commands
