"""Every refusal as RFC 9457 problem details; nothing else knows which status a refusal has."""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from inspect import getdoc
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic_core import to_jsonable_python
from starlette.exceptions import HTTPException

from apps.shared.domain.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    Malformed,
    Moved,
    NotFound,
    StaleVersion,
    TooMany,
    Unauthenticated,
)
from apps.shared.presentation.request_id import HEADER as REQUEST_ID

logger = logging.getLogger(__name__)


class ValidationFailed(DomainError):
    """The request does not have the agreed form; `errors` says where."""


class UnsupportedMediaType(DomainError):
    """A body is sent as JSON: `Content-Type: application/json`."""


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
    Conflict: HTTPStatus.CONFLICT,
    StaleVersion: HTTPStatus.PRECONDITION_FAILED,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    PayloadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
FAULT_LIES_IN = {"query": "parameter", "path": "parameter", "header": "header"}


def code_of(kind: type[DomainError]) -> str:
    """Return what clients branch on; all kinds of NotFound share one, or they would tell apart."""
    name = NotFound.__name__ if issubclass(kind, NotFound) else kind.__name__
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def status_of(kind: type[DomainError]) -> HTTPStatus:
    """Return the status of the nearest kind above this one."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


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
    kind = type(refusal)
    status = status_of(kind)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        sent = "Authorization" in request.headers
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if sent else "Bearer"
    if isinstance(refusal, TooMany | Busy):
        headers["Retry-After"] = str(refusal.members.get("retry_after", 1))
    title = (getdoc(kind) or "").partition("\n")[0]
    told = {"title": title, "detail": str(refusal), "code": code_of(kind), **refusal.members}
    return _problem(request, status, told, headers)


async def send_on(request: Request, error: Exception) -> Response:
    """Lead to the same thing under its present id, with the same parameters (308)."""
    (was,) = request.path_params.values()
    path = request.url.path.replace(was, str(cast("Moved", error).now))
    query = f"?{request.url.query}" if request.url.query else ""
    return Response(
        status_code=HTTPStatus.PERMANENT_REDIRECT, headers={"Location": f"{path}{query}"}
    )


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
    status = HTTPStatus(refusal.status_code)
    if status == HTTPStatus.NOT_FOUND:
        return await refuse(request, NotFound())
    if status == HTTPStatus.BAD_REQUEST:
        return await refuse(request, Malformed("The body cannot be read."))
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return await refuse(request, PayloadTooLarge())
    code = status.phrase.lower().replace(" ", "-")
    told = {"title": status.phrase, "detail": refusal.detail, "code": code}
    return _problem(request, status, told, refusal.headers)


async def break_down(request: Request, error: Exception) -> JSONResponse:
    """Admit a fault of ours; the log has its trace, the answer only the request's id."""
    logger.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "The fault is ours; it has been logged under the request id."
    told = {"title": status.phrase, "detail": detail, "code": "internal-error"}
    # It is made outside of every middleware, past the one that stamps all other answers.
    return _problem(request, status, told, {REQUEST_ID: request.state.request_id})


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


def _problem(
    request: Request,
    status: HTTPStatus,
    told: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = {
        "type": f"{request.base_url}problems/{told['code']}",
        "status": status,
        "instance": request.url.path,
        "request_id": request.state.request_id,
        **told,
    }
    return JSONResponse(to_jsonable_python(body), status, headers, MEDIA_TYPE)
