"""Members who go on trading while a database is away, and ask again for what was not done."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from httpx import AsyncClient, Response
from uuid_utils.compat import uuid7

from tests.soak.client_log import Asked
from tests.soak.traders import Traders, send
from tests.support.site import API, Member

PAUSE = 0.1
"""Seconds that a client waits before it asks again; a good one would wait for `Retry-After`."""


class GivenUp(Exception):
    """It was asked often enough; the log keeps it open."""


@dataclass
class Sailors(Traders):
    """Traders who take a 503 for what it is: nobody knows yet. Each request keeps its key."""

    told: Counter[str] = field(default_factory=Counter)
    """Answers, by method, status and code."""
    longest: float = 0
    """Seconds."""
    unfit: list[str] = field(default_factory=list)
    """Answers of the database's troubles that a client could do nothing with."""

    async def _trade(self, http: AsyncClient, fan: Member) -> None:
        while not self.ended:
            try:
                await self._look(http, fan)
                await self._one(http, fan)
            except GivenUp:
                continue

    async def _look(self, http: AsyncClient, fan: Member) -> None:
        headers = {"Authorization": f"Bearer {fan.token}"}
        begun = monotonic()
        self._note("GET", await http.get(f"{API}/me/copies", headers=headers), begun)

    async def ask(self, http: AsyncClient, member: Member, path: str, body: Any) -> Response:
        request = Asked(uuid7().hex, str(member.id), member.token, path, body)
        self.log.ask(request)
        while True:
            begun = monotonic()
            response = await send(http, request)
            self._note("POST", response, begun)
            if response.status_code < 500 and "in-progress" not in response.text:
                self.log.answer(request.key, response)
                return response
            if self.ended:
                raise GivenUp
            await asyncio.sleep(PAUSE)

    def _note(self, method: str, response: Response, begun: float) -> None:
        self.longest = max(self.longest, monotonic() - begun)
        code = response.json().get("code", "") if response.status_code >= 500 else ""
        self.told[f"{method} {response.status_code} {code}".strip()] += 1
        if response.status_code >= 500 and "Retry-After" not in response.headers:
            self.unfit.append(f"{method} {response.request.url.path} {response.text}")

    def share_of(self, status: int, method: str = "GET") -> float:
        """How many of the answers to a method were this one, of 1."""
        all_told = sum(n for told, n in self.told.items() if told.startswith(method))
        return sum(n for t, n in self.told.items() if t.startswith(f"{method} {status}")) / all_told
