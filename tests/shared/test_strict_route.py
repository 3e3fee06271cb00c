"""What a route does not know it refuses, and names what was probably meant."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from tests.support import laboratory
from tests.support.site import Site

PAGE = f"/laboratory/pages/{uuid7()}"


@pytest.fixture
async def lab(sqlite: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(sqlite, keys) as site:
        site.app.include_router(laboratory.router)
        yield site


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("sise=1", "size"), ("Size=1", "size"), ("color=red", "colour"), ("size=1&colr=x", "colour")],
)
async def test_an_unknown_parameter_is_refused_with_the_nearest_known_one(
    lab: Site, asked: str, meant: str
) -> None:
    answer = await lab.client.get(f"{PAGE}?{asked}")
    told = answer.json()
    unknown = asked.rpartition("&")[2].partition("=")[0]
    assert (answer.status_code, told["code"]) == (400, "unknown-parameter")
    assert told["detail"] == (f"There is no query parameter `{unknown}`. Did you mean `{meant}`?")
    assert told["errors"] == [
        {
            "parameter": unknown,
            "code": "unknown-parameter",
            "detail": f"Did you mean `{meant}`?",
        }
    ]


async def test_the_first_of_several_unknown_parameters_is_named(lab: Site) -> None:
    told = (await lab.client.get(f"{PAGE}?size=1&tint=1&shade=2")).json()
    assert [fault["parameter"] for fault in told["errors"]] == ["tint"]


@pytest.mark.parametrize("path", ["/laboratory/plain", "/healthz", "/readyz"])
async def test_a_route_without_parameters_says_that_it_takes_none(lab: Site, path: str) -> None:
    answer = await lab.client.get(f"{path}?page=2")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "There is no query parameter `page`. This route takes none."


async def test_names_of_any_kind_are_refused_as_politely(lab: Site) -> None:
    for name in ("", "%00", "a[b]", "%F0%9F%93%96", "x" * 5_000, "__proto__"):
        answer = await lab.client.get(f"{PAGE}?{name}=1")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown-parameter")


async def test_known_parameters_are_taken(lab: Site) -> None:
    answer = await lab.client.get(f"{PAGE}?size=3&colour=")
    assert (answer.status_code, answer.json()["size"]) == (200, 3)


async def test_a_command_is_as_strict(lab: Site) -> None:
    ann = await lab.join("ann")
    answer = await ann.send("PATCH", "/me?bio=hi", {"bio": "hi"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-parameter")
