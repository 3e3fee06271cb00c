"""A good request for every route of the market."""

from uuid_utils.compat import uuid7

from tests.support.good import Good, Row, a_card, somebody
from tests.support.routes import API
from tests.support.site import Site

DAYS = {"since": "2026-01-01", "until": "2026-12-31"}


async def card_market(site: Site) -> Good:
    return Good(by=await somebody(site), ids={"card_id": await a_card(site)})


async def snapshots(site: Site) -> Good:
    return Good(by=await somebody(site), query={"card": await a_card(site)} | DAYS)


async def conditions(site: Site) -> Good:
    return Good(by=await somebody(site), query={"group": str(uuid7())} | DAYS)


async def swap_index(site: Site) -> Good:
    card = await a_card(site)
    return Good(by=await somebody(site), ids={"card_id": card}, query={"against": card})


MARKET: dict[tuple[str, str], Row] = {
    ("GET", f"{API}/cards/{{card_id}}/market"): card_market,
    ("GET", f"{API}/market/conditions"): conditions,
    ("GET", f"{API}/market/snapshots"): snapshots,
    ("GET", f"{API}/cards/{{card_id}}/swap-index"): swap_index,
}
