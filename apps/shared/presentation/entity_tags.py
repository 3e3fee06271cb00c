"""Entity tags (RFC 9110): an answer not sent twice, and a change not made to what nobody saw."""

from hashlib import blake2b
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.types import Message

from apps.shared.application.work import Precondition, unconditional
from apps.shared.domain.errors import StaleVersion

DIGEST_BYTES = 12
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
    if response.status_code not in {200, 201} or not isinstance(
        body := getattr(response, "body", None), bytes
    ):
        return response
    tag = response.headers["ETag"] = tag_of(body)
    had = request.headers.get("If-None-Match", "").replace("W/", "")
    if request.method != "GET" or not lists(had, tag):
        return response
    kept = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(status_code=304, headers=kept)


async def precondition(request: Request) -> Precondition:
    """Return what holds `If-Match` against the resource; it raises StaleVersion.

    The tag is that of the answer to GET at the same path, asked in the unit of work of the
    change once its object is locked: nobody can come between the comparison and the change.
    """
    expected = request.headers.get("If-Match")
    if expected is None:
        return unconditional

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
