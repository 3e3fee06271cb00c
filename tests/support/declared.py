"""Holds every answer that a test gets against docs/openapi.json."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from httpx import Response

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


@cache
def document() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return told


@cache
def paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Return what each path looks like; one without a variable part comes first."""
    return [
        (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), operations)
        for path, operations in sorted(document()["paths"].items(), key=lambda each: "{" in each[0])
    ]


def answers_of(method: str, path: str) -> dict[str, Any] | None:
    """Return the declared answers of an operation, by status; None where there is none."""
    for pattern, operations in paths():
        if pattern.fullmatch(path):
            operation = operations.get(method.lower())
            return operation and operation["responses"]
    return None


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    if "$ref" not in part:
        return part
    found: Any = document()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    told: dict[str, Any] = found
    return told


async def ensure_declared(answer: Response) -> None:
    """Raise AssertionError for a status, a problem code or a header that is not declared."""
    answers = answers_of(answer.request.method, answer.request.url.path)
    if answers is None:
        return
    place = f"{answer.request.method} {answer.request.url.path} -> {answer.status_code}"
    assert str(answer.status_code) in answers, f"{place} is not declared"
    declared = resolved(answers[str(answer.status_code)])
    if answer.status_code not in {204, 304, 308}:
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        assert kind in declared["content"], f"{place} is {kind}"
    for name in ("ETag", "Link", "Location", "RateLimit", "Retry-After", "WWW-Authenticate"):
        if name in answer.headers:
            assert name in declared["headers"], f"{place} has {name}"
    if answer.status_code >= 400:
        await answer.aread()
        code = answer.json()["code"]
        examples = declared["content"]["application/problem+json"]["examples"]
        assert code in examples, f"{place} with {code} is not declared"
