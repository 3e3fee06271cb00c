"""One more row in every table, whatever tables there are: what a migration has to carry over."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count as count_on
from typing import Any
from warnings import catch_warnings, filterwarnings

from sqlalchemy import Column, Connection, MetaData, Table, func, inspect, select, text, types
from sqlalchemy.ext.asyncio import create_async_engine
from uuid_utils.compat import uuid7

from apps.operations.infrastructure.servers import VERSIONS
from tests.support.databases import aside

NUMBERS = count_on(1)
NOON = datetime(2026, 5, 24, 12, tzinfo=UTC)
VALUES: dict[type[Any], Callable[[Any], Any]] = {
    types.Boolean: lambda _: True,
    types.Integer: lambda _: 1,
    types.DateTime: lambda _: NOON,
    types.Date: lambda _: NOON.date(),
    types.JSON: lambda _: [],
    types.LargeBinary: lambda _: b"\0",
    types.Uuid: lambda _: uuid7(),
    types.String: lambda kind: uuid7().hex[-(kind.length or 32) :],
}


def sow(url: str) -> None:
    """Put a row into each table, over rows in the tables that it refers to."""
    aside(lambda: asyncio.run(within(url, plant)))


def harvest(url: str) -> dict[str, int]:
    """Return how many rows each table has."""
    return aside(lambda: asyncio.run(within(url, count)))


async def within(url: str, step: Any) -> Any:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(step)
    finally:
        await engine.dispose()


def tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    with catch_warnings():  # SQLAlchemy reads a CHECK that is NOT VALID, and then stumbles over it
        filterwarnings("ignore", message="Can't validate argument 'dialect_options'")
        metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSIONS]


def count(connection: Connection) -> dict[str, int]:
    names = [name for name in inspect(connection).get_table_names() if name != VERSIONS]
    return {
        name: connection.execute(select(func.count()).select_from(text(f'"{name}"'))).scalar_one()
        for name in names
    }


TIED = {
    "due_at",
    "disputed_at",
    "leased_until",
    "decided_at",
    "confirmed_by",
    "appealed_at",
    "reviewed_at",
    "reviewed_by",
    "review_confirmed_by",
}
"""Columns that a CHECK ties to the state of their row, which is made up."""

FITTING: dict[tuple[str, str], Any] = {
    ("group_orders", "state"): "open",
    ("group_orders", "seller_type"): "shop",
    ("group_orders", "ended_at"): None,
    ("group_orders", "co_organiser_id"): None,
    ("order_milestones", "kind"): "ordered",
    ("order_milestones", "skipped_at"): None,
    ("order_transactions", "outcome"): "reported",
    ("order_handovers", "outcome"): "done",
    ("order_rounds", "state"): "closed",
    ("order_rounds", "policy"): "lottery",
    ("order_rounds", "revealed_at"): None,
    ("order_rounds", "allocated_at"): None,
    ("order_slots", "item"): None,
    ("order_claims", "item"): None,
    ("order_claims", "state"): "allocated",
    ("order_claims", "ended_at"): None,
    **{
        ("order_allocations", column): None
        for column in ("offered_to", "offered_at", "dispute_kind", "decision")
    },
    ("order_allocations", "ended_at"): None,
    ("order_allocations", "end_reason"): None,
    ("ledger_accounts", "name"): "receivable",
    ("ledger_entries", "kind"): "due_issued",
    ("order_bills", "kind"): "item",
    ("order_bills", "split"): "none",
    ("order_dues", "kind"): "item",
    ("order_payments", "source"): "member",
    ("order_payments", "state"): "confirmed",
    ("order_refunds", "state"): "confirmed",
    ("order_refunds", "decided_by"): None,
    ("market_generations", "state"): "old",
    ("collection_jobs", "kind"): "snapshot",
    ("collection_jobs", "state"): "done",
    ("collection_jobs", "leased_until"): None,
    ("market_conditions", "regime"): None,
    ("matching_rounds", "state"): "closed",
    ("matching_rounds", "settled_at"): None,
    ("matching_rounds", "max_length"): 2,
    ("matching_rings", "state"): "proposed",
    ("matching_rings", "reason"): None,
    ("matching_rings", "length"): 2,
    **{
        (table, column): None
        for table in ("addresses", "trade_addresses")
        for column in ("sealed", "sealed_by", "fingerprint")
    },
}
"""What cannot be made up, for a CHECK knows all there is."""


MONTHLY = "SELECT to_regproc('make_card_snapshots_month') IS NOT NULL"
"""Asks whether a row of a day needs a place that is made for its month."""
OTHERS = {("order_handovers", "receiver_id"), ("order_ratings", "ratee_id")}
"""Columns that name another member than those beside them, for a CHECK tells the two apart."""

Row = dict[str, Any]


def plant(connection: Connection) -> None:
    sown: dict[str, Row] = {}
    if connection.dialect.name == "postgresql" and connection.scalar(text(MONTHLY)):
        connection.execute(text("SELECT make_card_snapshots_month(:day)"), {"day": NOON.date()})
    for table in tables(connection):
        if table.name == "users":
            sown["others"] = one_more(connection, table, sown)
        sown[table.name] = one_more(connection, table, sown)


def one_more(connection: Connection, table: Table, sown: dict[str, Row]) -> Row:
    row = {
        column.name: value(column, sown)
        for column in table.columns
        if column is not table.autoincrement_column
    }
    connection.execute(table.insert().values(row))
    return row


def value(column: Column[Any], sown: dict[str, Row]) -> Any:
    """Make up something that fits; what refers to a row refers to the one just sown."""
    if (place := (column.table.name, column.name)) in FITTING:
        return FITTING[place]
    if column.name in TIED and column.nullable:
        return None
    for key in column.foreign_keys:
        if key.column.table is column.table:
            return None
        table = "others" if place in OTHERS else key.column.table.name
        return sown[table][key.column.name]
    if column.primary_key and isinstance(column.type, types.Integer):
        return next(NUMBERS)
    for kind, make in VALUES.items():
        if isinstance(column.type, kind):
            return make(column.type)
    raise LookupError(f"What does one put into {column.table}.{column.name}, a {column.type!r}?")
