"""Histories are checked event by event: each one's hash, its place, and the words behind it."""

import pytest
from sqlalchemy import select

from apps.shared.application.work import UnitOfWork
from apps.trading.application.keep_history import History
from apps.trading.contract import HistoryCheck
from apps.trading.domain.history import TradeRejected
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.event_words import TradeEventWordsModel
from tests.support.builders import NOON
from tests.support.deals import Deal, a_deal
from tests.support.site import Site
from tests.support.weakening import let_change

TAMPERS = {
    "UPDATE trade_events SET hash = :of WHERE sequence = 2": 2,
    "UPDATE trade_events SET hash = :of WHERE sequence = 4": 1,
    "UPDATE trade_events SET kind = 'other' WHERE sequence = 3": 1,
    "UPDATE trade_events SET previous_hash = NULL WHERE sequence = 3": 1,
    "DELETE FROM trade_events WHERE sequence = 3": 1,
    "UPDATE trade_event_words SET text = 'too soon'": 1,
    "UPDATE trade_event_words SET salt = 'salt'": 1,
    "DELETE FROM trade_event_words": 0,
}
"""What is done to one of two histories, and how many events are wrong then."""


@pytest.fixture
async def deals(site: Site) -> list[Deal]:
    """Two, the histories of which go on together; of each a reason is in a member's words."""
    first = await a_deal(site)
    deals = [first, await a_deal(site, author=first.author, other=first.other)]
    history = await site.port(History)  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await history.append([("told", an_event(first.id, None))])  # one is longer
    for words in (None, "too late", None):
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            await history.append([("told", an_event(deal.id, words)) for deal in deals])
    return deals


def an_event(trade: TradeId, words: str | None) -> TradeRejected:
    return TradeRejected(trade=trade, parties=(), revision=1, at=NOON, words=words)


async def wrong(site: Site) -> int:
    return await (await site.port(HistoryCheck))()  # type: ignore[type-abstract]


async def test_what_is_written_is_whole(site: Site, deals: list[Deal]) -> None:
    assert len(deals) == 2
    assert await wrong(site) == 0
    salts = await site.ask(select(TradeEventWordsModel.salt))
    assert [len(salt) for salt in salts] == [32, 32], "128 bits"
    assert len({*salts}) == 2


@pytest.mark.parametrize("change", TAMPERS)
async def test_whatever_is_done_to_a_history_is_counted(
    site: Site, deals: list[Deal], change: str
) -> None:
    await let_change(site, "trade_events")
    column = "event_id" if "words" in change else "trade_id"
    of_one = f"trade_id = '{await kept(site, deals[1].id)}'"
    narrow = f"{column} IN (SELECT id FROM trade_events WHERE {of_one})"
    joint = " AND " if "WHERE" in change else " WHERE "
    given = {"of": "0" * 64} if ":of" in change else {}
    await site.run(f"{change}{joint}{narrow if column == 'event_id' else of_one}", **given)
    assert await wrong(site) == TAMPERS[change]


async def kept(site: Site, id: TradeId) -> str:
    """An id as this database keeps it."""
    return id.hex if await site.dialect() == "sqlite" else str(id)
