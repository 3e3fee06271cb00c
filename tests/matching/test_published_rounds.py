"""What comes of a closed round: rings are put to their members, and followed to their end."""

from tests.matching.fans import (
    a_circle,
    accept,
    opener,
    published,
    reject,
    result,
    state,
)
from tests.support.deals import promises
from tests.support.rings import trade_of
from tests.support.site import Site


async def test_each_ring_is_a_trade_that_nobody_has_consented_to(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await published(hall, olga, circle)
    assert await state(round, olga) == "published"
    for member in circle.members:
        (ring,) = (await result(round, member))["rings"]
        assert (ring["state"], ring["cards"], ring["reason"]) == ("proposed", 3, None)
        assert set(ring["members"]) == {str(each.id) for each in circle.members}
        trade = (await member.get(f"/trades/{ring['trade_id']}")).json()
        assert trade["allowed_actions"] == ["accept", "reject"]
        assert not any(party["consented"] for party in trade["parties"])
    assert not any((await promises(hall, *circle.copies)).values())


async def test_a_round_is_settled_once_all_its_trades_are_over(hall: Site) -> None:
    pass
