"""What one member could swap now, over HTTP."""

import pytest

from tests.support.site import Site
from tests.support.suggested import a_market, circle, given, matches, want


async def test_two_who_want_what_the_other_lists_are_a_pair(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    first, second = await site.some_cards(2)
    anns, beas = await ann.hold(first), await bea.hold(second)
    wanted, _ = await want(ann, second, rank=1), await want(bea, first)
    (match,) = await matches(ann)
    assert match["kind"] == "pair"
    assert circle(match) == ["ann", "bea"]
    assert given(match) == {"ann": [str(anns)], "bea": [str(beas)]}
    (gain,) = match["gains"]
    assert (gain["copy_id"], gain["want_group_id"], gain["rank"]) == (str(beas), wanted, 1)
    assert [each["id"] for each in (gain["card"], *(c["card"] for c in match["legs"][1]["copies"]))]
    codes = [reason["code"] for reason in match["reasons"]]
    assert codes == ["offers_what_you_want", "wants_what_you_offer", "top_wish"]
    assert match["methods"] == ["in_person"], "by mail both need a confirmed address"
    assert [circle(each) for each in await matches(bea)] == [["bea", "ann"]]
    assert await matches(ann) == [match]


@pytest.mark.parametrize("size", [3, 4])
async def test_a_ring_is_found_by_each_of_its_members(site: Site, size: int) -> None:
    members = await a_market(site, size=size)
    names = [member.nickname for member in members]
    for place, member in enumerate(members):
        (match,) = await matches(member)
        assert match["kind"] == "ring"
        assert circle(match) == [*names[place:], *names[:place]]
        assert match["methods"] == ["mail"]
    assert not await matches(members[0], kind="pair")
    assert not await matches(members[0], max_length=size - 1)
