"""The kernel runs on both databases, over a table of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.workshop import Workshop


@pytest.fixture
async def workshop(url: str, keys: Path) -> AsyncIterator[Workshop]:
    """The kernel over a fresh database; whatever a test does, no connection stays in use."""
    async with Workshop(url, keys) as workshop:
        yield workshop
        assert await workshop.connections_in_use() == 0
