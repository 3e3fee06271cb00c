"""What a client reads when something is refused, wherever in the stack that happens."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from uuid_utils.compat import uuid7

from apps.shared.domain.errors import DomainError
from apps.shared.presentation.openapi import Problem
from tests.support import laboratory
from tests.support.laboratory import REFUSALS
from tests.support.site import Site

LAB = "/laboratory"
JSON = {"Content-Type": "application/json"}
PAGE = f"{LAB}/pages/{uuid7()}"


@pytest.fixture
async def lab(sqlite: str, keys: Path) -> AsyncIterator[Site]:
    """Problems are made in front of any database."""
    async with Site(sqlite, keys) as site:
        site.app.include_router(laboratory.router, max_body_size=site.settings.max_body_bytes)
        yield site


def problem(answer: Response, status: int, code: str) -> dict[str, Any]:
    """Hold that this is a problem with all its members, and return it."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "application/problem+json",
    ), answer.text
    told: dict[str, Any] = answer.json()
    _ = Problem.model_validate(told)
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"] == f"http://kcs.test/problems/{code}"
    assert told["instance"] == answer.request.url.path
    assert told["request_id"] == answer.headers["X-Request-Id"]
    return told


@pytest.mark.parametrize("name", REFUSALS)
async def test_every_kind_of_refusal_has_its_status(lab: Site, name: str) -> None:
    _, status, code = REFUSALS[name]
    problem(await lab.client.get(f"{LAB}/refusals/{name}"), status, code)


async def test_a_refusal_tells_its_title_its_case_and_what_a_client_acts_on(lab: Site) -> None:
    told = problem(await lab.client.get(f"{LAB}/refusals/torn"), 409, "torn")
    assert (told["title"], told["detail"]) == ("The page is torn.", "Page 7 is torn.")
    assert told["page"] == 7


async def test_a_hidden_a_missing_and_an_unroutable_thing_look_alike(lab: Site) -> None:
    answers = [
        await lab.client.get(path)
        for path in (f"{LAB}/refusals/not-found", f"{LAB}/refusals/no-such-page", "/nowhere")
    ]
    told = [problem(answer, 404, "not-found") for answer in answers]
    for each in told:
        del each["instance"], each["request_id"]
    assert told[0] == told[1] == told[2]
    names = [{*answer.headers} for answer in answers]
    assert names[0] == names[1] == names[2]


async def test_faults_in_a_body_are_pointed_at(lab: Site) -> None:
    body = {
        "title": "x" * 11,
        "notes": {"a/b~c": "many"},
        "lines": [{"title": "fine"}, {"title": 7, "surprise": 1}],
    }
    told = problem(await lab.client.post(f"{LAB}/pages", json=body), 422, "validation-failed")
    assert [(fault["pointer"], fault["code"]) for fault in told["errors"]] == [
        ("/title", "too-long"),
        ("/notes/a~1b~0c", "int-parsing"),
        ("/lines/1/title", "string-type"),
        ("/lines/1/surprise", "extra-forbidden"),
    ]
    assert "xxxxxxxxxxx" not in json.dumps(told)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, ("/title", "missing")),
        ([], ("", "model-attributes-type")),
        ({"title": "a\0b"}, ("/title", "control-character")),
        ({"title": "a\nb"}, ("/title", "control-character")),
        ({"title": "a\ud800b"}, ("/title", "not-unicode")),
        ({"title": "a", "text": "a\x1bb"}, ("/text", "control-character")),
    ],
)
async def test_each_fault_has_its_code(lab: Site, body: object, fault: tuple[str, str]) -> None:
    answer = await lab.client.post(f"{LAB}/pages", content=json.dumps(body), headers=JSON)
    told = problem(answer, 422, "validation-failed")
    assert [(each["pointer"], each["code"]) for each in told["errors"]] == [fault]


async def test_several_lines_are_fine_where_prose_is(lab: Site) -> None:
    page = {"title": "書 📖", "text": "one\r\n\ttwo\n", "notes": {}, "lines": []}
    answer = await lab.client.post(f"{LAB}/pages", json=page)
    assert (answer.status_code, answer.json()) == (200, page)


async def test_faults_in_path_query_and_header_are_named(lab: Site) -> None:
    answer = await lab.client.get(f"{LAB}/pages/first?size=0", headers={"X-Ink": "blue"})
    told = problem(answer, 422, "validation-failed")
    assert [
        (fault.get("parameter"), fault.get("header"), fault["code"]) for fault in told["errors"]
    ] == [
        ("page_id", None, "uuid-parsing"),
        ("size", None, "greater-than-equal"),
        (None, "x-ink", "int-parsing"),
    ]


@pytest.mark.parametrize("content", ["{", "", "{'title': 1}", "\0", b"\xff", "[" * 100_000])
async def test_what_is_no_json_is_malformed(lab: Site, content: str | bytes) -> None:
    answer = await lab.client.post(f"{LAB}/pages", content=content, headers=JSON)
    if content:
        told = problem(answer, 400, "malformed")
        assert "errors" not in told
    else:
        problem(answer, 422, "validation-failed")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data"])
@pytest.mark.parametrize("path", ["pages", "drafts"])
async def test_a_body_that_is_not_said_to_be_json_is_not_read(
    lab: Site, kind: str | None, path: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await lab.client.post(f"{LAB}/{path}", content='{"title": "a"}', headers=headers)
    problem(answer, 415, "unsupported-media-type")


async def test_a_body_may_be_left_out_where_all_of_it_may(lab: Site) -> None:
    for headers in ({}, {"Content-Type": "application/json; charset=utf-8"}, {"Content-Type": ""}):
        answer = await lab.client.post(f"{LAB}/drafts", headers=headers)
        assert (answer.status_code, answer.json()) == (200, None)


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 1_024


@pytest.mark.parametrize("path", [f"{LAB}/pages", f"{LAB}/drafts", "/api/v1/auth/login"])
@pytest.mark.parametrize("headers", [JSON, {"Content-Type": "text/plain"}])
async def test_a_body_that_is_too_long_is_refused_whether_or_not_it_says_so(
    lab: Site, path: str, headers: dict[str, str]
) -> None:
    most = lab.settings.max_body_bytes
    told = await lab.client.post(path, content=b" " * (most + 1), headers=headers)
    untold = await lab.client.post(path, content=chunks(most // 1_024 + 1), headers=headers)
    for answer in (told, untold):
        problem(answer, 413, "payload-too-large")


async def test_a_body_of_the_greatest_length_is_read(lab: Site) -> None:
    body = b'{"title": "a"}'.ljust(lab.settings.max_body_bytes)
    told = await lab.client.post(f"{LAB}/pages", content=body, headers=JSON)
    assert told.status_code == 200, told.text


@pytest.mark.parametrize("length", ["9" * 19, "9" * 5_000, str(2**63)])
async def test_a_length_beyond_all_measure_is_too_long(lab: Site, length: str) -> None:
    headers = {**JSON, "Content-Length": length}
    answer = await lab.client.post(f"{LAB}/pages", content=b"{}", headers=headers)
    problem(answer, 413, "payload-too-large")


async def test_a_method_that_a_path_does_not_know_is_refused_with_those_it_does(lab: Site) -> None:
    answer = await lab.client.delete(f"{LAB}/pages")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "POST"


async def test_a_fault_of_ours_is_admitted_and_not_explained(lab: Site) -> None:
    answer = await lab.client.get(f"{LAB}/fault")
    told = problem(answer, 500, "internal-error")
    assert not [word for word in ("secret", "Zero", "Trace") if word in json.dumps(told)]


@pytest.mark.parametrize(("name", "seconds"), [("busy", "1"), ("too-many", "7")])
async def test_who_comes_too_often_or_too_soon_is_told_when_to_come_back(
    lab: Site, name: str, seconds: str
) -> None:
    assert (await lab.client.get(f"{LAB}/refusals/{name}")).headers["Retry-After"] == seconds


async def test_who_is_not_signed_in_is_told_how(lab: Site) -> None:
    answer = await lab.client.get("/api/v1/me")
    problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    forged = await lab.client.get("/api/v1/me", headers={"Authorization": "Bearer forged"})
    assert forged.status_code == 401
    assert forged.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_refusal_without_words_of_its_own_says_its_title() -> None:
    assert str(DomainError()) == "The rules do not allow this."
    assert DomainError("no", page=7).members == {"page": 7}
