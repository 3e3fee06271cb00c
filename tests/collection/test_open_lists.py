"""What many members offer and look for, read at once."""

from apps.collection.contract import OpenLists
from tests.support.deals import a_deal
from tests.support.site import Member, Site


async def look(site: Site, *members: Member) -> tuple[set[object], dict[object, int]]:
    """The copies on offer, and the open slots of each member who has some."""
    lists = await site.port(OpenLists)  # type: ignore[type-abstract]
    ids = [member.id for member in members]
    offers, wants = await lists.offers(ids), await lists.wants(ids)
    return {copy.id for copy in offers}, {want.member_id: want.slots for want in wants}


async def test_what_is_promised_is_neither_offered_nor_wanted_any_more(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    first, second = await site.some_cards(2)
    given, taken, kept = await ann.hold(first), await bea.hold(second), await bea.hold(second)
    _ = await bea.hold(second, for_trade=False)
    for member, card, count in ((ann, second, 2), (bea, first, 1)):
        body = {"card_ids": [str(card)], "count": count}
        assert (await member.post("/me/wants", body)).status_code == 201
    assert await look(site, ann, bea) == ({given, taken, kept}, {ann.id: 2, bea.id: 1})
    deal = await a_deal(site, author=ann, other=bea, give=[given], take=[taken])
    assert await look(site, ann, bea) == ({taken, kept}, {ann.id: 2, bea.id: 1})
    assert (await deal.accept()).status_code == 200
    assert await look(site, ann, bea) == ({kept}, {ann.id: 1})
    assert await look(site, ann) == (set(), {ann.id: 1})
    assert await look(site) == (set(), {})
