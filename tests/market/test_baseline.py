"""What there was before events told all of it is told once, when the tables are made."""

from pathlib import Path

from alembic import command
from sqlalchemy import func, select

from apps.market.infrastructure.models import MarketDealModel
from apps.shared.infrastructure.outbox import OUTBOX
from tests.market.test_index import ensure_same, everything, read_copies, read_wants, rows
from tests.support.site import Site
from tests.support.suggested import want
from tests.test_migrations import move

BEFORE = "0040"
SPINE = ("copy_entered", "copy_promised", "copy_handed_over", "level_changed", "want_changed")


async def forget_what_was_told(site: Site) -> None:
    """Leave the events as a version left them that did not tell enough."""
    if await site.dialect() == "postgresql":
        await site.run("ALTER TABLE outbox DISABLE TRIGGER USER")
        less = "CAST(CAST(payload AS jsonb) - 'moves' - 'cards' - 'count' AS json)"
    else:
        await site.run("DROP TRIGGER tr_outbox_append_only_update")
        await site.run("DROP TRIGGER tr_outbox_append_only_delete")
        less = "json_remove(payload, '$.moves', '$.cards', '$.count')"
    await site.run(f"UPDATE outbox SET payload = {less}")
    new = ", ".join(f"'{kind}'" for kind in SPINE)
    await site.run(f"DELETE FROM outbox WHERE kind IN ({new})")


async def test_what_there_was_is_read_as_well(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        ann, bea = await everything(site)
        first, second, third = await site.some_cards(3)
        mine, theirs = await ann.hold(first), await bea.hold(second)
        trade = await ann.propose(bea, give=[mine], take=[theirs])
        _ = await want(ann, third, first, count=3)
        await forget_what_was_told(site)
    move(command.downgrade, url, BEFORE)
    move(command.upgrade, url, "head")
    async with Site(url, keys) as site:
        await ensure_same(site)
        assert any(promised for *_, promised in await read_copies(site))
        assert len(await read_wants(site)) > 2
        kinds = select(OUTBOX.c.kind, func.count()).group_by(OUTBOX.c.kind)
        assert dict(await rows(site, kinds))["trade_kept"] == 1
        deal = select(MarketDealModel.trade_id, MarketDealModel.moves)
        receivers = [[str(ann.id), [str(theirs)]], [str(bea.id), [str(mine)]]]
        ((id, moves),) = await rows(site, deal)
        assert (id, sorted(moves)) == (trade, sorted(receivers))
