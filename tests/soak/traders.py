"""Members who enter copies and trade them for the same few cards, each request under a key."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from httpx import AsyncClient, Response, TransportError
from uuid_utils.compat import uuid7

from tests.soak.client_log import Asked, ClientLog
from tests.support.levels import confirm_address, raise_to
from tests.support.site import API, Member, Site, elsewhere

FANS = 6
SETTINGS = {"open_proposals_out": 100_000, "live_trades_per_pair": 100_000}
"""What an installation needs for them to trade on and on."""


class Unreachable(Exception):
    """The server is gone, and whether it did what it was asked is not known."""


@dataclass
class Traders:
    """Fans and the one member whose copies they all want; they go on until the server is gone.

    The deaf do not hear what they are answered, and say no more.
    """

    log: ClientLog
    dice: Random
    hub: Member
    fans: list[Member]
    card: str
    shelf: list[str] = field(default_factory=list)
    kind: type[Asked] = Asked
    ended: bool = False
    deaf: bool = False

    @classmethod
    async def join(cls, site: Site, log: ClientLog, dice: Random) -> Self:
        mark = uuid7().hex[-8:]
        hub, *fans = [await site.join(f"trader-{mark}-{number}") for number in range(FANS + 1)]
        await confirm_address(hub, *fans)  # or their level falls with the first trade (R8)
        await raise_to(1, hub, *fans)
        (card,) = await site.some_cards(1)
        return cls(log, dice, hub, fans, str(card))

    async def trade(self, http: AsyncClient) -> None:
        """Trade until told to end or until nobody answers any more."""
        await asyncio.gather(*(elsewhere(self._trade(http, fan)) for fan in self.fans))

    async def _trade(self, http: AsyncClient, fan: Member) -> None:
        try:
            while not self.ended:
                await self._one(http, fan)
        except Unreachable:
            return

    async def _one(self, http: AsyncClient, fan: Member) -> None:
        """Ask for what others ask for too, and go some way with it, or all of it."""
        mine = await self._enter(http, fan)
        self.shelf = [*self.shelf[-5:], await self._enter(http, self.hub)]
        take = self.dice.sample(self.shelf, self.dice.randint(1, min(2, len(self.shelf))))
        body = {"to": str(self.hub.id), "give": [mine], "take": take, "method": "in_person"}
        sent = await self.ask(http, fan, "/trades", body)
        if not sent.is_success:
            return
        way = f"/trades/{sent.json()['id']}"
        accepted = await self.ask(http, self.hub, f"{way}/accept", {"revision": 1})
        if not accepted.is_success:
            return
        steps = self.dice.choice(
            [[], [(fan, "cancel")], [(fan, "confirm")], [(fan, "confirm"), (self.hub, "confirm")]]
        )
        for member, step in steps:
            await self.ask(http, member, f"{way}/{step}", {})

    async def _enter(self, http: AsyncClient, member: Member) -> str:
        body = {"card_id": self.card, "condition": "mint", "for_trade": True}
        answer = await self.ask(http, member, "/me/copies", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def ask(self, http: AsyncClient, member: Member, path: str, body: Any) -> Response:
        request = self.kind(uuid7().hex, str(member.id), member.token, path, body)
        self.log.ask(request)
        response = await send(http, request)
        if self.deaf:
            raise Unreachable
        self.log.answer(request.key, response)
        return response


async def send(http: AsyncClient, request: Asked) -> Response:
    """Send it under its key, for the first time or again; raise Unreachable."""
    headers = {"Authorization": f"Bearer {request.token}", "Idempotency-Key": request.key}
    try:
        return await http.post(API + request.path, json=request.body, headers=headers)
    except TransportError as gone:
        raise Unreachable from gone


async def settled(http: AsyncClient, request: Asked) -> Response:
    """Ask until nobody works on it any more: a database takes a moment to miss a killed server."""
    for _ in range(40):
        response = await send(http, request)
        if response.status_code != 503 and "idempotency-in-progress" not in response.text:
            return response
        await asyncio.sleep(0.25)
    raise Unreachable


async def replay(http: AsyncClient, log: ClientLog) -> Counter[str]:
    """Ask again for all that was not answered, twice, and for the last answers that were.

    Raises AssertionError where two answers to one key differ. Returns how many there were, and how
    many of them had been done before the server was gone.
    """
    told: Counter[str] = Counter()
    answered = [each for each in log.asked.values() if each.succeeded][-2 * FANS :]
    for request in log.unanswered():
        first = await settled(http, request)
        told["replayed"] += 1
        told["done before"] += first.headers.get("Idempotency-Replayed") == "true"
        answered.append(log.answer(request.key, first))
    for request in answered:
        if request.succeeded:
            again = await send(http, request)
            assert (again.status_code, again.text) == (request.status, request.answer)
    return told
