"""Reasons are read by the other party and never deleted: they hold no contact data (C4)."""

import pytest

from tests.support.deals import Deal, a_deal, told
from tests.support.site import Site

NUMBER = "call +886 912 345 678"


async def reached(site: Site, step: str) -> Deal:
    """Where the step may be taken; who takes it is the author but for a rejection."""
    deal = await a_deal(site)
    if step == "cancel":
        await deal.accept()
    return deal


@pytest.mark.parametrize("step", ["reject", "withdraw", "cancel"])
async def test_a_reason_says_why_and_not_how_to_reach_somebody(site: Site, step: str) -> None:
    deal = await reached(site, step)
    member, stranger = deal.other if step == "reject" else deal.author, await site.join("eve")
    before = await deal.history()
    path = f"{deal.path}/{step}"
    refused = await member.post(path, {"reason": NUMBER})
    assert told(refused) == (422, "contact-data")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/reason"]
    assert await deal.history() == before
    assert told(await stranger.post(path, {"reason": NUMBER})) == (404, "not-found")
    assert told(await member.post(path, {"reason": NUMBER, "revision": 9})) == (
        409,
        "stale-revision",
    )
    assert (await member.post(path, {"reason": "Sold, sorry"})).status_code == 200
    events = (await deal.other.get(f"{deal.path}/events")).json()["items"]
    assert events[-1]["reason"] == "Sold, sorry"


async def test_nor_does_the_wish_to_call_it_off_together(site: Site) -> None:
    deal = await reached(site, "cancel")
    wish = {"by_agreement": True, "reason": NUMBER}
    assert told(await deal.other.post(f"{deal.path}/cancel", wish)) == (422, "contact-data")
