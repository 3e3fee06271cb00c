"""An installation for what does not depend on the database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.site import Site


@pytest.fixture
async def sqlite_site(sqlite: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(sqlite, keys) as site:
        yield site
