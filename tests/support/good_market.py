"""A good request for every route of the market."""

from tests.support.good import Good, Row, a_card, somebody
from tests.support.routes import API
from tests.support.site import Site


async def swap_index(site: Site) -> Good:
    card = await a_card(site)
    return Good(by=await somebody(site), ids={"card_id": card}, query={"against": card})


MARKET: dict[tuple[str, str], Row] = {
    ("GET", f"{API}/cards/{{card_id}}/swap-index"): swap_index,
}
