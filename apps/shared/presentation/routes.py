"""How requests run: strictly read, and, where they change something, inside one unit of work."""

import asyncio
from collections.abc import Callable, Collection
from difflib import get_close_matches
from hashlib import sha256
from inspect import getdoc
from random import uniform
from time import monotonic
from typing import Any
from urllib.parse import quote
from uuid import UUID

from dishka.integrations.fastapi import DishkaRoute
from fastapi import Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query

from apps.shared.application.replies import KeyedRequest, Replies, Reply
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy, DomainError, Malformed, Unsettled
from apps.shared.presentation.entity_tags import tagged
from apps.shared.presentation.plain import Handler, plainly, without_stacks
from apps.shared.presentation.problems import UnsupportedMediaType, ValidationFailed, refuse
from apps.shared.presentation.who import current_caller

JSON = "application/json"
JSON_TYPES = {JSON, "application/merge-patch+json"}
PAUSES = (0.02, 0.05, 0.1, 0.2)
"""Seconds, at most, before each further attempt; each pause is drawn at random up to that."""
LONGEST_KEY = 255
PATIENCE = 1.5
"""Seconds after which another attempt would only wait for the same lock again."""


class UnknownParameter(Malformed):
    """There is no such query parameter."""


class StrictRoute(DishkaRoute):
    """Refuses what it does not know: query parameters, and bodies of another media type."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Let the endpoint's first sentence be the summary of the operation."""
        summary = options.pop("summary", None) or (getdoc(endpoint) or "").partition(".")[0]
        super().__init__(path, endpoint, summary=summary, **options)
        self.app = without_stacks(self.get_route_handler())

    def get_route_handler(self) -> Handler:
        """Check a request before FastAPI reads it."""
        endpoint = plainly(self, super().get_route_handler())
        asked = get_flat_params(self.dependant)
        known = sorted(field.alias for field in asked if isinstance(field.field_info, Query))
        kinds = media_types(self.body_field.field_info) if self.body_field else ()

        async def handle(request: Request) -> Response:
            if request.scope["query_string"]:
                refuse_unknown(request, known)
            refuse_misspelt(request)
            if kinds:
                await refuse_other_media(request, kinds)
            # Every service is built once, so none needs a container of this request.
            request.state.dishka_container = request.app.state.dishka_container
            return tagged(request, await endpoint(request))

        return handle


class CommandRoute(StrictRoute):
    """Runs a change in one unit of work, and anew while the database is too busy for it.

    Where it may have been done and only the answer of the database was lost, it is run anew if a
    key keeps it from being done twice.

    The use cases join that unit, and the answer is complete before it commits, so that no
    success is ever sent for a change that was not kept. A dependency with `yield` has no place
    on such a route: it would outlive its attempt.
    """

    def get_route_handler(self) -> Handler:
        """Wrap the strict handler; a GET passes through."""
        endpoint = super().get_route_handler()
        if self.methods == {"GET"}:
            return endpoint

        async def handle(request: Request) -> Response:
            keyed = await read_key(request)
            give_up_at = monotonic() + PATIENCE
            for attempts, pause in enumerate(PAUSES, start=1):
                try:
                    return await attempt(request, keyed, endpoint)
                except Busy as busy:
                    twice = keyed is None and isinstance(busy, Unsettled)
                    if twice or monotonic() > give_up_at:
                        raise
                request.state.retries = attempts
                await asyncio.sleep(uniform(0, pause))
            return await attempt(request, keyed, endpoint)

        return handle


async def read_key(request: Request) -> KeyedRequest | None:
    """Say who asks, before the unit of work opens, and under which Idempotency-Key, if any."""
    caller, keys = await current_caller(request), request.headers.getlist("Idempotency-Key")
    if not keys or request.method != "POST":
        return None
    key, *others = keys
    if others or not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        detail = "An Idempotency-Key has 1 to 255 printable ASCII characters, and there is one."
        fault = {"header": "Idempotency-Key", "code": "malformed", "detail": detail}
        raise Malformed(detail, errors=[fault])
    return KeyedRequest(
        member_id=caller.member_id,
        method=request.method,
        path=quote(request.url.path)[:LONGEST_KEY],  # a longer one has no effect to be kept
        key=key,
        digest=sha256(request.url.query.encode() + b"\n" + await request.body()).digest(),
    )


async def attempt(request: Request, keyed: KeyedRequest | None, endpoint: Handler) -> Response:
    """Run the endpoint, keep the answer and commit; only then is there something to send."""
    container = request.app.state.dishka_container
    async with await container.get(UnitOfWork):
        if keyed is None:
            return await answer(request, endpoint)
        replies = await container.get(Replies)
        if kept := await replies.reserve(keyed):
            request.state.replayed = True
            headers = kept.headers | {"Idempotency-Replayed": "true"}
            return Response(kept.body, kept.status, headers)
        response = await answer(request, endpoint)
        reply = Reply(
            status=response.status_code,
            headers=dict(response.headers),
            body=bytes(response.body),
        )
        await replies.keep(keyed, reply)
        return response


async def answer(request: Request, endpoint: Handler) -> Response:
    """Run the endpoint; a refusal whose traces are kept is an answer here, and no failure."""
    try:
        return await endpoint(request)
    except DomainError as refusal:
        if not refusal.kept:
            raise
        return await refuse(request, refusal)


def refuse_unknown(request: Request, known: list[str]) -> None:
    """Name the first unknown query parameter, and the known one it looks like."""
    for name in request.query_params:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0) if known else []
            hint = f" Did you mean `{near[0]}`?" if near else " This route takes none."
            raise UnknownParameter(
                f"There is no query parameter `{name}`.{hint}",
                errors=[{"parameter": name, "code": "unknown-parameter", "detail": hint.strip()}],
            )


def refuse_misspelt(request: Request) -> None:
    """Hold that ids in the path are spelt as everywhere, or one thing had several addresses."""
    for name, told in request.path_params.items():
        try:
            spelt = str(UUID(told))
        except ValueError:
            continue  # of whatever kind it is, it is read by FastAPI
        if told != spelt:
            detail = "Ids are written in lower case, with hyphens."
            fault = {"parameter": name, "code": "uuid-parsing", "detail": detail}
            raise ValidationFailed(errors=[fault])


def media_types(body: Any) -> Collection[str]:
    """Return as what a body may be sent: as JSON, or as what its route declares instead."""
    declared = getattr(body, "media_type", JSON)
    return JSON_TYPES if declared == JSON else (declared,)


async def refuse_other_media(request: Request, kinds: Collection[str]) -> None:
    """Raise UnsupportedMediaType where a body is there and is not said to be of these."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in kinds and await request.body():
        raise UnsupportedMediaType(f"This body is sent as {' or '.join(sorted(kinds))}.")
