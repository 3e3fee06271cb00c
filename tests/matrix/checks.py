"""What is held of a route: whom it answers how, and that nobody learns or changes more."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from copy import deepcopy
from functools import reduce
from itertools import product
from operator import getitem
from typing import Any
from uuid import UUID

from httpx import Response
from uuid_utils.compat import uuid7

from tests.matrix.cast import Cast, World
from tests.matrix.policy import DONE, OTHERS, POLICY, Actor, Place
from tests.matrix.traces import traces, traces_of
from tests.support.good import Good
from tests.support.site import Site
from tests.test_bad_input import GOOD, is_a_problem

SAFE = {"GET", "HEAD"}
WEAKNESS: ContextVar[Callable[[], AbstractContextManager[None]]] = ContextVar(
    "weakness", default=nullcontext
)
"""What is wrong with the service while it is asked, and only then; as a rule nothing."""
OF_THIS_REQUEST = ("instance", "request_id")


async def a_world(site: Site, place: Place) -> World:
    return await World.around(site, await GOOD[place](site))


async def ask(world: World, place: Place, token: str | None, **changed: Any) -> Response:
    """Send the good request with this token, about these ids, or with this query or body."""
    good = world.good
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if good.body is not None:
        headers["Content-Type"] = good.media
    content = b"" if good.body is None else changed.get("content", good.content)
    headers |= good.sign(content)
    method, path = place
    with WEAKNESS.get()():
        return await world.site.client.request(
            method,
            path.format(**{**good.ids, **changed.get("ids", {})}),
            params=changed.get("query", dict(good.query)),
            content=content,
            headers=headers,
        )


async def check_actors(site: Site, cast: Cast, place: Place) -> None:
    """Hold what everybody is answered: who is refused changes nothing and learns nothing."""
    policy, world = POLICY[place], await a_world(site, place)
    refused = {actor: status for actor, status in policy.answers.items() if status != DONE}
    before = await traces(site)
    for actor, status in refused.items():
        async with cast.plays(actor, world) as token:
            answer = await ask(world, place, token)
            assert answer.status_code == status, f"{actor}: {answer.text}"
            assert is_a_problem(answer), f"{actor}: {answer.text}"
            assert answer.json()["code"] == CODES.get(actor, answer.json()["code"])
            ensure_private(world, actor, answer)
            if actor in OTHERS and status == 404:
                await ensure_as_if_missing(world, place, token, answer)
            elif actor is Actor.ANONYMOUS:
                await ensure_no_other_way(world, place)
    ensure_unchanged(before, await traces(site), counted=Actor.PARTY in refused)
    for actor in policy.answers.keys() - refused.keys():
        if place[0] not in SAFE:
            world = await a_world(site, place)
        theirs = await traces_of(cast.bystander)
        async with cast.plays(actor, world) as token:
            answer = await ask(world, place, token)
            assert answer.status_code == world.good.status, f"{actor}: {answer.text}"
            ensure_private(world, actor, answer)
        assert await traces_of(cast.bystander) == theirs, f"{actor} has changed what is another's"


def ensure_unchanged(before: Mapping[str, str], after: Mapping[str, str], *, counted: bool) -> None:
    """Raise AssertionError for a table that has changed; a party's wrong codes are counted."""
    changed = {name for name, told in before.items() if after[name] != told}
    assert changed <= ({"handshakes"} if counted else set())


CODES = {
    Actor.ANONYMOUS: "unauthenticated",
    Actor.EXPIRED: "token-expired",
    Actor.SUSPENDED: "invalid-token",
    Actor.DELETED: "invalid-token",
    Actor.REVOKED: "invalid-token",
    Actor.STALE: "reauth-required",
    Actor.WEAK: "mfa-required",
}
"""Why a token does not serve; whether its bearer is suspended is told only at sign-in."""
IN_THE_KNOW = {Actor.PARTY, Actor.MODERATOR, Actor.ADMIN}
"""Who may see what is between the owner and others."""


def ensure_private(world: World, actor: Actor, answer: Response) -> None:
    """Raise AssertionError where others are told what is private to the owner."""
    if actor in {Actor.OWNER, Actor.UNVERIFIED}:
        return
    told = told_by(answer)
    hidden = world.canaries if actor in IN_THE_KNOW else (*world.canaries, *world.trades)
    assert not [canary for canary in hidden if canary in told], f"{actor}: {told}"


def told_by(answer: Response) -> str:
    """All that an answer tells, but for the path that was asked for."""
    return f"{answer.headers} {answer.text}".replace(answer.request.url.path, "")


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


async def check_ids(site: Site, place: Place) -> None:
    """Hold that ids in path, query and body cannot be, one at a time, somebody else's."""
    world, other = await a_world(site, place), await a_world(site, place)
    before = await traces(site)
    policy = POLICY[place]
    asking: list[str | None] = [world.owner.token] if world.good.by else []
    if policy.answers[Actor.ANONYMOUS] == DONE:
        asking.append(None)
    changes = swaps(world.good, other.good, policy.anybodys)
    for (what, changed), token in product(changes, asking):
        answer = await ask(world, place, token, **changed)
        assert answer.status_code in {400, 403, 404, 409, 422}, f"{what}: {answer.text}"
        assert not [canary for canary in other.canaries if canary in told_by(answer)], what
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
