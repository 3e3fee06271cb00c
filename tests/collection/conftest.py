"""What tests of collection start from."""

import pytest

from tests.collection.shelves import Shelves
from tests.support.stores import Store


@pytest.fixture
async def shelves(store: Store) -> Shelves:
    return await Shelves.of(store)
