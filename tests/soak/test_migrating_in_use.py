"""The newest revisions are taken while members read and write, and none of them is turned away."""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic

from apps.operations.infrastructure.migrations import AlembicMigrations, scripts
from tests.support.budget import Budget, percentile
from tests.support.catalog import catalog, execute
from tests.support.databases import aside
from tests.support.site import Member, Site, elsewhere

FIRST_ONLINE = "0029"
"""What comes behind it was written for tables in use (tests/test_online_migrations.py)."""

MEMBERS = 20
COPIES = """
    INSERT INTO copies (id, card_id, owner_id, condition, state, for_trade, created_at, updated_at,
        version)
    SELECT gen_random_uuid(), '{card}', '{owner}', 'mint', 'held', true, now(), now(), 1
    FROM generate_series(1, {rows})
"""


class Traffic:
    """Requests at a steady rate, whether or not those before them were answered."""

    def __init__(self, members: list[Member], card: str, random: Random) -> None:
        self.members = members
        self.body = {"card_id": card, "condition": "mint", "for_trade": True}
        self.random = random
        self.told: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.over = asyncio.Event()

    async def run(self, rate: int) -> None:
        """Go on until it is over, and then until all are answered."""
        sent, begun = [], monotonic()
        while not self.over.is_set():
            sent.append(elsewhere(self._ask()))
            await asyncio.sleep(max(0, begun + len(sent) / rate - monotonic()))
        await asyncio.gather(*sent)

    async def _ask(self) -> None:
        member, begun = self.random.choice(self.members), monotonic()
        if self.random.random() < 0.3:
            answer = await member.post("/me/copies", self.body)
        else:
            answer = await member.get("/me/copies", limit=5)
        self.told[answer.status_code] += 1
        self.seconds.append(monotonic() - begun)


async def test_nobody_is_turned_away_while_the_schema_changes(
    postgresql: str, keys: Path, budget: Budget
) -> None:
    whole = catalog(postgresql)
    rows, rate = budget.of(2_000, 1_000_000), budget.of(20, 200)
    async with Site(postgresql, keys, copies_count_max=10_000_000) as site:
        members = [await site.join(f"member-{number}") for number in range(MEMBERS)]
        (card,) = await site.some_cards(1)
        share = rows // MEMBERS
        copies = [COPIES.format(card=card, owner=each.id, rows=share) for each in members]
        execute(postgresql, *copies, "ANALYZE copies")
        chain = AlembicMigrations(postgresql)
        aside(lambda: chain.downgrade(FIRST_ONLINE, lambda _: None))
        traffic = Traffic(members, str(card), budget.random())
        load = asyncio.create_task(traffic.run(rate))
        await asyncio.sleep(budget.of(0.2, 5))
        begun = monotonic()
        steps: list[str] = []
        await asyncio.to_thread(chain.upgrade, "head", steps.append)
        took = monotonic() - begun
        await asyncio.sleep(budget.of(0.2, 5))
        traffic.over.set()
        await load
    newer = [*scripts().iterate_revisions("head", FIRST_ONLINE)]
    assert len(steps) == len(newer)
    assert catalog(postgresql) == whole
    assert set(traffic.told) == {200, 201}
    p99, worst = percentile(traffic.seconds, 0.99), round(1000 * max(traffic.seconds))
    budget.tell(
        f"{len(traffic.seconds)} requests at {rate}/s over {rows} copies, {len(newer)} revisions"
        f" in {took:.1f} s: none failed, p99 {p99} ms, the slowest {worst} ms"
    )
