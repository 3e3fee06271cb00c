"""What is asked for got worse before its owner agreed: nobody is held to what they saw (T7)."""

import pytest

from tests.support.deals import a_deal, ensure_sound, promises, told
from tests.support.rings import a_ring
from tests.support.site import Member, Site, proposal
from tests.trading.test_counter_api import counter


async def worsen(owner: Member, copy: object) -> None:
    answer = await owner.patch(f"/me/copies/{copy}", {"condition": "damaged"})
    assert answer.status_code == 200, answer.text


async def test_every_proposal_that_asks_for_it_lapses(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    deal = await a_deal(site)
    bea, eve = deal.other, await site.join("eve")
    rival = await a_deal(site, author=eve, other=bea, take=deal.take)
    untouched = await a_deal(site, author=eve, other=bea)
    _ = capsys.readouterr()
    await worsen(bea, deal.take[0])
    for each in (deal, rival):
        assert await each.state() == "lapsed"
        events = (await each.author.get(f"{each.path}/events")).json()["items"]
        assert (events[-1]["kind"], events[-1]["reason"]) == ("trade_lapsed", "copy_changed")
        assert await promises(site, *each.give) == {each.give[0]: []}
        assert told(await each.accept()) == (409, "invalid-transition")
    assert await untouched.state() == "proposed"
    letters = capsys.readouterr().out
    assert letters.count("A proposal has lapsed") == 4
    await ensure_sound(site)


async def test_what_its_owner_has_agreed_to_goes_on_as_a_new_revision(site: Site) -> None:
    """And lapses where the other asks for it instead, as a counter-proposal does."""
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, more, beas = await ann.hold(), await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[anns], take=[beas])
    await worsen(ann, anns)
    seen = (await bea.get(f"/trades/{trade}")).json()
    assert (seen["state"], seen["revision"], seen["turn"]) == ("proposed", 2, str(bea.id))
    assert (await counter(bea, trade, 2, give=[beas], take=[anns, more])).status_code == 200
    await worsen(ann, more)
    assert (await ann.get(f"/trades/{trade}")).json()["state"] == "lapsed"


async def test_an_open_ask_lapses_as_well(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    wished = await bea.hold()
    answer = await ann.post("/trades", proposal(bea, give=[], take=[wished]))
    await worsen(bea, wished)
    assert (await ann.get(f"/trades/{answer.json()['id']}")).json()["state"] == "lapsed"


async def test_of_a_reopened_trade_the_other_copy_ends_it(site: Site) -> None:
    """Its fault stays with whose copy got worse first: the other is not bound to it any more."""
    deal = await a_deal(site)
    await deal.accept()
    await worsen(deal.author, deal.give[0])
    await worsen(deal.other, deal.take[0])
    assert await deal.state() == "lapsed"
    parties = (await deal.other.get(deal.path)).json()["parties"]
    assert [party["at_fault"] for party in parties] == [True, False]
    await ensure_sound(site)


async def test_a_ring_is_dissolved_by_who_has_not_consented_and_revised_by_who_has(
    site: Site,
) -> None:
    ring, other = await a_ring(site), await a_ring(site, mark="2")
    for each in (ring, other):
        await each.accept(each.members[0])
    await worsen(ring.members[1], ring.copies[1])
    await worsen(other.members[0], other.copies[0])
    assert (await ring.state(), await other.state()) == ("lapsed", "proposed")
    assert await ring.untouched()
    await ensure_sound(site)


@pytest.mark.parametrize("condition", ["mint", "near_mint"])
async def test_a_better_or_equal_condition_ends_nothing(site: Site, condition: str) -> None:
    bea = await site.join("bea")
    wished = await bea.hold()
    await bea.patch(f"/me/copies/{wished}", {"condition": "near_mint"})
    deal = await a_deal(site, other=bea, take=[wished])
    assert (await bea.patch(f"/me/copies/{wished}", {"condition": condition})).status_code == 200
    assert await deal.state() == "proposed"
