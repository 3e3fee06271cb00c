"""What the API says of itself, to programs and to people without a network."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest

from apps.shared.presentation.problems import known, title_of
from tests.support.declared import DOCUMENT
from tests.support.routes import API, PUBLIC, method_of, routes_of
from tests.support.site import Site

METHODS = {"get", "put", "post", "patch", "delete"}
CONTEXTS = {"identity", "catalogue", "collection", "trading", "matching", "group orders"} | {
    "market",
    "system",
}
Operations = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
async def site(sqlite: str, keys: Any) -> Any:
    """The description does not depend on the database."""
    async with Site(sqlite, keys) as site:
        yield site


@pytest.fixture
async def document(site: Site) -> dict[str, Any]:
    answer = await site.client.get(f"{API}/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
def operations(document: dict[str, Any]) -> Operations:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


async def test_it_is_an_openapi_3_1_document_of_every_route(
    site: Site, document: dict[str, Any], operations: Operations
) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version", "summary"} <= document["info"].keys()
    assert operations.keys() == {(method_of(each), each.path) for each in routes_of(site.app)}


def test_every_operation_has_an_id_that_reads_like_a_verb_phrase(operations: Operations) -> None:
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(set(ids)) == len(ids)
    assert not [id for id in ids if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", id)]


def test_every_operation_is_told_in_words_and_belongs_to_one_context(
    operations: Operations,
) -> None:
    assert not [
        place
        for place, operation in operations.items()
        if not (operation.get("summary") and operation.get("description"))
    ]
    tags = [tuple(operation["tags"]) for operation in operations.values()]
    assert {tag for (tag,) in tags} == CONTEXTS


def test_every_operation_but_the_public_ones_says_that_it_asks_for_a_token(
    document: dict[str, Any], operations: Operations
) -> None:
    guarded = {place for place, operation in operations.items() if operation.get("security")}
    assert guarded == operations.keys() - PUBLIC
    schemes = document["components"]["securitySchemes"]
    named = {
        name
        for place in guarded
        for requirement in operations[place]["security"]
        for name in requirement
    }
    assert named == schemes.keys()
    assert {(scheme["type"], scheme["scheme"]) for scheme in schemes.values()} == {
        ("http", "bearer")
    }


def test_every_refusal_is_a_problem_with_its_codes(
    document: dict[str, Any], operations: Operations
) -> None:
    told = document["components"]["responses"]
    for place, operation in operations.items():
        refusals = {
            status: answer["$ref"].rpartition("/")[2]
            for status, answer in operation["responses"].items()
            if int(status) >= 400
        }
        assert {"400", "500"} <= refusals.keys(), place
        for status, name in refusals.items():
            assert name.startswith(f"{status}."), place
            (kind,) = told[name]["content"]
            assert kind == "application/problem+json"
    for name, answer in told.items():
        status, *codes = name.split(".")
        media = answer["content"]["application/problem+json"]
        assert media["schema"]["allOf"][1]["properties"]["code"]["enum"] == codes
        assert list(media["examples"]) == codes
        for code, example in media["examples"].items():
            assert (example["value"]["status"], example["value"]["code"]) == (int(status), code)
    problem = document["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail", "instance", "code", "request_id"} <= set(
        problem["required"]
    )


def test_what_an_operation_refuses_of_its_own_is_told_beside_the_conventions(
    operations: Operations,
) -> None:
    answers = operations["POST", f"{API}/trades/{{trade_id}}/accept"]["responses"]
    conflicts = answers["409"]["$ref"].rpartition("/")[2].split(".")[1:]
    assert {"invalid-transition", "stale-revision", "idempotency-in-progress"} <= set(conflicts)


def test_every_operation_gives_examples_of_what_goes_in_and_out(operations: Operations) -> None:
    for place, operation in operations.items():
        assert all("example" in each for each in operation["parameters"] if "$ref" not in each)
        sent = operation.get("requestBody", {}).get("content", {})
        got = [
            media
            for status, answer in operation["responses"].items()
            for media in answer.get("content", {}).values()
            if int(status) < 400
        ]
        assert all("example" in media for media in [*sent.values(), *got]), place


def unbounded(schema: dict[str, Any], schemas: dict[str, Any], place: str) -> Iterator[str]:
    """Find lists and texts without a largest size in what may be sent."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in place.split("."):
            yield from unbounded(schemas[name], schemas, f"{place}.{name}")
    bounds = {"maxLength", "enum", "format", "pattern", "const"}
    if schema.get("type") == "array" and "maxItems" not in schema:
        yield place
    if schema.get("type") == "string" and bounds.isdisjoint(schema):
        yield place
    for name, member in schema.get("properties", {}).items():
        yield from unbounded(member, schemas, f"{place}.{name}")
    for kind in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])):
        yield from unbounded(kind, schemas, place)


def test_every_list_and_text_that_may_be_sent_has_a_bound(
    document: dict[str, Any], operations: Operations
) -> None:
    schemas = document["components"]["schemas"]
    assert not [
        found
        for place, operation in operations.items()
        for media in operation.get("requestBody", {}).get("content", {}).values()
        if media["schema"].get("type") != "string"  # a file, counted in bytes
        for found in unbounded(media["schema"], schemas, str(place))
    ]
    loose = {"properties": {"a": {"items": {"type": "string"}, "type": "array"}}}
    assert [*unbounded(loose, schemas, "x")] == ["x.a", "x.a"]  # control


def test_every_answer_names_its_headers(operations: Operations) -> None:
    for (method, path), operation in operations.items():
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                assert "X-Request-Id" in answer["headers"]
        created = operation["responses"].get("201", {}).get("headers", {"Location": None})
        assert "Location" in created, path
        names = {each.get("name") for each in operation["parameters"]}
        shown = ("GET", path) in operations  # or there is no tag to compare with
        assert ("If-Match" in names) == (shown and method in {"PATCH", "PUT", "DELETE"})


def test_the_committed_description_is_the_one_that_is_served(document: dict[str, Any]) -> None:
    assert json.loads(DOCUMENT.read_text()) == document, "run `make openapi`"


async def test_every_problem_has_a_page_at_its_address(site: Site) -> None:
    listed = await site.client.get("/problems")
    for code, kind in known().items():
        assert f'"/problems/{code}"' in listed.text
        page = await site.client.get(f"/problems/{code}")
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert escape(title_of(kind)) in page.text
    missing = await site.client.get("/problems/none")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


def test_nothing_of_the_frameworks_own_refusals_is_left(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in json.dumps(document)
    schemas = document["components"]["schemas"].values()
    assert {"detail"} not in [each.get("properties", {}).keys() for each in schemas]


def references(part: Any) -> set[str]:
    """Return what a part of the document points to, at whatever depth."""
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(each) for each in part.values()))
    if isinstance(part, list):
        return set().union(*(references(each) for each in part))
    return set()


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    there = {
        f"#/components/{kind}/{name}"
        for kind, parts in document["components"].items()
        for name in parts
    }
    assert references(document)
    assert references(document) <= there


def test_a_description_asked_for_twice_is_the_same(site: Site) -> None:
    assert json.dumps(site.app.openapi()) == json.dumps(site.app.openapi())


async def test_the_page_for_people_needs_no_network(site: Site) -> None:
    page = await site.client.get("/docs")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"{API}/openapi.json" in page.text
    links = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert links
    assert not [link for link in links if not link.startswith("/docs/assets/")]
    assert not re.findall(r"https?://(?!kcs[.]test)", page.text)
    for link in links:
        asset = await site.client.get(link)
        assert (asset.status_code, bool(asset.content)) == (200, True), link


async def test_an_asset_that_is_not_there_is_a_problem_too(site: Site) -> None:
    answer = await site.client.get("/docs/assets/../secrets.js")
    missing = await site.client.get("/docs/assets/nothing.js")
    for told in (answer, missing):
        assert (told.status_code, told.json()["code"]) == (404, "not-found")
