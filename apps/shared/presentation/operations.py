"""What every operation takes, answers and may refuse, told once for all of them.

FastAPI describes what is particular to an operation, which names its refusals with `refuses`. What
follows from a convention is completed here, from the very classes that make the answers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from apps.shared.application.readiness import NotReady, SchemaMissing
from apps.shared.application.replies import IdempotencyInProgress, IdempotencyKeyReused
from apps.shared.application.reseal import SealBroken
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.errors import (
    Busy,
    DomainError,
    InvalidToken,
    Malformed,
    NotFound,
    StaleVersion,
    TokenExpired,
    Unauthenticated,
    Unsettled,
)
from apps.shared.presentation.examples import example_of, identify
from apps.shared.presentation.origins import UnknownHost
from apps.shared.presentation.pages import CursorMismatch
from apps.shared.presentation.problems import (
    MEDIA_TYPE,
    InternalError,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
    ValidationFailed,
    code_of,
    known,
    status_of,
    title_of,
)
from apps.shared.presentation.routes import JSON, UnknownParameter

METHODS = {"get", "put", "post", "patch", "delete"}
NAMED = "x-refusals"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
DONE = {
    "200": "Done.",
    "201": "Made.",
    "202": "Taken on.",
    "204": "Done; there is nothing to show.",
}


def refuses(*kinds: type[DomainError]) -> dict[str, Any]:
    """Name, as a route's `openapi_extra`, what it refuses beside what every such route does."""
    return {NAMED: [code_of(kind) for kind in kinds]}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as FastAPI has described it."""

    method: str
    path: str
    told: dict[str, Any]

    def takes(self, where: str, name: str | None = None) -> bool:
        """Tell whether there is a parameter in this place, or one of this name."""
        parameters = self.told.get("parameters", ())
        return any(p.get("in") == where and name in {None, p["name"]} for p in parameters)

    @property
    def is_signed_in(self) -> bool:
        """Only members may ask."""
        return bool(self.told.get("security"))

    @property
    def is_read(self) -> bool:
        """Nothing is changed by it."""
        return self.method == "get"

    @property
    def has_body(self) -> bool:
        """A body may be sent."""
        return "requestBody" in self.told

    @property
    def is_keyed(self) -> bool:
        """It is served once however often it comes under one Idempotency-Key."""
        return self.method == "post" and self.is_signed_in and "/auth/" not in self.path

    @property
    def is_listed(self) -> bool:
        """It shows page after page."""
        return self.takes("query", "cursor")

    @property
    def is_tagged(self) -> bool:
        """It shows a resource or a page, which a client may have already."""
        shown = self.told["responses"].get("200", {}).get("content", {})
        return self.is_read and self.is_of_the_api and JSON in shown

    @property
    def is_of_the_api(self) -> bool:
        """It is no question about the service itself."""
        return self.path.startswith("/api/")


CONVENTIONS: tuple[tuple[Callable[[Operation], bool], tuple[type[DomainError], ...]], ...] = (
    (lambda _: True, (UnknownParameter, InternalError)),
    (lambda its: its.is_of_the_api, (UnknownHost, Busy, SchemaMissing, SealBroken)),
    (lambda its: its.is_of_the_api and not its.is_read, (Unsettled,)),
    (lambda its: its.path in {"/readyz", "/startupz"}, (NotReady,)),
    (lambda its: its.is_signed_in, (Unauthenticated, InvalidToken, TokenExpired)),
    (lambda its: its.is_listed, (CursorMismatch,)),
    (lambda its: its.takes("path"), (NotFound,)),
    (lambda its: its.takes("path") or its.takes("query") or its.has_body, (ValidationFailed,)),
    (lambda its: not its.is_read, (RequestTimeout, PayloadTooLarge)),
    (lambda its: its.is_signed_in and not its.is_read, (ChangedMeanwhile,)),
    (lambda its: its.has_body, (Malformed, UnsupportedMediaType)),
    (lambda its: its.takes("header", "If-Match"), (StaleVersion,)),
    (lambda its: its.is_keyed, (Malformed, IdempotencyKeyReused, IdempotencyInProgress)),
)
"""Which operations refuse what."""

PARAMETERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Sent again within a day, the same request gets the same answer and has no"
        " second effect.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": "6f1c2f1e-proposal-1",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what is known already; if it still holds, 304 says so.",
        "schema": {"type": "string"},
        "example": '"5f0c6a1d2b3e4f5a6b7c8d9e"',
    },
}
HEADERS: dict[str, tuple[str, str]] = {
    "ETag": ("The tag of this representation.", '"5f0c6a1d2b3e4f5a6b7c8d9e"'),
    "Idempotency-Replayed": ("`true` where this was answered before, under the same key.", "true"),
    "Link": ("The next page (RFC 8288), if there is one.", '</api/v1/cards?cursor=Vm>; rel="next"'),
    "Location": ("Where it is found.", f"/api/v1/trades/{identify('id')}"),
    "RateLimit": ("What is left of the quota, and for how many seconds.", '"login";r=0;t=32'),
    "RateLimit-Policy": ("How many are let in within how many seconds.", '"login";q=30;w=60'),
    "Retry-After": ("Seconds to wait before asking again.", "1"),
    "WWW-Authenticate": ("How to sign requests (RFC 6750).", "Bearer"),
    "X-Consistency-Token": (
        "Where reads go to a standby: send it with them, and they show this change.",
        "bSf0Yw3xKq7mNpRt2vZc4A",
    ),
    "X-Request-Id": ("Under which the request is logged.", identify("request")),
}


def complete(document: dict[str, Any]) -> None:
    """Add to the description what the conventions say of each of its operations."""
    components = document["components"]
    components["parameters"] = PARAMETERS
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}, "example": example}
        for name, (text, example) in HEADERS.items()
    }
    responses: dict[str, Any] = components.setdefault("responses", {})
    for operation in operations_of(document):
        operation.told.setdefault("security", [])
        _complete_parameters(operation, components["schemas"])
        _complete_answers(operation, components["schemas"])
        for status, kinds in sorted(refusals_of(operation).items()):
            name = ".".join([str(int(status)), *kinds])
            responses[name] = _refusal(status, kinds)
            operation.told["responses"][str(int(status))] = _reference("responses", name)
        operation.told.pop(NAMED, None)


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield every operation of a description."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if method in METHODS:
                yield Operation(method, path, told)


def refusals_of(operation: Operation) -> dict[HTTPStatus, dict[str, type[DomainError]]]:
    """Return what it may refuse, by status and code."""
    kinds: list[type[DomainError]] = [
        kind for applies, named in CONVENTIONS if applies(operation) for kind in named
    ]
    kinds += [known()[code] for code in operation.told.get(NAMED, ())]
    told: dict[HTTPStatus, dict[str, type[DomainError]]] = defaultdict(dict)
    for code, kind in sorted((code_of(kind), kind) for kind in set(kinds)):
        told[status_of(kind)][code] = kind
    return told


def _complete_parameters(operation: Operation, schemas: Mapping[str, Any]) -> None:
    parameters = operation.told.setdefault("parameters", [])
    for parameter in parameters:
        parameter["schema"] = _without_null(parameter["schema"])
        if parameter["in"] == "path":
            noun = parameter["name"].removesuffix("_id").replace("_", " ")
            parameter.setdefault("description", f"The id of the {noun}.")
        parameter["example"] = example_of(parameter["schema"], schemas, name=parameter["name"])
    if operation.is_tagged:
        parameters.append(_reference("parameters", "IfNoneMatch"))
    if operation.is_keyed:
        parameters.append(_reference("parameters", "IdempotencyKey"))


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out what no text of a path, query or header can say."""
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind.get("type") != "null"]
    return schema | (
        {"anyOf": kinds} if len(kinds) > 1 else {k: v for e in kinds for k, v in e.items()}
    )


def _complete_answers(operation: Operation, schemas: Mapping[str, Any]) -> None:
    answers = operation.told["responses"]
    for described in (operation.told.get("requestBody", {}), *answers.values()):
        for media in described.get("content", {}).values():
            if "example" not in media and "examples" not in media and media.get("schema"):
                media["example"] = example_of(media["schema"], schemas)
    for status in [status for status in answers if status.endswith("XX")]:
        del answers[status]
    for status, answer in answers.items():
        if answer["description"] == "Successful Response":
            answer["description"] = DONE[status]
        answer.setdefault("headers", {}).update(_headers(_headers_of(operation, status)))
    if operation.is_tagged:
        headers = _headers(["ETag", "X-Request-Id"])
        answers["304"] = {"description": "What you have still holds.", "headers": headers}


def _headers_of(operation: Operation, status: str) -> Iterator[str]:
    if status == "201" or (
        status == "200" and (operation.is_tagged or operation.method in {"patch", "put"})
    ):
        yield "ETag"
    if operation.is_listed:
        yield "Link"
    if status in {"201", "308"}:
        yield "Location"
    if operation.is_keyed:
        yield "Idempotency-Replayed"
    if not operation.is_read:
        yield "X-Consistency-Token"
    yield "X-Request-Id"


def _refusal(status: HTTPStatus, kinds: Mapping[str, type[DomainError]]) -> dict[str, Any]:
    headers = ["X-Request-Id"]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append("WWW-Authenticate")
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers.append("Retry-After")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers += ["RateLimit", "RateLimit-Policy"]
    codes = {
        "type": "object",
        "required": ["code"],
        "properties": {"code": {"enum": list(kinds)}},
    }
    return {
        "description": "\n".join(f"- `{code}`: {title_of(kind)}" for code, kind in kinds.items()),
        "headers": _headers(headers),
        "content": {
            MEDIA_TYPE: {
                "schema": {"allOf": [PROBLEM, codes]},
                "examples": {code: {"value": _problem(kind)} for code, kind in kinds.items()},
            }
        },
    }


def _problem(kind: type[DomainError]) -> dict[str, Any]:
    code = code_of(kind)
    return {
        "type": f"https://kcardswap.example/problems/{code}",
        "title": title_of(kind),
        "status": status_of(kind),
        "detail": title_of(kind),
        "instance": "/api/v1/trades",
        "code": code,
        "request_id": identify("request"),
    }


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: _reference("headers", name) for name in sorted(names)}


def _reference(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
