"""Whatever is sent to whichever route, the answer says what is wrong with it, and never a 5xx."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from httpx import Response
from uuid_utils.compat import uuid7

from apps.main import LONGER
from tests.support.bad_values import (
    BAD_CELLS,
    HUGE_NUMBER,
    NO_CSV,
    NO_JSON,
    NUL,
    Schemas,
    bad_numbers,
    bad_texts,
)
from tests.support.databases import one_for_a_module
from tests.support.good import Good
from tests.support.good_accounts import ADMINISTRATION
from tests.support.good_cases import CASE_ROWS
from tests.support.good_curation import CURATION
from tests.support.good_federation import FEDERATION, obliging_providers
from tests.support.good_group_orders import GROUP_ORDERS
from tests.support.good_handover import HANDOVER
from tests.support.good_market import MARKET
from tests.support.good_matching import MATCHING
from tests.support.good_money import MONEY
from tests.support.good_order_people import ORDER_PEOPLE
from tests.support.good_order_rounds import ORDER_ROUNDS
from tests.support.good_progress import PROGRESS
from tests.support.good_requests import ROWS
from tests.support.good_rounds import ROUNDS
from tests.support.routes import PUBLIC, place_of, routes_of
from tests.support.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = ROWS | ADMINISTRATION | CURATION | HANDOVER | CASE_ROWS | FEDERATION | MATCHING | ROUNDS
GOOD |= GROUP_ORDERS | ORDER_ROUNDS | MONEY | PROGRESS | ORDER_PEOPLE | MARKET
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id"}
PLACES = {"pointer", "parameter", "header"}
SAME = object()
FINE_IN_A_QUERY = {"a lone surrogate", "an id nobody has"}
"""Bytes that are no UTF-8 arrive as a sign of replacement; a filter by an unknown id finds none."""

LONGEST_IN_A_QUERY = 10_000

NO_MEDIA_TYPES = ("", "text/plain", "application/x-www-form-urlencoded", "application/json5", "*")
MALFORMED_IDS = ("first", "%00", "a%07b", "x" * 2_000, "-1", str(HUGE_NUMBER), "null", "%F0%9F")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with one_for_a_module(request, tmp_path_factory.mktemp("bad")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(one_url: str, keys: Path) -> AsyncIterator[Site]:
    """One site for all routes; they leave each other alone, since each has members of its own."""
    async with Site(one_url, keys, obliging_providers()) as site:
        yield site


@dataclass(frozen=True)
class Sender:
    """Sends variations of one good request, and holds every answer to be a refusal."""

    site: Site
    method: str
    path: str
    good: Good
    described: Mapping[str, Any]
    schemas: Schemas

    @classmethod
    async def of(cls, site: Site, route: tuple[str, str]) -> Self:
        method, path = route
        document = site.app.openapi()
        described = document["paths"][path][method.lower()]
        return cls(site, method, path, await GOOD[route](site), described, Schemas(document))

    async def send(
        self,
        *,
        ids: Mapping[str, str] | None = None,
        query: Sequence[tuple[str, str]] | None = None,
        body: Any = SAME,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send the good request, changed in these respects."""
        path = self.path.format(**{**self.good.ids, **(ids or {})})
        asked = [*self.good.query.items()] if query is None else query
        sent = self.good.body if body is SAME else body
        if content is None and not (sent is None and body is SAME):
            content = replace(self.good, body=sent).content
        return await self.site.client.request(
            self.method,
            f"{path}?{urlencode(asked, errors='surrogatepass')}",
            content=content,
            headers=self.headers(content) if headers is None else headers,
        )

    def headers(self, content: bytes | None = None) -> dict[str, str]:
        kind = {} if content is None else {"Content-Type": self.good.media}
        signed = {} if content is None else self.good.sign(content)
        by = {"Authorization": f"Bearer {self.good.by.token}"} if self.good.by else {}
        return kind | {**signed} | by

    async def is_refused(self, why: str, *status: int, **changes: Any) -> None:
        """Hold that the answer is a problem with one of these statuses, by default any 4xx."""
        answer = await self.send(**changes)
        case = f"{self.method} {self.path}: {why}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code in (status or range(400, 500)), case
        assert is_a_problem(answer), case

    async def is_survived(self, why: str, **changes: Any) -> None:
        """Hold that this is answered, well or with a problem, for not every value is wrong."""
        answer = await self.send(**changes)
        case = f"{self.method} {self.path}: {why}: {answer.status_code} {answer.text[:300]}"
        assert answer.is_success or (answer.is_client_error and is_a_problem(answer)), case

    @property
    def parameters(self) -> dict[str, Any]:
        listed = self.described.get("parameters", ())
        return {each["name"]: each for each in listed if each.get("in") == "query"}

    @property
    def body_schema(self) -> Any:
        content = self.described.get("requestBody", {"content": {}})["content"]
        return content.get("application/json", {}).get("schema")

    @property
    def body_is_required(self) -> bool:
        required: bool = self.described.get("requestBody", {}).get("required", False)
        return required


def is_a_problem(answer: Response) -> bool:
    if answer.headers["Content-Type"] != "application/problem+json":
        return False
    told = answer.json()
    faults = told.get("errors") or []
    return (
        told.keys() >= MEMBERS
        and (told["status"], told["instance"]) == (answer.status_code, answer.request.url.path)
        and told["request_id"] == answer.headers["X-Request-Id"]
        and all(len(PLACES & fault.keys()) == 1 for fault in faults)
        and all({"code", "detail"} <= fault.keys() for fault in faults)
    )


@pytest_asyncio.fixture(loop_scope="module", params=GOOD, ids=" ".join)
async def sender(place: Site, request: pytest.FixtureRequest) -> Sender:
    return await Sender.of(place, request.param)


async def test_every_route_has_a_good_request(place: Site) -> None:
    assert {place_of(route) for route in routes_of(place.app)} == GOOD.keys()


async def test_bad_input_is_refused_and_a_good_request_is_not(sender: Sender) -> None:
    """The good request comes last: it shows that nothing else was wrong with the bad ones."""
    await refuses_strangers(sender)
    await refuses_ids(sender)
    await refuses_parameters(sender)
    await refuses_members(sender)
    await refuses_what_is_no_json(sender)
    await refuses_what_is_no_csv(sender)
    answer = await sender.send()
    assert answer.status_code == sender.good.status, answer.text


async def refuses_strangers(sender: Sender) -> None:
    if (sender.method, sender.path) in PUBLIC:
        return
    bearer = sender.good.by.token if sender.good.by else ""
    told = sender.good.content
    for why, sent in {
        "no token": (),
        "an empty token": ("Bearer ",),
        "another scheme": (f"Basic {bearer}",),
        "a forged token": (f"Bearer {bearer[:-8]}AAAAAAAA",),
        "nonsense": (f"Bearer {'x' * 5_000}",),
        "two tokens": (f"Bearer {bearer}", f"Bearer {bearer}"),
    }.items():
        headers = [("Content-Type", sender.good.media), *(("Authorization", one) for one in sent)]
        await sender.is_refused(why, 401, headers=headers, content=told)


async def refuses_ids(sender: Sender) -> None:
    strange = sender.good.strange
    for name in sender.good.ids:
        for bad in MALFORMED_IDS:
            await sender.is_refused(f"{name} {bad[:20]}", 422, strange, ids={name: bad})
        if sender.good.unchecked:
            assert (await sender.send(ids={name: str(uuid7())})).status_code == sender.good.status
            continue
        await sender.is_refused(f"unknown {name}", strange, ids={name: str(uuid7())})
    for name, other in sender.good.foreign.items():
        await sender.is_refused(f"another member's {name}", 403, 404, ids={name: other})


async def refuses_parameters(sender: Sender) -> None:
    good = [*sender.good.query.items()]
    await sender.is_refused("an unknown parameter", 400, query=[*good, ("surprise", "1")])
    await sender.is_refused("an unknown, nameless parameter", 400, query=[*good, ("", "1")])
    for name, parameter in sender.parameters.items():
        others = [pair for pair in good if pair[0] != name]
        if parameter["required"]:
            await sender.is_refused(f"{name} missing", 422, query=others)
        for schema in sender.schemas.resolve(parameter["schema"]):
            for why, value in bad_words(schema):
                query = [*others, (name, value)]
                await sender.is_refused(f"{name} {why}", 400, 422, query=query)
            if "items" in schema:
                query = [*others, *[(name, sender.good.query[name])] * 200]
                await sender.is_refused(f"{name} 200 times", 422, query=query)
        for value in ("\ud800", str(uuid7()), "first", "\u202e", "%"):
            await sender.is_survived(f"{name} odd", query=[*others, (name, value)])
        await sender.is_survived(f"{name} twice", query=[*others, (name, "1"), (name, "2")])


def bad_words(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a query parameter of this schema cannot be."""
    match schema.get("type"):
        case "string":
            texts = dict(bad_texts(schema))
            yield from (
                (why, text[:LONGEST_IN_A_QUERY])
                for why, text in texts.items()
                if why not in FINE_IN_A_QUERY
            )
        case "integer":
            yield from ((why, str(number)) for why, number in bad_numbers(schema))
            yield from ((f"{word!r}", word) for word in ("", "first", "1.5", "nan", "null", NUL))
        case "array":
            yield from bad_words(schema["items"])


async def refuses_members(sender: Sender) -> None:
    if sender.body_schema is None:
        return
    for fault in sender.schemas.faults(sender.body_schema, sender.good.body):
        bad = fault.applied_to(sender.good.body)
        await sender.is_refused(f"{fault.at} {fault.what}", 404, 422, body=bad)


async def refuses_what_is_no_json(sender: Sender) -> None:
    if sender.body_schema is None:
        return
    good = json.dumps(sender.good.body).encode()
    for why, content in NO_JSON.items():
        if content or sender.body_is_required:
            await sender.is_refused(why, 400, 422, content=content)
    await refuses_too_much_and_other_media(sender, good, NO_MEDIA_TYPES)


async def refuses_what_is_no_csv(sender: Sender) -> None:
    if sender.good.media != "text/csv":
        return
    good = sender.good.content
    for why, content in NO_CSV.items():
        await sender.is_refused(why, 400, 422, content=content)
    columns, line = good.decode().splitlines()
    for place, column in enumerate(columns.split(",")):
        cells = line.split(",")
        for what, cell in BAD_CELLS.items():
            bad = ",".join([*cells[:place], cell, *cells[place + 1 :]])
            content = f"{columns}\n{line}\n{bad}\n".encode()
            await sender.is_refused(f"{column} {what}", 400, 422, content=content)
    await refuses_too_much_and_other_media(sender, good, (*NO_MEDIA_TYPES, "application/json"))


async def refuses_too_much_and_other_media(
    sender: Sender, good: bytes, kinds: Sequence[str]
) -> None:
    longest = LONGER.get(sender.path, 256 * 1024)
    await sender.is_refused("more than is read", 413, content=good + b" " * longest)
    for kind in kinds:
        signed = {**sender.good.sign(good)}
        headers = sender.headers() | signed | ({"Content-Type": kind} if kind else {})
        await sender.is_refused(f"sent as {kind!r}", 415, headers=headers, content=good)
