"""JSON that stands deep in itself is refused before anything reads it."""

import json
from contextlib import suppress
from time import perf_counter

import pytest

from apps.shared.domain.errors import Malformed
from apps.shared.presentation.depth import hold_shallow
from apps.shared.presentation.problems import ValidationFailed
from tests.support.site import Site


def nested(depth: int, inner: str = "1") -> bytes:
    return f"{'[' * depth}{inner}{']' * depth}".encode()


SHALLOW = {
    "at the limit": nested(32),
    "objects": b'{"a":' * 32 + b"1" + b"}" * 32,
    "wide": b"[" + b"[[]]," * 5_000 + b"[]]",
    "brackets in text": json.dumps("[{" * 5_000).encode(),
    "escaped quotes": json.dumps({"a": '"[' * 500, "b": "\\", "c": "[" * 50}).encode(),
    "other letters": json.dumps("\u5b5b" * 99, ensure_ascii=False).encode(),
}
DEEP = {
    "one more": nested(33),
    "behind text": b'["\\"[", ' + nested(32) + b"]",
    "mixed": b'[{"a":' * 17 + b"1" + b"}]" * 17,
    "later": b"[" + b"[]," * 40 + nested(32) + b"]",
}
BROKEN = {
    "open": b"[" * 100_000,
    "open text": b"[" * 40 + b'"\\"' * 1_000,
    "UTF-16": json.dumps([[]]).encode("utf-16"),
    "NUL": b"\0",
}


@pytest.mark.parametrize("name", SHALLOW)
def test_what_is_shallow_passes(name: str) -> None:
    hold_shallow(SHALLOW[name])
    json.loads(SHALLOW[name])


@pytest.mark.parametrize("name", DEEP)
def test_what_is_deep_is_refused(name: str) -> None:
    json.loads(DEEP[name])
    with pytest.raises(ValidationFailed):
        hold_shallow(DEEP[name])


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_json_is_told_so(name: str) -> None:
    with pytest.raises(Malformed):
        hold_shallow(BROKEN[name])


@pytest.mark.parametrize(
    "body", [b'"\\' * 131_072, b'\\"' * 131_072, b"[]" * 131_072, b'["' * 131_072]
)
def test_no_body_takes_long_to_look_through(body: bytes) -> None:
    """It took a quadratic reader minutes; the bound is generous for a busy machine."""
    began = perf_counter()
    with suppress(Malformed, ValidationFailed):
        hold_shallow(body)
    assert perf_counter() - began < 2


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/login", "/auth/logout", "/trades"])
@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
async def test_deep_bodies_are_refused_at_every_door(site: Site, path: str, kind: str) -> None:
    """The first is served past FastAPI in one of the two media types."""
    ann = await site.join("ann")
    for body, status in ((nested(33), 422), (nested(20_000), 422), (b"[" * 99_999, 400)):
        answer = await ann.send("POST", path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
    (fault,) = (
        await ann.send("POST", path, content=nested(33), headers={"Content-Type": kind})
    ).json()["errors"]
    assert fault["code"] == "too-deep"
