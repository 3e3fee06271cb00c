"""The history of a trade over HTTP, and the check of it that its parties are given."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from apps.shared.infrastructure.unit_of_work import violated
from apps.trading.infrastructure.models import TradeEventModel
from tests.support.deals import Deal, a_deal, promises, told
from tests.support.served import ROOT
from tests.support.site import Member, Site
from tests.support.weakening import let_change

Fault = Callable[[dict[str, Any], list[dict[str, Any]]], str | None]
KINDS = ["trade_proposed", "trade_accepted", "leg_received", "leg_received", "trade_completed"]
EVENTS = TradeEventModel.metadata.tables["trade_events"]
EDITS: dict[str, Any] = {
    "id": uuid7(),
    "kind": "trade_lapsed",
    "revision": EVENTS.c.revision + 1,
    "actor_id": None,
    "reason": "",
    "at": datetime(2026, 5, 24, tzinfo=UTC),
    "hash": "0" * 64,
    "previous_hash": "0" * 64,
    "sequence": EVENTS.c.sequence + 7,
}


@pytest.fixture(scope="module")
def fault() -> Fault:
    """The recipe, as the page for members has it."""
    page = (ROOT / "docs" / "trade-history.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    recipe: dict[str, Any] = {}
    exec(code, recipe)
    found: Fault = recipe["fault"]
    return found


@pytest.fixture
async def deal(site: Site) -> Deal:
    """One that went through, beside another of the same two."""
    deal = await a_deal(site)
    await (await a_deal(site, author=deal.author, other=deal.other)).reject()
    await deal.complete()
    return deal


async def events(reader: Member, deal: Deal, *, limit: int = 100) -> list[dict[str, Any]]:
    """All pages of it."""
    found, query = [], {"limit": str(limit)}
    while True:
        answer = await reader.get(f"{deal.path}/events", **query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if not page["next_cursor"]:
            return found
        query["cursor"] = page["next_cursor"]


async def shown(reader: Member, deal: Deal) -> dict[str, Any]:
    trade: dict[str, Any] = (await reader.get(deal.path)).json()
    return trade


async def test_both_parties_read_the_same_history_oldest_first(deal: Deal) -> None:
    history = await events(deal.author, deal)
    assert [event["kind"] for event in history] == KINDS
    assert [event["sequence"] for event in history] == [1, 2, 3, 4, 5]
    assert [event["previous_hash"] for event in history] == [
        None,
        *(event["hash"] for event in history[:-1]),
    ]
    author, other = str(deal.author.id), str(deal.other.id)
    assert [event["actor_id"] for event in history] == [author, other, author, other, other]
    assert await events(deal.other, deal) == history
    for limit in (1, 2, 5):
        assert await events(deal.other, deal, limit=limit) == history


async def test_a_stranger_finds_no_history(site: Site, deal: Deal) -> None:
    eve = await site.join("eve")
    assert told(await eve.get(f"{deal.path}/events")) == (404, "not-found")
    assert (await site.client.get(f"/api/v1{deal.path}/events")).status_code == 401


async def test_a_party_can_check_the_history_as_the_page_says(
    site: Site, deal: Deal, fault: Fault
) -> None:
    for reader in (deal.author, deal.other):
        assert fault(await shown(reader, deal), await events(reader, deal)) is None
    again = await a_deal(site, author=deal.author, other=deal.other)
    assert fault(await shown(deal.author, again), await events(deal.author, again)) is None
    reason = {"reason": 'No "\\/ \u4e8c\n\U0001f4a1'}
    assert (await again.other.post(f"{again.path}/reject", reason)).status_code == 200
    history = await events(deal.author, again)
    assert history[-1]["reason"] == reason["reason"]
    assert fault(await shown(deal.author, again), history) is None


async def test_a_lapse_by_the_system_is_linked_as_well(site: Site, fault: Fault) -> None:
    """One acceptance ends many proposals, each with a chain of its own."""
    deal = await a_deal(site)
    lost = [
        await a_deal(
            site, author=await site.join(f"eve-{number}"), other=deal.other, take=deal.take
        )
        for number in range(3)
    ]
    await deal.accept()
    for each in lost:
        history = await events(each.author, each)
        assert [event["kind"] for event in history] == ["trade_proposed", "trade_lapsed"]
        assert fault(await shown(each.author, each), history) is None
    assert await promises(site, *deal.give)


@asynccontextmanager
async def for_a_while(site: Site) -> AsyncIterator[None]:
    """Undo afterwards whatever was done to histories, which needs their triggers gone."""
    await site.run("CREATE TABLE before AS SELECT * FROM trade_events")
    yield
    await site.run("DELETE FROM trade_events")
    await site.run("INSERT INTO trade_events SELECT * FROM before")
    await site.run("DROP TABLE before")


async def test_an_edit_of_any_row_shows(site: Site, deal: Deal, fault: Fault) -> None:
    assert EDITS.keys() == {*EVENTS.columns.keys()} - {"trade_id"}
    history, trade = await events(deal.author, deal), await shown(deal.author, deal)
    await let_change(site, "trade_events")
    for event, (column, value) in product(history, EDITS.items()):
        async with for_a_while(site):
            this = EVENTS.c.id == UUID(event["id"])
            await site.change(update(EVENTS).where(this).values({column: value}))
            changed = await events(deal.author, deal)
            assert changed != history
            assert fault(trade, changed), (event["sequence"], column)
    assert fault(trade, await events(deal.author, deal)) is None


async def test_the_loss_of_any_row_shows(site: Site, deal: Deal, fault: Fault) -> None:
    history, trade = await events(deal.author, deal), await shown(deal.author, deal)
    await let_change(site, "trade_events")
    for event in history:
        async with for_a_while(site):
            await site.change(delete(EVENTS).where(EVENTS.c.id == UUID(event["id"])))
            left = await events(deal.author, deal)
            assert len(left) == len(history) - 1
            assert fault(trade, left), event["sequence"]
    assert fault(trade, await events(deal.author, deal)) is None


async def test_a_row_of_another_trade_shows(site: Site, deal: Deal, fault: Fault) -> None:
    await let_change(site, "trade_events")
    strange = await a_deal(site, author=deal.author, other=deal.other)
    await site.change(delete(EVENTS).where(EVENTS.c.trade_id == strange.id))
    await site.change(
        update(EVENTS).where(EVENTS.c.trade_id == deal.id).values(trade_id=strange.id)
    )
    assert fault(await shown(deal.author, strange), await events(deal.author, strange))


@pytest.mark.parametrize("table", ["trade_events", "outbox"])
@pytest.mark.parametrize("change", ["UPDATE {} SET kind = 'other'", "DELETE FROM {}"])
async def test_the_database_refuses_to_change_what_was_written(
    site: Site, deal: Deal, table: str, change: str
) -> None:
    before = await events(deal.author, deal)
    with pytest.raises(IntegrityError) as refusal:
        await site.run(change.format(table))
    assert violated(refusal.value.orig) == f"tr_{table}_append_only"
    assert await events(deal.author, deal) == before
    await let_change(site, table)
    await site.run(change.format(table))  # the control


async def test_the_database_refuses_to_empty_a_history(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        with pytest.raises(IntegrityError):
            await site.run("TRUNCATE trade_events")


@pytest.mark.usefixtures("deal")
async def test_no_two_events_of_a_trade_have_one_place(site: Site) -> None:
    (row,) = await site.ask(select(TradeEventModel).where(TradeEventModel.sequence == 5))
    copy = {
        name: getattr(row, name)
        for name in ("trade_id", "sequence", "kind", "revision", "actor_id", "at", "hash")
    }
    with pytest.raises(IntegrityError) as refusal:
        await site.change(EVENTS.insert().values(id=uuid7(), **copy))
    assert "sequence" in violated(refusal.value.orig)
