"""A copy that is unlisted or removed takes the proposals over it along (T7)."""

import pytest

from apps.collection.contract import CopyId
from tests.support.deals import Deal, a_deal, ensure_sound, promises, told
from tests.support.site import Member, Site


async def unlist(owner: Member, copy: CopyId) -> None:
    answer = await owner.patch(f"/me/copies/{copy}", {"for_trade": False})
    assert answer.status_code == 200, answer.text


async def remove(owner: Member, copy: CopyId) -> None:
    answer = await owner.delete(f"/me/copies/{copy}")
    assert answer.status_code == 204, answer.text


@pytest.fixture
async def deal(site: Site) -> Deal:
    return await a_deal(site)


@pytest.mark.parametrize("end", [unlist, remove])
async def test_whoever_asked_for_it_is_free_again(site: Site, deal: Deal, end: object) -> None:
    assert callable(end)
    eve = await site.join("eve")
    other = await a_deal(site, author=eve, other=deal.other, take=deal.take)
    await end(deal.other, deal.take[0])
    for each in (deal, other):
        assert await each.state() == "lapsed"
        assert await each.history() == ["trade_proposed", "trade_lapsed"]
        assert await promises(site, *each.give) == {each.give[0]: []}
        answer = await each.accept()
        assert (told(answer), answer.json()["state"]) == ((409, "invalid-transition"), "lapsed")
    await a_deal(site, author=deal.author, other=eve, give=deal.give)
    await ensure_sound(site)


async def test_one_copy_of_several_is_enough(site: Site) -> None:
    bea = await site.join("bea")
    take = [await bea.hold() for _ in range(3)]
    deal = await a_deal(site, other=bea, take=take)
    untouched = await a_deal(site, author=await site.join("eve"), other=bea)
    await unlist(bea, take[1])
    assert await deal.state() == "lapsed"
    assert await untouched.state() == "proposed"


async def test_an_author_who_unlists_what_is_offered_ends_the_proposal(
    site: Site, deal: Deal
) -> None:
    await unlist(deal.author, deal.give[0])
    assert await deal.state() == "lapsed"
    assert await promises(site, *deal.give) == {deal.give[0]: []}
    assert told(await deal.accept()) == (409, "invalid-transition")


async def test_what_is_promised_cannot_be_removed(site: Site, deal: Deal) -> None:
    answer = await deal.author.delete(f"/me/copies/{deal.give[0]}")
    assert told(answer) == (409, "copy-already-promised")
    assert answer.json()["copy_ids"] == [str(deal.give[0])]
    assert await deal.state() == "proposed"
    await deal.withdraw()
    await remove(deal.author, deal.give[0])
    assert await promises(site, *deal.give) == {deal.give[0]: []}


async def test_an_agreement_outlives_the_listing(site: Site, deal: Deal) -> None:
    await deal.accept()
    await unlist(deal.other, deal.take[0])
    assert await deal.state() == "accepted"
    assert await promises(site, *deal.take) == {deal.take[0]: [deal.id]}
    for member in (deal.author, deal.other):
        assert (await deal.confirm(member)).status_code == 200
    assert await deal.state() == "completed"


@pytest.mark.parametrize("changes", [{}, {"note": "sleeved"}, {"for_trade": True}])
async def test_other_changes_end_nothing(deal: Deal, changes: dict[str, object]) -> None:
    for owner, copy in ((deal.other, deal.take[0]), (deal.author, deal.give[0])):
        assert (await owner.patch(f"/me/copies/{copy}", changes)).status_code == 200
    assert await deal.state() == "proposed"


async def test_the_condition_of_what_is_asked_for_is_its_owners_until_it_is_promised(
    site: Site,
) -> None:
    bea = await site.join("bea")
    wished = await bea.hold()
    for condition in ("damaged", "marked"):
        await bea.patch(f"/me/copies/{wished}", {"condition": condition})
    deal = await a_deal(site, other=bea, take=[wished])
    assert (await bea.patch(f"/me/copies/{wished}", {"condition": "light"})).status_code == 200
    await deal.accept()
    for owner, copy in ((deal.other, deal.take[0]), (deal.author, deal.give[0])):
        answer = await owner.patch(f"/me/copies/{copy}", {"condition": "mint"})
        unchanged = owner is deal.author  # it is mint already
        assert told(answer) == ((200, None) if unchanged else (409, "copy-already-promised"))


async def test_a_copy_already_unlisted_can_be_removed(site: Site) -> None:
    ann = await site.join("ann")
    copy = await ann.hold(for_trade=False)
    await remove(ann, copy)
    assert await ann.binder() == set()
