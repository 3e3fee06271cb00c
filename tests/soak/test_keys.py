"""Whatever is sent many times at once under one Idempotency-Key happens once, on every route."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dishka import Provider
from httpx import Response
from sqlalchemy import Integer, func, literal, select, union_all

from apps.shared.application.replies import KeyedRequest, Replies, Reply
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import Model
from tests.identity.stage import serving
from tests.support.budget import Budget
from tests.support.good import Good
from tests.support.routes import PUBLIC
from tests.support.site import Site, elsewhere
from tests.test_bad_input import GOOD

Route = tuple[str, str]

WORKERS = 8
KEYED: list[Route] = [
    (method, path)
    for method, path in GOOD
    if method == "POST" and "/auth/" not in path and (method, path) not in PUBLIC
]
ONE_AT_A_TIME = ("POST", "/api/v1/me/exports")
"""What is under way is not begun again, with or without a key."""
COME_AGAIN = {(409, "idempotency-in-progress"), (503, "busy")}
TABLES = [each for each in Model.metadata.sorted_tables if each.name != "idempotency_keys"]
COUNTS = union_all(
    *(select(literal(table.name), func.count()).select_from(table) for table in TABLES),
    *(
        select(literal(f"versions of {table.name}"), func.coalesce(func.sum(table.c.version), 0))
        for table in TABLES
        if "version" in table.c and isinstance(table.c.version.type, Integer)  # not of a card
    ),
    *(
        select(literal(str(column)), func.count(column)).select_from(table)
        for table in TABLES
        for column in table.c
        if column.nullable
    ),
)
"""Rows of each table, how often rows have changed, and how often what may be missing is there."""


async def traces(site: Site) -> dict[str, int]:
    """What the tables tell of all that was ever done."""
    async with (await site.engine()).connect() as connection:
        return {name: int(count) for name, count in await connection.execute(COUNTS)}


async def send(site: Site, route: Route, good: Good, key: str | None = None) -> Response:
    assert good.by
    headers = {"Authorization": f"Bearer {good.by.token}", "Content-Type": good.media}
    if key:
        headers["Idempotency-Key"] = key
    path, content = route[1].format(**good.ids), b"" if good.body is None else good.content
    return await site.client.request(
        route[0], path, headers=headers, content=content, params=dict(good.query)
    )


async def effect(site: Site, route: Route, *, keys: Sequence[str | None]) -> dict[str, int]:
    """Send one good request under all these keys at once; return what it left.

    Raises AssertionError for answers that differ, once all have come.
    """
    good = await GOOD[route](site)
    before = await traces(site)
    answers = await asyncio.gather(*(elsewhere(send(site, route, good, key)) for key in keys))
    told = [
        await send(site, route, good, key) if shown(answer) in COME_AGAIN else answer
        for key, answer in zip(keys, answers, strict=True)
    ]
    after = await traces(site)
    assert {answer.status_code for answer in told} == {good.status}, [a.text for a in told][-1]
    assert len({(answer.content, answer.headers.get("Location")) for answer in told}) == 1
    replayed = sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in told)
    assert replayed == len(keys) - 1
    return {name: count - before[name] for name, count in after.items() if count != before[name]}


def shown(answer: Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.is_error else None


async def test_twins_have_one_effect_on_every_route(site: Site, budget: Budget) -> None:
    assert len(KEYED) >= 15
    rounds, twins = budget.of(1, 25), budget.of(20, 50)
    for route in KEYED:
        _ = await effect(site, route, keys=[None])  # the first may enter what the next one finds
        one = await effect(site, route, keys=[None])
        assert one, f"{route} leaves no trace"
        for number in range(rounds):
            key = f"{route[1][-40:]} {number}"
            assert await effect(site, route, keys=[key] * twins) == one, route
    budget.tell(f"{rounds * len(KEYED)} keys on {len(KEYED)} routes, {twins} times each at once")


async def twice(url: str, keys: Path, number: int, *providers: Provider) -> tuple[int, int]:
    """Send so many keys, each twice at once, by many at a time.

    Returns for how many both answers were the same 201, and how many copies that made.
    """
    async with Site(url, keys, *providers, copies_count_max=2 * number) as site:
        ann = await site.join("ann")
        (card,) = await site.some_cards(1)
        body = {"card_id": str(card), "condition": "mint", "for_trade": True}
        unused, alike = iter(range(number)), list[bool]()

        async def send(key: int) -> Response:
            headers = {"Idempotency-Key": str(key)}
            while True:
                answer = await ann.send("POST", "/me/copies", body, headers=headers)
                if shown(answer) not in COME_AGAIN:
                    return answer

        async def work() -> None:
            for key in unused:
                one, other = await asyncio.gather(elsewhere(send(key)), elsewhere(send(key)))
                alike.append((one.status_code, one.content) == (201, other.content))

        await asyncio.gather(*(elsewhere(work()) for _ in range(WORKERS)))
        return sum(alike), (await traces(site))["copies"]


async def test_of_thousands_of_keys_each_has_one_effect(
    url: str, keys: Path, budget: Budget
) -> None:
    number = budget.of(200, 10_000)
    assert await twice(url, keys, number) == (number, number)
    budget.tell(f"{number} keys by {WORKERS} at once, each sent twice at the same moment")


async def test_where_keys_are_forgotten_twins_differ(url: str, keys: Path) -> None:
    """The control."""
    assert await twice(url, keys, 5, serving(Replies, Forgetful())) == (0, 10)


class Forgetful(Replies):
    """Takes every key, and keeps none."""

    async def reserve(self, request: KeyedRequest) -> None:
        del request

    async def keep(self, request: KeyedRequest, reply: Reply) -> None:
        del request, reply

    async def forget_all(self, *, of: MemberId) -> None:
        del of

    async def forget(self, *, at: datetime, limit: int) -> int:
        del at, limit
        return 0


async def test_where_keys_are_forgotten_no_route_passes(url: str, keys: Path) -> None:
    """The control: each route is done several times, or refused the second time."""
    async with Site(url, keys, serving(Replies, Forgetful())) as site:
        passed = []
        for route in KEYED:
            if route == ONE_AT_A_TIME:
                continue
            try:
                passed.append((route, await effect(site, route, keys=["forgotten"] * 2)))
            except AssertionError:
                continue
        assert not passed
        route = next(each for each in KEYED if each[1].endswith("/me/copies"))
        before = (await traces(site))["copies"]
        good = await GOOD[route](site)
        for _ in range(4):
            assert (await send(site, route, good, "forgotten")).status_code == 201
        assert (await traces(site))["copies"] == before + 4
