"""What was on its way, or met for, before legs had clocks of their own is due when it was."""

from pathlib import Path
from uuid import UUID

from alembic import command

from apps.trading.domain.terms import TradeId
from tests.support.catalog import execute
from tests.support.deals import a_deal
from tests.support.mail import a_mailing
from tests.support.rings import trade_of
from tests.support.site import Site
from tests.test_migrations import move


async def test_what_runs_goes_on_running(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        mailing = await a_mailing(site)
        met = await a_deal(site, author=mailing.author, other=mailing.other)
        await mailing.accept()
        parcel = {"carrier": "Post", "tracking_number": "RR 1"}
        sent = await mailing.author.post(f"{mailing.leg(mailing.author)}/ship", parcel)
        await met.accept()
        await met.confirm(met.author)
        ids = [TradeId(UUID(sent.json()["id"])), met.id]
        before = [await trade_of(site, id) for id in ids]
    execute(url, "DELETE FROM trade_addresses", "DELETE FROM addresses")  # sealed: no way back
    move(command.downgrade, url, "0017")
    move(command.upgrade, url, "head")
    async with Site(url, keys) as site:
        after = [await trade_of(site, id) for id in ids]
    assert [trade.deadlines for trade in after] == [trade.deadlines for trade in before]
    assert all(trade.deadlines for trade in after)
