"""Every refusal as RFC 9457 problem details; nothing else knows which status a refusal has."""

import logging
import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from inspect import getdoc
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic_core import to_jsonable_python
from starlette.exceptions import HTTPException

from apps.shared.domain.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    InvalidToken,
    Malformed,
    Moved,
    NotFound,
    NotOffered,
    StaleVersion,
    TokenExpired,
    TooMany,
    Unauthenticated,
    Unreachable,
)
from apps.shared.presentation.request_id import trace_id

logger = logging.getLogger(__name__)


class ValidationFailed(DomainError):
    """The request does not have the agreed form; `errors` says where."""


class MethodNotAllowed(DomainError):
    """This address exists, but not for this method; `Allow` names those it takes."""


class InternalError(DomainError):
    """The fault is ours; it has been logged under the request id."""


class UnsupportedMediaType(DomainError):
    """A body is sent in the media type that its route declares, mostly `application/json`."""


class RequestTimeout(DomainError):
    """The rest of the request did not come in time."""


class PayloadTooLarge(DomainError):
    """The body is longer than what is read here."""


MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[DomainError], HTTPStatus] = {
    DomainError: HTTPStatus.UNPROCESSABLE_ENTITY,
    Malformed: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NotOffered: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    StaleVersion: HTTPStatus.PRECONDITION_FAILED,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    Unreachable: HTTPStatus.BAD_GATEWAY,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    InternalError: HTTPStatus.INTERNAL_SERVER_ERROR,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    PayloadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
WRONG_TOKENS = {Unauthenticated, InvalidToken, TokenExpired}
"""Refusals of who signs a request; others are of what else it says, as of a password."""
ROUTING: dict[HTTPStatus, type[DomainError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: PayloadTooLarge,
}
"""What the framework's own refusals mean; any other one says that it could not read on."""
FAULT_LIES_IN = {"query": "parameter", "path": "parameter", "header": "header"}


def code_of(kind: type[DomainError]) -> str:
    """Return what clients branch on; all kinds of NotFound share one, or they would tell apart."""
    name = NotFound.__name__ if issubclass(kind, NotFound) else kind.__name__
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def status_of(kind: type[DomainError]) -> HTTPStatus:
    """Return the status of the nearest kind above this one."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


def title_of(kind: type[DomainError]) -> str:
    """Return the kind in one sentence, the same each time it is refused."""
    return (getdoc(kind) or "").partition("\n")[0]


def known() -> dict[str, type[DomainError]]:
    """Return every kind of refusal that this program has loaded, by its code and sorted by it."""
    kinds = {code_of(kind): kind for kind in _kinds_of(DomainError)} | {"not-found": NotFound}
    return dict(sorted(kinds.items()))


def _kinds_of(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in set(kind.__subclasses__()) - {Moved}:  # which is answered, not refused
        yield each
        yield from _kinds_of(each)


def install(app: FastAPI) -> None:
    """Answer every failure of this app with a problem."""
    app.add_exception_handler(DomainError, refuse)
    app.add_exception_handler(Moved, send_on)
    app.add_exception_handler(RequestValidationError, refuse_form)
    app.add_exception_handler(HTTPException, refuse_routing)
    app.add_exception_handler(Exception, break_down)


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """Tell what the rules say."""
    refusal = cast("DomainError", error)
    if isinstance(refusal, NotFound):  # of what is missing, only its place in the body is told
        refusal = NotFound(**{k: v for k, v in refusal.members.items() if k == "errors"})
    request.state.refusal = refusal
    kind = type(refusal)
    status = status_of(kind)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        wrong = "Authorization" in request.headers and kind in WRONG_TOKENS
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if wrong else "Bearer"
    if isinstance(refusal, TooMany | Busy):
        headers["Retry-After"] = str(refusal.members.get("retry_after", 1))
    if isinstance(refusal, TooMany) and (quota := refusal.quota):
        window = int(quota.window.total_seconds())
        headers["RateLimit-Policy"] = f'"{quota.name}";q={quota.count};w={window}'
        headers["RateLimit"] = f'"{quota.name}";r=0;t={headers["Retry-After"]}'
    code = code_of(kind)
    told = {
        "type": f"{request.base_url}problems/{code}",
        "title": title_of(kind),
        "status": status,
        "detail": str(refusal),
        "instance": request.url.path,
        "code": code,
        "request_id": request.state.request_id,
        **({"trace_id": trace} if (trace := trace_id()) else {}),
        **refusal.members,
    }
    return JSONResponse(to_jsonable_python(told), status, headers, MEDIA_TYPE)


async def send_on(request: Request, error: Exception) -> Response:
    """Lead to the same thing under its present id, with the same parameters (308)."""
    (was,) = request.path_params.values()
    path = request.url.path.replace(was, str(cast("Moved", error).now))
    query = request.url.remove_query_params("cursor").query  # it fits the other list only
    location = f"{path}?{query}" if query else path
    return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers={"Location": location})


async def refuse_form(request: Request, error: Exception) -> JSONResponse:
    """Tell where the request departs from the agreed form."""
    faults = cast("RequestValidationError", error).errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return await refuse(request, Malformed("The body is not JSON."))
    errors = [
        _place(fault["loc"]) | {"code": fault["type"].replace("_", "-"), "detail": fault["msg"]}
        for fault in faults
    ]
    return await refuse(request, ValidationFailed(errors=errors))


async def refuse_routing(request: Request, error: Exception) -> JSONResponse:
    """Tell what the framework found wrong before any of our code ran."""
    refusal = cast("HTTPException", error)
    kind = ROUTING.get(HTTPStatus(refusal.status_code), Malformed)
    response = await refuse(request, kind())
    if kind is MethodNotAllowed:
        response.headers["Allow"] = ", ".join(sorted(methods_at(request)))
    return response


def methods_at(request: Request) -> set[str]:
    """Return what the path takes; the framework names only the methods of one of its routes."""
    routes = [
        route
        for route in iter_route_contexts(request.app.routes)
        if (pattern := getattr(route, "path_regex", None)) and pattern.match(request.url.path)
    ]
    own = [route for route in routes if route.path == request.url.path]
    return {method for route in own or routes for method in route.methods or ()}


async def break_down(request: Request, error: Exception) -> JSONResponse:
    """Admit a fault of ours; the log has its trace, the answer only the request's id."""
    logger.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
    return await refuse(request, InternalError())


def _place(loc: Sequence[str | int]) -> dict[str, str]:
    """Name the parameter or header at fault, or point into the body (RFC 6901)."""
    source, *path = loc
    if kind := FAULT_LIES_IN.get(str(source)):
        return {kind: str(path[0])}
    return {"pointer": pointer(*path)}


def pointer(*path: str | int) -> str:
    """Return the RFC 6901 pointer to a place in a body."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)
