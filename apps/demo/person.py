"""Somebody who uses the service over HTTP, as any client would."""

from dataclasses import dataclass
from typing import Any

import httpx


class StepFailed(Exception):
    """An answer was not what the step expects."""


@dataclass(slots=True)
class Person:
    """A client of one member; `token` is there once signed in."""

    http: httpx.AsyncClient
    nickname: str
    email: str
    password: str
    token: str = ""

    async def call(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, **query: Any
    ) -> Any:
        """Return the decoded answer; raise StepFailed unless it has the expected status."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = await self.http.request(
            method, f"/api/v1{path}", json=body, params=query, headers=headers
        )
        if answer.status_code != expect:
            raise StepFailed(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    async def register(self) -> None:
        """Open an account, or learn by mail only that there is one."""
        account = {"email": self.email, "password": self.password, "nickname": self.nickname}
        await self.call("POST", "/auth/register", account, expect=202)

    async def sign_in(self) -> None:
        """Keep the access token for the calls to come."""
        login = {"email": self.email, "password": self.password, "device_name": "demo"}
        self.token = (await self.call("POST", "/auth/login", login))["access_token"]

    async def me(self) -> str:
        """Return the own id."""
        id: str = (await self.call("GET", "/me"))["id"]
        return id

    async def find_card(self, words: str) -> dict[str, Any]:
        """Return the first card that a search finds."""
        found = await self.call("GET", "/cards", q=words, limit=1)
        if not found["items"]:
            raise StepFailed(f"No card is found for “{words}”: load the demo catalogue first.")
        card: dict[str, Any] = found["items"][0]
        return card

    async def add_copy(self, card: dict[str, Any]) -> str:
        """Enter a copy for trade and return its id."""
        body = {"card_id": card["id"], "condition": "near_mint", "for_trade": True}
        id: str = (await self.call("POST", "/me/copies", body, expect=201))["id"]
        return id

    async def want(self, card: dict[str, Any]) -> None:
        """Look for one of this card."""
        await self.call("POST", "/me/wants", {"card_ids": [card["id"]]}, expect=201)

    async def binder(self) -> dict[str, str]:
        """Return the codes of the cards held, by copy id."""
        copies = await self.call("GET", "/me/copies", limit=100)
        return {copy["id"]: copy["card"]["code"] for copy in copies["items"]}
