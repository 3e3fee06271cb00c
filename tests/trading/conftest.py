"""What tests of trading start from."""

import pytest

from tests.support.stores import Store
from tests.trading.shelves import Shelves


@pytest.fixture
async def shelves(store: Store) -> Shelves:
    return await Shelves.of(store)
