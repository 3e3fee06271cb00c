"""Attack 51: every route, asked by everybody, answers as its policy says, and tells no more."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from copy import deepcopy
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import Response
from uuid_utils.compat import uuid7

from tests.matrix.cast import Cast, World
from tests.matrix.policy import DONE, OTHERS, POLICY, Actor, Place
from tests.matrix.traces import traces
from tests.support.databases import a_postgresql_database, a_sqlite_database
from tests.support.good import Good
from tests.support.routes import place_of, routes_of
from tests.support.site import Site
from tests.test_bad_input import GOOD, is_a_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAFE = {"GET", "HEAD"}
OF_THIS_REQUEST = ("instance", "request_id")
PLACES = sorted(POLICY)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield a_sqlite_database(tmp_path_factory.mktemp("matrix") / "kcs.db", like=template)
        return
    cluster = request.getfixturevalue("cluster")
    with a_postgresql_database(cluster, like=request.getfixturevalue("postgresql_template")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(one_url: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(one_url, keys, copies_count_max=10_000) as site:
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(site: Site) -> Cast:
    return await Cast.of(site)


async def a_world(site: Site, place: Place) -> World:
    return await World.around(site, await GOOD[place](site))


async def ask(world: World, place: Place, token: str | None, **changed: Any) -> Response:
    """Send the good request with this token, about these ids, or with this query or body."""
    good = world.good
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if good.body is not None:
        headers["Content-Type"] = good.media
    method, path = place
    return await world.site.client.request(
        method,
        path.format(**{**good.ids, **changed.get("ids", {})}),
        params=changed.get("query", dict(good.query)),
        content=b"" if good.body is None else changed.get("content", good.content),
        headers=headers,
    )


async def test_attack_51_every_route_has_a_policy(site: Site) -> None:
    assert POLICY.keys() == {place_of(route) for route in routes_of(site.app)} == GOOD.keys()


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
async def test_attack_51_everybody_is_answered_as_the_policy_says(
    site: Site, cast: Cast, place: Place
) -> None:
    """Who is refused changes nothing and learns nothing, not even that there is something."""
    policy, world = POLICY[place], await a_world(site, place)
    refused = {actor: status for actor, status in policy.answers.items() if status != DONE}
    before = await traces(site)
    for actor, status in refused.items():
        async with cast.plays(actor, world) as token:
            answer = await ask(world, place, token)
            assert answer.status_code == status, f"{actor}: {answer.text}"
            assert is_a_problem(answer), f"{actor}: {answer.text}"
            ensure_private(world, actor, answer)
            if actor in OTHERS and status == 404:
                await ensure_as_if_missing(world, place, token, answer)
            elif actor is Actor.ANONYMOUS:
                await ensure_no_other_way(world, place)
    ensure_unchanged(before, await traces(site), counted=Actor.PARTY in refused)
    for actor in policy.answers.keys() - refused.keys():
        if place[0] not in SAFE:
            world = await a_world(site, place)
        async with cast.plays(actor, world) as token:
            answer = await ask(world, place, token)
            assert answer.status_code == world.good.status, f"{actor}: {answer.text}"
            ensure_private(world, actor, answer)


def ensure_unchanged(before: Mapping[str, str], after: Mapping[str, str], *, counted: bool) -> None:
    """Raise AssertionError for a table that has changed; a party's wrong codes are counted."""
    changed = {name for name, told in before.items() if after[name] != told}
    assert changed <= ({"handshakes"} if counted else set())


def ensure_private(world: World, actor: Actor, answer: Response) -> None:
    """Raise AssertionError where others are told what is private to the owner."""
    told = f"{answer.headers} {answer.text}"
    if actor not in {Actor.OWNER, Actor.UNVERIFIED}:
        assert not [canary for canary in world.canaries if canary in told], f"{actor}: {told}"


async def ensure_no_other_way(world: World, place: Place) -> None:
    """Raise AssertionError where another spelling of a request leads past its policy.

    Other methods, and paths and headers that some servers take for the same.
    """
    method, path = place[0], place[1].format(**world.good.ids)
    spellings: list[tuple[str, str, dict[str, str]]]
    spellings = [(each, path, {}) for each in ("HEAD", "OPTIONS", "TRACE")]
    spellings += [(method, f"{path}/", {}), (method, path.replace("/api", "//api"), {})]
    spellings += [("POST", path, {name: method}) for name in OVERRIDES]
    kind = {} if world.good.body is None else {"Content-Type": world.good.media}
    for how, where, headers in spellings:
        content = b"" if world.good.body is None else world.good.content
        address = f"http://kcs.test{where}"
        answer = await world.site.client.request(
            how, address, content=content, headers=kind | headers
        )
        assert answer.status_code in {401, 404, 405}, f"{how} {where} {headers}: {answer.text}"
        ensure_private(world, Actor.ANONYMOUS, answer)


OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


async def ensure_as_if_missing(
    world: World, place: Place, token: str | None, answer: Response
) -> None:
    """Raise AssertionError where the answer tells what is hidden from what is not there."""
    nobodys = await ask(world, place, token, ids={name: str(uuid7()) for name in world.good.ids})
    assert nobodys.status_code == answer.status_code
    assert about(nobodys) == about(answer)


def about(problem: Response) -> dict[str, Any]:
    return {name: told for name, told in problem.json().items() if name not in OF_THIS_REQUEST}


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
async def test_attack_51_an_id_of_another_world_is_refused(site: Site, place: Place) -> None:
    """Ids in path, query and body, one at a time, of what belongs to somebody else."""
    world, other = await a_world(site, place), await a_world(site, place)
    before = await traces(site)
    for what, changed in swaps(world.good, other.good, POLICY[place].anybodys):
        answer = await ask(world, place, world.owner.token if world.good.by else None, **changed)
        assert answer.status_code in {400, 403, 404, 409, 422}, f"{what}: {answer.text}"
        assert not [canary for canary in other.canaries if canary in answer.text], what
    assert await traces(site) == before


def swaps(mine: Good, other: Good, anybodys: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield requests in which one id is the other's, unless anybody's serves."""
    for name, id in other.ids.items():
        if name not in anybodys:
            yield name, {"ids": {name: id}}
    for name, value in other.query.items():
        if name not in anybodys and is_an_id(value):
            yield name, {"query": {**mine.query, name: value}}
    if mine.media == "application/json":
        for path in ids_in(other.body):
            if anybodys.isdisjoint(path):
                body = replaced(mine.body, path, found(other.body, path))
                yield str(path), {"content": json.dumps(body).encode()}


def is_an_id(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def ids_in(body: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each id."""
    if is_an_id(body):
        yield ()
    members = body.items() if isinstance(body, dict) else ()
    items = enumerate(body) if isinstance(body, list) else members
    for name, inner in items:
        yield from ((name, *path) for path in ids_in(inner))


def found(body: Any, path: tuple[str | int, ...]) -> Any:
    return reduce(getitem, path, body)


def replaced(body: Any, path: tuple[str | int, ...], value: object) -> Any:
    changed = deepcopy(body)
    found(changed, path[:-1])[path[-1]] = value
    return changed
