"""Values come back as they went, on both databases, and SQLite is opened as it has to be."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import JSON, Uuid, literal, select, text
from sqlalchemy.exc import StatementError
from uuid_utils.compat import uuid7

from apps.shared.infrastructure.database import WRITING, Instant, open_engine

SEOUL = timezone(timedelta(hours=9))
VALUES = [
    (Instant(), datetime(2026, 5, 24, 12, 30, 1, 234567, tzinfo=UTC)),
    (Instant(), datetime(2026, 12, 31, 23, 59, tzinfo=SEOUL)),
    (Uuid(), uuid7()),
    (JSON(), {"names": ["하니", "Hanni"], "none": None, "many": 2**53}),
]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda each: type(each).__name__)
async def test_a_value_comes_back_as_it_went(url: str, kind: Any, value: Any) -> None:
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            back = await connection.scalar(select(literal(value, kind)))
    finally:
        await engine.dispose()
    assert (json.loads(back) if isinstance(back, str) else back) == value


async def test_a_moment_without_a_zone_is_refused(url: str) -> None:
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            with pytest.raises(StatementError, match="Of which zone"):
                await connection.scalar(select(literal(datetime(2026, 5, 24), Instant())))  # noqa: DTZ001
    finally:
        await engine.dispose()


async def test_sqlite_is_opened_for_safety(sqlite: str) -> None:
    engine = open_engine(sqlite)
    pragmas = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 2000}
    try:
        async with engine.connect() as connection:
            for pragma, value in pragmas.items():
                assert await connection.scalar(text(f"PRAGMA {pragma}")) == value
        async with engine.connect() as writer, engine.connect() as other:
            writer = await writer.execution_options(**WRITING)  # noqa: PLW2901
            await writer.execute(text("SELECT 1"))  # begins IMMEDIATE: nobody else may
            await other.execute(text("PRAGMA busy_timeout = 0"))
            with pytest.raises(Exception, match="locked"):
                await other.execute(text("UPDATE users SET role = role"))
    finally:
        await engine.dispose()
