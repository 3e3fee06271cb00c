"""Whoever was turned down asks for something else, or waits a day (T5)."""

from datetime import datetime, timedelta

from tests.support.site import Site, proposal


async def test_the_same_swap_can_be_asked_for_again_after_a_day(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    first = (await ann.post("/trades", body)).json()
    assert (await bea.post(f"/trades/{first['id']}/reject")).status_code == 200

    pressed = await ann.post("/trades", body)
    assert (pressed.status_code, pressed.json()["code"]) == (409, "recently-rejected")
    rejected_at = (await bea.get(f"/trades/{first['id']}")).json()["updated_at"]
    waited = datetime.fromisoformat(pressed.json()["again_at"]) - timedelta(hours=24)
    assert waited == datetime.fromisoformat(rejected_at)

    await site.run("UPDATE trades SET updated_at = '2026-01-01 00:00:00.000000'")
    assert (await ann.post("/trades", body)).status_code == 201


async def test_another_swap_can_be_proposed_at_once_and_so_can_the_way_back(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    anns, beas = await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[anns], take=[beas])
    assert (await bea.post(f"/trades/{trade}/reject")).status_code == 200
    more = await ann.propose(bea, give=[anns], take=[beas, await bea.hold()])
    assert (await ann.post(f"/trades/{more}/withdraw")).status_code == 200
    await bea.propose(ann, give=[beas], take=[anns])
