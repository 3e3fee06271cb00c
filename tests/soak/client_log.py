"""What clients asked for and were answered, on disk before they ask for anything else."""

import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from httpx import Response
from sqlalchemy import select

from apps.collection.infrastructure.models import CopyModel
from apps.trading.infrastructure.models import TradeEventModel, TradeModel
from tests.support.site import Site

EVENTS = {
    "accept": "trade_accepted",
    "confirm": "leg_received",
    "cancel": "trade_cancelled",
}
"""What the history tells once for every request of this kind that succeeds."""

Fact = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under its key; without a status nobody knows yet what has become of it."""

    key: str
    by: str
    token: str
    path: str
    body: Any
    status: int | None = None
    answer: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and self.status < 300

    def facts(self) -> list[Fact]:
        """What the database must hold once for this success."""
        if self.path == "/me/copies":
            return [("copy", json.loads(self.answer)["id"])]
        trade = json.loads(self.answer)["id"]
        if self.path == "/trades":
            return [("trade", trade), ("trade_proposed", trade, self.by)]
        return [(EVENTS[self.path.rpartition("/")[2]], trade, self.by)]


@dataclass
class ClientLog:
    """A file with a line for each question and each answer; `asked` is what it comes to."""

    file: Path
    asked: dict[str, Asked] = field(default_factory=dict)

    def ask(self, request: Asked) -> None:
        self.asked[request.key] = request
        self._write("asked", request, safely=False)

    def answer(self, key: str, response: Response) -> Asked:
        """Note what was received whole; it is on disk when this returns."""
        known = replace(self.asked[key], status=response.status_code, answer=response.text)
        self.asked[key] = known
        self._write("answered", known, safely=True)
        return known

    def unanswered(self) -> list[Asked]:
        return [each for each in self.asked.values() if each.status is None]

    def facts(self) -> Counter[Fact]:
        """What must be in the database, no more and no less."""
        return Counter(
            fact for each in self.asked.values() if each.succeeded for fact in each.facts()
        )

    def _write(self, what: str, request: Asked, *, safely: bool) -> None:
        with self.file.open("a") as lines:
            told = [what, request.key, request.by, request.path, request.status, request.answer]
            lines.write(json.dumps(told) + "\n")
            if safely:
                lines.flush()
                os.fsync(lines.fileno())


async def facts_kept(site: Site) -> Counter[Fact]:
    """What the database holds, told as a client log tells it."""
    kept: Counter[Fact] = Counter()
    kept.update(("copy", str(id)) for id in await site.ask(select(CopyModel.id)))
    kept.update(("trade", str(id)) for id in await site.ask(select(TradeModel.id)))
    async with (await site.engine()).connect() as connection:
        history = select(TradeEventModel.kind, TradeEventModel.trade_id, TradeEventModel.actor_id)
        for kind, trade, actor in await connection.execute(
            history.where(TradeEventModel.kind.in_(["trade_proposed", *EVENTS.values()]))
        ):
            kept[kind, str(trade), str(actor)] += 1
    return kept


Reading = Callable[[Site], Awaitable[Counter[Fact]]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Writes that were acknowledged and are gone, and effects that nobody was told of."""

    lost: Counter[Fact]
    ghosts: Counter[Fact]

    @classmethod
    async def on(
        cls,
        log: ClientLog,
        site: Site,
        read: Callable[[Site], Awaitable[Counter[Fact]]] = facts_kept,
    ) -> "Verdict":
        """Compare what clients were told with what this reads."""
        told, kept = log.facts(), await read(site)
        return cls(lost=told - kept, ghosts=kept - told)
