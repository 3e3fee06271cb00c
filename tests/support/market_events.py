"""Public events of a made-up market, as many as one likes, written into the outbox at once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from apps.market.application.index_market import IndexMarket
from apps.shared.infrastructure.database import driver_connection
from apps.shared.infrastructure.outbox import OUTBOX
from tests.support.site import Site

BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
APART = timedelta(seconds=10)
"""A million of them is four months."""
AT_ONCE = 20_000
TOLD = ("id", "tx", "aggregate", "aggregate_id", "kind", "version", "payload", "at")

Row = tuple[UUID, str, UUID, str, dict[str, Any], datetime]


@dataclass
class MadeUpMarket:
    """Who has what and wants what, changed by one step of somebody's after the other."""

    random: Random
    members: list[UUID] = field(init=False)
    cards: list[UUID] = field(init=False)
    copies: dict[UUID, UUID] = field(default_factory=dict)
    """By whom each free one is held."""
    free: list[UUID] = field(default_factory=list)
    wants: list[UUID] = field(default_factory=list)
    trades: list[tuple[UUID, dict[UUID, UUID]]] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.members = [self.id() for _ in range(2_000)]
        self.cards = [self.id() for _ in range(5_000)]

    def id(self) -> UUID:
        """One that is later than those before it, as all of ours are."""
        return UUID(int=next(self.ids) << 64 | self.random.getrandbits(64))

    def events(self) -> Iterator[Row]:
        """Without an end."""
        at = BEGINNING
        for member in self.members[::2]:
            yield self.of("member", member, "level_changed", {"trust_level": 1}, at)
        while True:
            for aggregate, id, kind, told in self.step():
                at += APART
                yield self.of(aggregate, id, kind, told, at)

    def of(self, aggregate: str, id: UUID, kind: str, told: dict[str, Any], at: datetime) -> Row:
        return self.id(), aggregate, id, kind, told, at

    def step(self) -> Iterator[tuple[str, UUID, str, dict[str, Any]]]:
        chance = self.random.random()
        if chance < 0.4 or len(self.free) < 100:
            yield from self.enter()
        elif chance < 0.55:
            yield from self.want()
        elif chance < 0.58:
            copy = self.pick(self.free)
            del self.copies[copy]
            yield "copy", copy, "copy_unlisted", {}
            yield "copy", copy, "copy_removed", {}
        elif chance < 0.5805 and len(self.cards) > 100:
            card, into = self.pick(self.cards), self.random.choice(self.cards)
            yield "card", card, "card_merged", {"card": str(card), "into": str(into)}
        elif chance < 0.85 or not self.trades:
            yield from self.propose()
        else:
            yield from self.answer()

    def pick(self, among: list[Any]) -> Any:
        """Take any of them out."""
        place = self.random.randrange(len(among))
        among[place], among[-1] = among[-1], among[place]
        return among.pop()

    def enter(self) -> Iterator[tuple[str, UUID, str, dict[str, Any]]]:
        copy, owner = self.id(), self.random.choice(self.members)
        card = self.cards[int(len(self.cards) * self.random.random() ** 2)]
        self.copies[copy] = owner
        self.free.append(copy)
        told = {"card": str(card), "owner": str(owner), "for_trade": True}
        yield "copy", copy, "copy_entered", told
        yield "copy", copy, "copy_listed", {"card": str(card), "owner": str(owner)}

    def want(self) -> Iterator[tuple[str, UUID, str, dict[str, Any]]]:
        if self.wants and self.random.random() < 0.3:
            group = self.pick(self.wants)
            yield "want_group", group, "want_changed", {"cards": None, "count": 2}
            yield "want_group", group, "want_closed", {}
            return
        group, cards = self.id(), self.random.sample(self.cards, self.random.randint(1, 3))
        self.wants.append(group)
        told = {"member": str(self.random.choice(self.members)), "count": 1}
        yield "want_group", group, "want_opened", told | {"cards": [str(card) for card in cards]}

    def propose(self) -> Iterator[tuple[str, UUID, str, dict[str, Any]]]:
        mine, theirs = self.pick(self.free), self.pick(self.free)
        giver, taker = self.copies[mine], self.copies[theirs]
        if giver == taker:
            self.free += [mine, theirs]
            return
        trade = self.id()
        self.trades.append((trade, {giver: theirs, taker: mine}))
        moves = {str(giver): [str(theirs)], str(taker): [str(mine)]}
        yield "trade", trade, "trade_proposed", {"moves": moves}
        yield "copy", mine, "copy_promised", {"agreement": str(trade)}

    def answer(self) -> Iterator[tuple[str, UUID, str, dict[str, Any]]]:
        trade, moves = self.pick(self.trades)
        mine, theirs = moves.values()
        self.free += [mine, theirs]
        if self.random.random() < 0.4:
            yield "copy", theirs, "copy_released", {}
            return
        yield "copy", mine, "copy_promised", {"agreement": str(trade)}
        if self.random.random() < 0.05:
            yield "trade", trade, "trade_disputed", {}
        for receiver, copy in moves.items():
            told = {"giver": str(self.copies[copy]), "receiver": str(receiver)}
            self.copies[copy] = receiver
            yield "copy", copy, "copy_handed_over", told | {"agreement": str(trade)}
        yield "trade", trade, "trade_completed", {}
        for receiver, copy in moves.items():
            yield "copy", copy, "copy_listed", {"card": str(copy), "owner": str(receiver)}


async def read_everything(site: Site) -> None:
    """Read until nothing is left."""
    indexer = await site.port(IndexMarket)
    while await indexer():
        pass


async def tell(site: Site, events: Iterator[Row], number: int) -> None:
    """Write so many of them into the outbox."""
    left = islice(events, number)
    while some := [*islice(left, AT_ONCE)]:
        async with (await site.engine()).connect() as connection:
            if connection.dialect.name == "sqlite":
                await connection.execute(insert(OUTBOX), [row_of(each, 0) for each in some])
                await connection.commit()
                continue
            xact = await connection.exec_driver_sql("SELECT pg_current_xact_id()::text")
            tx = int(xact.scalar_one())
            rows = [row_of(each, tx) for each in some]
            await driver_connection(connection).copy_records_to_table(
                "outbox",
                columns=TOLD,
                records=[
                    tuple((row | {"payload": json.dumps(row["payload"])}).values()) for row in rows
                ],
            )
            await connection.commit()


def row_of(event: Row, tx: int) -> dict[str, Any]:
    id, aggregate, aggregate_id, kind, told, at = event
    return {
        "id": id,
        "tx": tx,
        "aggregate": aggregate,
        "aggregate_id": aggregate_id,
        "kind": kind,
        "version": 1,
        "payload": told,
        "at": at,
    }
