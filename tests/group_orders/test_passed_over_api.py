"""Who is blocked or suspended gets nothing more of a group order."""

import pytest

from tests.group_orders.rounds import (
    a_scene,
    allocations,
    an_open_round,
    asked,
    claimed,
    fans,
    step,
)
from tests.group_orders.test_claims_api import claims
from tests.support.deals import told
from tests.support.departures import suspend
from tests.support.site import Site


async def test_suspended_members_do_not_move_up(site: Site) -> None:
    slots = [{"item": "Poster", "unit_price": 300}]
    olga, order, round = await a_scene(site, slots=slots)
    ann, ben, eve = await fans(site, 3)
    first, _, last = [await claimed(each, round, item="Poster") for each in (ann, ben, eve)]
    await olga.block(ben)
    _ = await ann.post(f"/claims/{first['id']}/withdraw")
    (theirs,) = await allocations(olga, order)
    assert theirs["claim_id"] == last["id"]


@pytest.mark.parametrize("policy", ["priority", "set_complete"])
@pytest.mark.parametrize("passed_over", ["suspended", "blocked"])
async def test_who_is_put_out_after_closing_is_passed_over(
    site: Site, policy: str, passed_over: str
) -> None:
    slots = [{"item": "Poster", "unit_price": 300, "set_number": 1}]
    olga, order, round = await a_scene(site, policy=policy, slots=slots)
    ann, ben = await fans(site, 2)
    first, last = [await claimed(each, round, item="Poster", rank=1) for each in (ann, ben)]
    await step(olga, round, "close")
    await (suspend(ann) if passed_over == "suspended" else olga.block(ann))
    await step(olga, round, "allocate")
    (given,) = await allocations(olga, order)
    assert given["claim_id"] == last["id"]
    states = {each["id"]: each["state"] for each in (await claims(olga, round)).values()}
    assert states == {first["id"]: "waitlisted", last["id"]: "allocated"}


async def test_who_had_joined_before_a_block_claims_and_takes_over_nothing_more(
    site: Site,
) -> None:
    olga, order, round = await a_scene(site)
    ann, ben = await fans(site, 2)
    for each in (ann, ben):
        _ = await claimed(each, round)
    drawn = await an_open_round(olga, order, policy="lottery")
    (theirs,) = await allocations(ben, order)
    path = f"/allocations/{theirs['id']}"
    assert (await ben.post(f"{path}/transfer", {"to": str(ann.id)})).status_code == 200
    await olga.block(ann)
    assert told(await asked(ann, drawn)) == (404, "not-found")
    assert told(await ann.post(f"{path}/accept", {"rules_version": 1})) == (404, "not-found")
    again = await ben.post(f"{path}/transfer", {"to": str(ann.id)})
    assert told(again) == (404, "not-found")
    assert [each["member"]["nickname"] for each in await allocations(ben, order)] == ["fan1"]
    _ = await olga.delete(f"/me/blocks/{ann.id}")
    await ben.block(ann)
    assert told(await ann.post(f"{path}/accept", {"rules_version": 1})) == (404, "not-found")
    _ = await claimed(ann, drawn)
