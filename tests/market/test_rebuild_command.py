"""`kcs market rebuild`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dishka import AsyncContainer
from sqlalchemy import update
from typer.testing import CliRunner

from apps.market.application.rebuild_market import BeginRebuild
from apps.market.infrastructure.models import MarketCopyModel
from apps.market.presentation.command import commands
from tests.market.test_index import everything, index
from tests.support.site import Site

Type = Callable[[], Any]


@pytest.fixture
def type_in(url: str, keys: Path) -> Type:
    """Run the command over a market that was read once."""

    async def prepare() -> None:
        async with Site(url, keys) as site:
            _ = await everything(site)
            await index(site)

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        async with Site(url, keys) as site:
            container: AsyncContainer = site.app.state.dishka_container
            yield container

    asyncio.run(prepare())
    app = commands(open_container)
    return lambda: CliRunner().invoke(app, ["rebuild"])


async def meddle(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        await site.change(update(MarketCopyModel).values(listed=~MarketCopyModel.listed))


async def begin(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        _ = await (await site.port(BeginRebuild))()


def test_a_new_reading_is_put_in_place(type_in: Type) -> None:
    done = type_in()
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Reading 2 is live: ")
    assert done.stdout.endswith("; 0 rows differ from the reading before it.\n")


def test_what_differed_is_told_and_put_right(type_in: Type, url: str, keys: Path) -> None:
    asyncio.run(meddle(url, keys))
    done = type_in()
    assert done.exit_code == 1
    assert done.stderr.startswith("market_copies: ")
    assert type_in().exit_code == 0


def test_one_at_a_time(type_in: Type, url: str, keys: Path) -> None:
    asyncio.run(begin(url, keys))
    done = type_in()
    assert done.exit_code == 1
    assert done.stderr == "All events are being read anew already.\n"
