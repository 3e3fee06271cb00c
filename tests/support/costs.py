"""What routes cost in statements, and which of them nobody has counted."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fastapi import FastAPI

from tests.support.counting import CountingSite
from tests.support.good import Good
from tests.support.routes import place_of, routes_of

Place = tuple[str, str]


def miscounted(app: FastAPI, counted: Collection[Place], contexts: Iterable[str]) -> set[Place]:
    """Find routes of these contexts that are not counted, and what is counted but is no route."""
    packages = tuple(f"apps.{context}." for context in contexts)
    theirs = {
        place_of(route)
        for route in routes_of(app)
        if route.original_route.endpoint.__module__.startswith(packages)  # type: ignore[attr-defined]
    }
    return theirs ^ {*counted}


async def cost(
    site: CountingSite, route: Place, good: Good, query: Mapping[str, Any] | None = None
) -> int:
    """How many statements a good request sends, with this query in place of its own."""
    method, path = route
    headers = {"Authorization": f"Bearer {good.by.token}"} if good.by else {}
    content = b"" if good.body is None else good.content
    if content:
        headers["Content-Type"] = good.media
    request = site.client.request(
        method,
        path.format(**good.ids),
        params=good.query if query is None else query,
        headers=headers | {**good.sign(content)},
        content=content,
    )
    return await site.cost(request, status=good.status)
