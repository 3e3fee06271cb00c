"""What decisions once wrote into legs that it had not happened to is put right by the migration."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select

from apps.trading.infrastructure.models import TradeLegModel
from tests.support.disputes import a_moderator, a_quarrel, ensure_well
from tests.support.site import Site
from tests.test_migrations import move


@pytest.mark.parametrize(
    ("verdict", "was", "becomes"),
    [("void", "due", ["due", "received"]), ("return", "returned", ["due", "returned"])],
)
async def test_legs_tell_what_has_happened_again(
    url: str, keys: Path, verdict: str, was: str, becomes: list[str]
) -> None:
    """Ann had got Bea's cards, and Bea none of Ann's."""
    async with Site(url, keys) as site:
        quarrel = await a_quarrel(site, heard=True)
        ensure_well([await quarrel.decide(await a_moderator(site, "mia"), verdict)])
        await site.run("UPDATE trade_legs SET state = :was", was=was)
    move(command.downgrade, url, "0017")
    move(command.upgrade, url, "head")
    async with Site(url, keys) as site:
        states = select(TradeLegModel.state).order_by(TradeLegModel.position)
        assert await site.ask(states) == becomes
