"""Entity tags (RFC 9110): an answer not sent twice, and a change not made to what nobody saw."""

from hashlib import blake2b
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from starlette.types import Message

from apps.shared.application.work import Precondition, unconditional
from apps.shared.domain.errors import StaleVersion

DIGEST_BYTES = 12
API = "/api/"
SHOWING = frozenset({"GET", "PATCH", "PUT"})
"""Methods whose 200 is the resource at that very path; a 201 shows the one it made below it."""
IF_MATCH = "The `ETag` of what was seen; where it no longer holds, nothing is changed."
CARRIED = frozenset({b"authorization", b"host"})
"""Of a request that changes something, what the question for its present tag is asked with."""


def tag_of(representation: bytes) -> str:
    """Return the strong tag of a representation, made of nothing but its bytes."""
    return f'"{blake2b(representation, digest_size=DIGEST_BYTES).hexdigest()}"'


def lists(header: str, tag: str) -> bool:
    """Tell whether `If-Match` or `If-None-Match` lists this strong tag, or any with `*`."""
    return header.strip() == "*" or tag in {each.strip() for each in header.split(",")}


def tagged(request: Request, response: Response) -> Response:
    """Tag an answer that shows a resource; send nothing but the tag to who has it already."""
    path = request.scope["path"]
    shows = (
        response.headers.get("Location", "").startswith(f"{path}/")
        if response.status_code == HTTPStatus.CREATED
        else response.status_code == HTTPStatus.OK and request.method in SHOWING
    )
    body = getattr(response, "body", None)
    if not shows or not isinstance(body, bytes) or not path.startswith(API):
        return response
    tag = response.headers["ETag"] = tag_of(body)
    had = ",".join(request.headers.getlist("If-None-Match")).replace("W/", "")
    if request.method != "GET" or not lists(had, tag):
        return response
    for name in ("Content-Length", "Content-Type", "Link"):
        del response.headers[name]
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=response.headers)


async def precondition(
    request: Request,
    if_match: Annotated[str | None, Header(alias="If-Match", description=IF_MATCH)] = None,
) -> Precondition:
    """Return what holds `If-Match` against the resource; it raises StaleVersion.

    The tag is that of the answer to GET at the same path, asked in the unit of work of the
    change once its object is locked: nobody can come between the comparison and the change.
    """
    if if_match is None:
        return unconditional
    expected = ",".join(request.headers.getlist("If-Match"))

    async def ensure_unchanged() -> None:
        if not lists(expected, tag_of(await present(request))):
            raise StaleVersion

    return ensure_unchanged


async def present(request: Request) -> bytes:
    """Return what GET would answer at the path of this request, within its unit of work."""
    answer = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answer.extend(message.get("body", b""))

    carried = [(name, value) for name, value in request.scope["headers"] if name in CARRIED]
    asked = {"method": "GET", "headers": carried, "query_string": b""}
    await request.app.router({**request.scope, **asked}, receive, send)
    return bytes(answer)


Unchanged = Annotated[Precondition, Depends(precondition)]
"""What a route that changes or removes a resource hands to its use case."""
