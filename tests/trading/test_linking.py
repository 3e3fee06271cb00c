"""Histories from before they were linked: the migration links them as they stand."""

from asyncio import run
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, DateTime, Integer, Text, Uuid, column, select, table
from uuid_utils.compat import uuid7

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.infrastructure.invariants import LINKED
from apps.trading.infrastructure.models import TradeEventModel
from tests.support.databases import aside, migrate
from tests.support.seeds import sow, within
from tests.support.site import Site
from tests.support.weakening import let_change
from tests.test_migrations import SCRIPTS, move

(SPINE,) = (each for each in SCRIPTS.walk_revisions() if each.path.endswith("event_spine.py"))
BEFORE = str(SPINE.down_revision)
AT = (
    datetime(2026, 5, 24, 12, tzinfo=UTC),
    datetime(2026, 5, 24, 12, 0, 0, 123456, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)
REASONS = ("\u4e8c \U0001f4a1", 'no "\\/"\n\t\x1f', None)


EVENTS = table(
    "trade_events",
    *(column(name, Uuid()) for name in ("id", "trade_id", "actor_id")),
    *(column(name, Text()) for name in ("kind", "reason")),
    column("revision", Integer()),
    column("at", DateTime(timezone=True)),
)


def tell(connection: Connection) -> None:
    """Let more happen to every trade there is, by turns; to one of them nobody has done it."""
    (first, *_) = rows = connection.execute(select(EVENTS)).mappings().all()
    for at, reason in zip(AT, REASONS, strict=True):
        for row in rows:
            actor = None if row is first else row["actor_id"]
            more = {"id": uuid7(), "reason": reason, "at": at, "actor_id": actor, "kind": "told"}
            connection.execute(EVENTS.insert().values({**row, **more}))


async def test_old_histories_are_linked_where_they_stand(empty_url: str, keys: Path) -> None:
    move(command.upgrade, empty_url, BEFORE)
    sow(empty_url)
    sow(empty_url)
    aside(lambda: run(within(empty_url, tell)))
    migrate(empty_url)
    linked = await events(empty_url, keys)
    assert [event.sequence for event in linked] == [1, 2, 3, 4] * 2
    move(command.downgrade, empty_url, BEFORE)
    migrate(empty_url)
    again = await events(empty_url, keys)
    assert [event.hash for event in again] == [event.hash for event in linked]
    async with Site(empty_url, keys) as site:
        check = await site.port(CheckInvariants)  # type: ignore[type-abstract]
        assert (await check())[LINKED] == 0
        await let_change(site, "trade_events")
        await site.run("UPDATE trade_events SET reason = 'because' WHERE sequence = 2")
        assert (await check())[LINKED] == 2, "the control"


async def events(url: str, keys: Path) -> list[TradeEventModel]:
    """All of them, in the order in which they were told."""
    asked = select(TradeEventModel).order_by(TradeEventModel.trade_id, TradeEventModel.id)
    async with Site(url, keys) as site:
        return await site.ask(asked)
