"""Takes protections away, so that tests of races can be seen to fail."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dishka import Provider
from sqlalchemy import event

from apps.shared.infrastructure.append_only import triggers
from apps.shared.infrastructure.database import Model
from tests.support.site import Site


@asynccontextmanager
async def an_unguarded_site(
    url: str, keys: Path, *overrides: Provider, **settings: Any
) -> AsyncIterator[Site]:
    """On PostgreSQL: no row is locked, no version compared, no second promise refused."""
    async with Site(url, keys, *overrides, **settings) as site:
        await site.run("DROP INDEX uq_copy_promises_live")
        engine = (await site.engine()).sync_engine
        event.listen(engine, "before_cursor_execute", unlocked, retval=True)
        yield site


async def let_change(site: Site, table: str) -> None:
    """Let the rows of a table that is only added to be changed and deleted."""
    dialect = await site.dialect()
    for trigger in triggers(Model.metadata.tables[table], dialect):
        name = trigger.split()[2]
        await site.run(f"DROP TRIGGER {name}" + (f" ON {table}" * (dialect == "postgresql")))


def unlocked(*call: Any) -> tuple[str, Any]:
    """The statement without row locks and without the check of a version."""
    _, _, statement, parameters, _, _ = call
    statement = re.sub(r" FOR (NO KEY )?UPDATE( OF \w+)?", "", statement)
    for table in (
        *("trades", "card_proposals", "dispute_cases", "matching_rounds"),
        *("group_orders", "order_milestones"),
    ):
        statement = statement.replace(f"{table}.version = ", f"{table}.version >= ")
    return statement, parameters
