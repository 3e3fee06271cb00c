"""However many write it at once, the history of a trade is one chain: its lock sees to that."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType

from uuid_utils.compat import uuid7

from apps.shared.application.work import ChangedMeanwhile, UnitOfWork
from apps.trading.application.keep_history import History
from apps.trading.contract import HistoryCheck
from apps.trading.domain.history import CancellationAsked
from tests.support.deals import Deal, a_deal
from tests.support.site import Member, Site, elsewhere

ROUNDS = 15
AT = datetime(2026, 5, 24, 12, tzinfo=UTC)


async def a_member(site: Site, name: str) -> Member:
    """One with a nickname that nobody has yet."""
    return await site.join(f"{name}-{uuid7().hex[-8:]}")


async def all_at_once(site: Site) -> list[Deal]:
    """Let both sides act at the same moment, and have each acceptance end other proposals."""
    ann, bea, eve = [await a_member(site, name) for name in ("ann", "bea", "eve")]
    deals = []
    for _ in range(ROUNDS):
        deal = await a_deal(site, author=ann, other=bea)
        rival = await a_deal(site, author=eve, other=bea, take=deal.take)
        deals += [deal, rival]
        await asyncio.gather(deal.accept(), rival.withdraw())
        await asyncio.gather(*(cancel(deal, by=party) for party in (ann, bea)))
        await asyncio.gather(deal.confirm(ann), deal.confirm(bea))
    return deals


async def cancel(deal: Deal, *, by: Member) -> None:
    """Ask to call it off; whether or not one asks in time."""
    await by.post(f"{deal.path}/cancel", {"by_agreement": True})


async def broken(site: Site) -> int:
    return await (await site.port(HistoryCheck))()  # type: ignore[type-abstract]


async def test_who_acts_at_once_is_told_of_one_after_the_other(site: Site) -> None:
    deals = await all_at_once(site)
    assert await broken(site) == 0
    for deal in deals:
        events = (await deal.author.get(f"{deal.path}/events")).json()["items"]
        assert [event["sequence"] for event in events] == [*range(1, len(events) + 1)]


async def write(site: Site, deal: Deal, both: asyncio.Barrier) -> None:
    """Add an event without having locked the trade; wait for the other to be as far."""
    event = CancellationAsked(trade=deal.id, parties=(), revision=1, at=AT)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        history = await site.port(History)  # type: ignore[type-abstract]
        await history.append([("cancellation_asked", event)])
        await both.wait()


async def written_side_by_side(site: Site) -> list[object]:
    deal, both = await a_deal(site), asyncio.Barrier(2)
    writers = [elsewhere(write(site, deal, both)) for _ in range(2)]
    return await asyncio.gather(*writers, return_exceptions=True)


async def test_who_writes_without_the_lock_is_refused(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        outcomes = await written_side_by_side(site)
        assert {type(outcome) for outcome in outcomes} == {ChangedMeanwhile, NoneType}
        assert await broken(site) == 0


async def test_without_lock_and_index_a_history_would_fork(postgresql: str, keys: Path) -> None:
    """The control."""
    async with Site(postgresql, keys) as site:
        await site.run("DROP INDEX uq_trade_events_sequence")
        assert await written_side_by_side(site) == [None, None]
        assert await broken(site) == 1
