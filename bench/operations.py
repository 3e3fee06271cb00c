"""What is measured, and what makes two answers to it the same."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from bench.load import refresh, request
from bench.people import Kind, Size, id_of
from bench.visitors import Visitors

API = "/api/v1"
PAGE = 20
REQUESTS = 500
CONNECTIONS = 16
CHAINS, SHARES = 1_000, 8
"""How many sessions one measurement may use, and the part of all that it may, at most."""


class Scene:
    """Who may send what, over the data of one size."""

    def __init__(self, size: Size, visitors: Visitors) -> None:
        self._size = size
        self._visitors = visitors
        self._random = Random(1)
        self._not_refreshed = iter(range(size.members - 1, 0, -1))
        self._cursor = ""

    def walk(self, port: int) -> None:
        """Go through the collector's list as far as `depth`, and keep the cursor."""
        headers = {"Authorization": f"Bearer {self._visitors.access_token(0)}"}
        asked = {"limit": "100"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}{API}", headers=headers) as client:
            for _ in range(self._size.depth // 100):
                page = client.get("/me/copies", params=asked)
                self._cursor = page.raise_for_status().json()["next_cursor"]
                asked["cursor"] = self._cursor

    def read_one(self) -> list[bytes]:
        """Look at copies of anybody's."""
        return [
            request("GET", f"{API}/copies/{id_of(Kind.COPY, self._any(self._size.copies))}", token)
            for token in self._tokens()
        ]

    def first_page(self) -> list[bytes]:
        """Look at one's own copies."""
        path = f"{API}/me/copies?limit={PAGE}"
        return [request("GET", path, token) for token in self._tokens()]

    def deep_page(self) -> list[bytes]:
        """Look far down the collector's list."""
        path = f"{API}/me/copies?limit={PAGE}&cursor={self._cursor}"
        return [request("GET", path, self._visitors.access_token(0))]

    def create(self) -> list[bytes]:
        """Enter a copy of one's own."""
        card = {"condition": "mint", "for_trade": True, "note": "sleeved"}
        return [
            request("POST", f"{API}/me/copies", token, card | {"card_id": str(self._any_card())})
            for token in self._tokens()
        ]

    def refresh(self) -> list[bytes]:
        """Begin chains with sessions that nobody has refreshed yet; each is good for sixty."""
        chains = min(CHAINS, self._size.members // SHARES)
        unused = [next(self._not_refreshed) for _ in range(chains)]
        return [refresh(self._visitors.refresh_token(member)) for member in unused]

    def _tokens(self) -> Iterator[str]:
        for _ in range(REQUESTS):
            yield self._visitors.access_token(self._random.choice(self._size.visitors))

    def _any(self, count: int) -> int:
        return self._random.randrange(count)

    def _any_card(self) -> Any:
        return id_of(Kind.CARD, self._any(self._size.cards))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One kind of request; `differing` names what no two answers to it share."""

    name: str
    requests: Callable[[Scene], Sequence[bytes]]
    status: int = 200
    chained: bool = False
    differing: frozenset[str] = frozenset()


OPERATIONS = (
    Operation(name="read one", requests=Scene.read_one),
    Operation(name="first page of 20", requests=Scene.first_page),
    Operation(name="page at depth", requests=Scene.deep_page),
    Operation(
        name="create one",
        requests=Scene.create,
        status=201,
        differing=frozenset({"id", "created_at", "updated_at"}),
    ),
    Operation(
        name="refresh",
        requests=Scene.refresh,
        chained=True,
        differing=frozenset({"access_token", "refresh_expires_in"}),
    ),
)
