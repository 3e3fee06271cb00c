"""Who plays the demo sees figures."""

from pathlib import Path

import pytest

from apps.demo.market import play_market
from apps.demo.members import load_members
from apps.demo.person import StepFailed
from apps.identity.application.ports import Passwords
from apps.rehearsal import season
from tests.catalogue.demo import DEMO, fill
from tests.identity.stage import PlainPasswords, serving
from tests.market.test_market_api import refresh
from tests.market.test_showing_command import run
from tests.support.site import Site


async def test_the_demo_makes_a_market_that_can_be_seen(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys, serving(Passwords, PlainPasswords())) as site:
        _ = await fill(site, DEMO)
        with pytest.raises(StepFailed, match="load the demo first"):
            await play_market(site.client, print)

        async def season_one(member: str) -> None:
            await season(site.app.state.dishka_container, member)

        _ = await load_members(site.client, season_one)
        await refresh(site)
        told: list[str] = []
        await play_market(site.client, told.append)
        await refresh(site)
        code = told[-1].split()[3]
        paths = [line.split()[1] for line in told if line.startswith("  GET")]
        ann = await site.join("ann")
        market, index = [(await ann.get(path.removeprefix("/api/v1"))).json() for path in paths]
        figures = market["figures"]
        assert (figures["free"], figures["wanted"], figures["completions"]) == (5, 5, 10)
        (pair,) = index["pairs"]
        assert (pair["status"], pair["ratio"], pair["swaps"], pair["members"]) == (
            *("published", 1.414),
            *(6, 6),
        ), "three of the history were one for one"
        drawn = await run(site, "chart", code)
        assert drawn.stdout.count("<circle") == 2
        assert "free for trade: 5 on" in drawn.stdout
