"""Installations whose rounds are solved at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.site import Site
from tests.support.solvers import NearSolver, solving_with


@pytest.fixture
async def hall(url: str, keys: Path) -> AsyncIterator[Site]:
    """The application over a fresh database; solving takes no process of its own."""
    async with Site(url, keys, solving_with(NearSolver())) as site:
        yield site
