"""Installations whose rounds are solved at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.matching.shelves import Shelves
from tests.support.site import Site
from tests.support.solvers import NearSolver, rounds_only, solving_with
from tests.support.stores import Store


@pytest.fixture
async def hall(url: str, keys: Path) -> AsyncIterator[Site]:
    """The application over a fresh database; solving takes no process of its own."""
    async with Site(url, keys, solving_with(NearSolver()), rounds_only()) as site:
        yield site


@pytest.fixture
async def shelves(store: Store) -> Shelves:
    return await Shelves.of(store)
