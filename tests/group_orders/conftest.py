"""Repositories of group orders, in memory and in both databases."""

import pytest

from tests.group_orders.shelves import Shelves
from tests.support.stores import Store


@pytest.fixture
async def shelves(store: Store) -> Shelves:
    return await Shelves.of(store)
