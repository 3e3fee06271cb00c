"""How endpoints are served that need little of what FastAPI prepares for all of them.

Only the way is shorter, not the answer: whatever is not as usual, FastAPI is asked to serve.
"""

import json
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from fastapi import Request, Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.params import Body
from fastapi.routing import APIRoute, serialize_response
from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

JSON = b"application/json"
LENGTH = 1
"""Headers of a response without a body: its length; an endpoint may have added more."""

EMPTY = AsyncExitStack()
"""Stands for the two stacks that FastAPI enters for dependencies with `yield`: there are none."""


def without_stacks(handler: Handler) -> ASGIApp:
    """Serve requests as FastAPI does, but for what only dependencies with `yield` need."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        scope["fastapi_inner_astack"] = scope["fastapi_function_astack"] = EMPTY

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            response = await handler(request)
            await response(scope, receive, send)

        await wrap_app_handling_exceptions(answer, request)(scope, receive, send)

    return serve


def plainly(route: APIRoute, by_fastapi: Handler) -> Handler:
    """Validate a well-formed body and call the endpoint at once, where it takes nothing else."""
    endpoint, field = route.dependant.call, route.body_field
    if endpoint is None or field is None or not takes_a_body_only(route):
        return by_fastapi
    body_name, request_name = field.name, route.dependant.request_param_name
    response_name = route.dependant.response_param_name
    status = route.status_code or 200

    async def handle(request: Request) -> Response:
        sent = await json_of(request)
        body, faults = field.validate(sent, {}, loc=("body",)) if sent else (None, [sent])
        if faults:
            return await by_fastapi(request)
        given = {body_name: body} | ({request_name: request} if request_name else {})
        told = Response()
        if response_name:
            given[response_name] = told
        shown = await serialize_response(
            field=route.response_field, response_content=await endpoint(**given), dump_json=True
        )
        answer = Response(shown, status, media_type="application/json")
        answer.raw_headers += told.raw_headers[LENGTH:]
        return answer

    return handle


async def json_of(request: Request) -> Any:
    """Return what was sent, and said to be, JSON; None for everything that is anything else."""
    told = [value for name, value in request.scope["headers"] if name == b"content-type"]
    if told != [JSON]:
        return None
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        return None


def takes_a_body_only(route: APIRoute) -> bool:
    """Tell whether an endpoint takes one whole body, at most request and response beside it.

    And it shows a view.
    """
    its = route.dependant
    others = (
        *(its.path_params, its.query_params, its.header_params, its.cookie_params),
        *(its.dependencies, its.background_tasks_param_name),
    )
    return (
        not any(others)
        and [type(field.field_info) for field in its.body_params] == [Body]
        and route.body_field is its.body_params[0]
        and route.response_field is not None
        and isinstance(route.response_class, DefaultPlaceholder)
    )
