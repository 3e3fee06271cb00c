"""Handing a group order over to its co-organiser, over HTTP (G14)."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.group_orders.domain.handover import majority
from apps.shared.infrastructure.outbox import OUTBOX
from tests.group_orders.handing_over import a_moderator, a_scene, join, somebody
from tests.group_orders.orders import a_draft, an_order, organiser
from tests.support.deals import told
from tests.support.departures import suspend
from tests.support.levels import raise_to
from tests.support.site import Site
from tests.support.weakening import an_unguarded_site

ROUNDS = 5


@pytest.mark.parametrize(
    ("joiners", "needed"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (100, 51)]
)
def test_a_majority_is_more_than_half(joiners: int, needed: int) -> None:
    assert majority(joiners) == needed


async def test_an_order_is_handed_over_by_all_who_have_a_say(site: Site) -> None:
    scene = await a_scene(site)
    asked = await scene.step(scene.olga, reason="I am moving away")
    assert asked.status_code == 200, asked.text
    assert asked.json() | {"id": "", "asked_at": ""} == {
        "id": "",
        "organiser_id": str(scene.olga.id),
        "co_organiser_id": str(scene.cora.id),
        "asked_by": str(scene.olga.id),
        "reason": "I am moving away",
        "asked_at": "",
        "accepted_at": None,
        "approved_at": None,
        "joiners": 3,
        "agreed": 0,
        "needed": 2,
        "i_agree": False,
        "ended_at": None,
        "outcome": None,
    }
    ann, bea, eve = scene.joiners
    await scene.steps(scene.cora, scene.mia, ann)
    seen = (await ann.get(scene.path)).json()
    assert (seen["agreed"], seen["i_agree"], seen["outcome"]) == (1, True, None)
    assert (await eve.get(scene.path)).json()["i_agree"] is False
    assert await scene.run_by() == (str(scene.olga.id), str(scene.cora.id))
    done = await scene.steps(bea)
    assert (done["agreed"], done["outcome"]) == (2, "done")
    assert await scene.run_by() == (str(scene.cora.id), None)
    kinds = select(OUTBOX.c.kind).order_by(OUTBOX.c.position)
    assert [kind for kind in await site.ask(kinds) if "hand" in kind] == [
        *("group_order_handover_asked", "group_order_handed_over"),
    ]


async def test_the_new_organiser_runs_it_and_the_old_one_is_a_stranger(site: Site) -> None:
    scene = await a_scene(site, joiners=0)
    await scene.steps(scene.cora, scene.mia)
    path = f"/group-orders/{scene.order}"
    assert (await scene.olga.get(path)).json()["my_part"] == "stranger"
    assert told(await scene.olga.patch(path, {"title": "Mine"})) == (403, "organisers-only")
    assert told(await scene.olga.get(scene.path)) == (403, "joiners-only")
    changed = await scene.cora.patch(path, {"title": "Hers"})
    assert (changed.status_code, changed.json()["my_part"]) == (200, "organiser")
    second = await a_draft(scene.olga)
    assert (await scene.olga.post(f"/group-orders/{second}/open")).status_code == 200, "room again"
    again = await a_draft(scene.cora)
    answer = await scene.cora.post(f"/group-orders/{again}/open")
    assert told(answer) == (422, "limit-exceeded"), "it counts as hers"


@pytest.mark.parametrize("missing", ["cora", "mia", "a joiner"])
async def test_each_of_them_is_needed(site: Site, missing: str) -> None:
    scene = await a_scene(site, joiners=2)
    who = (scene.cora, scene.mia, *scene.joiners)
    names = dict(zip(("cora", "mia", "ann", "a joiner"), who, strict=True))
    await scene.steps(scene.olga)
    last = names.pop(missing)
    assert (await scene.steps(*names.values(), *names.values()))["outcome"] is None
    assert (await scene.steps(last))["outcome"] == "done"


async def test_who_asks_for_it_is_willing_to_take_over_only_as_the_receiver(site: Site) -> None:
    scene = await a_scene(site, joiners=0)
    assert (await scene.steps(scene.olga, scene.mia))["outcome"] is None, "nobody has asked cora"
    assert (await scene.steps(scene.cora))["outcome"] == "done"


async def test_joiners_and_moderators_agree_to_what_was_asked_for_only(site: Site) -> None:
    scene = await a_scene(site)
    for member in (scene.joiners[0], scene.mia):
        assert told(await scene.step(member)) == (409, "handover-not-asked")
        assert told(await member.get(scene.path)) == (404, "not-found")


async def test_strangers_have_no_say(site: Site) -> None:
    scene, eve = await a_scene(site), await somebody(site, level=1)
    await scene.steps(scene.olga)
    assert told(await scene.step(eve)) == (403, "joiners-only")
    assert told(await eve.get(scene.path)) == (403, "joiners-only")
    await scene.olga.block(eve)
    assert told(await scene.step(eve)) == (404, "not-found")


async def test_somebody_has_to_be_there_to_take_it_over(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    answer = await olga.post(f"/group-orders/{order}/handover", {})
    assert told(answer) == (409, "no-co-organiser")


@pytest.mark.parametrize("ended", ["draft", "closed"])
async def test_only_what_is_under_way_is_handed_over(site: Site, ended: str) -> None:
    scene = await a_scene(site)
    at = "NULL" if ended == "draft" else "created_at"
    await site.run(f"UPDATE group_orders SET state = '{ended}', ended_at = {at}")
    assert told(await scene.step(scene.olga)) == (409, "invalid-transition")


async def test_a_moderator_who_has_joined_votes_as_a_joiner(site: Site) -> None:
    scene = await a_scene(site, joiners=0)
    await join(scene.order, scene.mia)
    asked = await scene.steps(scene.cora, scene.mia)
    assert (asked["agreed"], asked["needed"], asked["approved_at"]) == (1, 1, None)
    assert (await scene.steps(await a_moderator(site, "max")))["outcome"] == "done"


async def test_joiners_who_are_gone_or_run_it_do_not_count(site: Site) -> None:
    scene = await a_scene(site)
    await join(scene.order, scene.cora)
    for joiner in scene.joiners[:2]:
        await suspend(joiner)
    asked = await scene.steps(scene.cora, scene.mia)
    assert (asked["joiners"], asked["needed"]) == (1, 1)
    assert (await scene.steps(scene.joiners[2]))["outcome"] == "done"


async def test_a_co_organiser_who_is_not_trusted_takes_nothing_over(site: Site) -> None:
    scene = await a_scene(site, joiners=1)
    await scene.steps(scene.cora)
    await raise_to(1, scene.cora)
    assert told(await scene.step(scene.mia)) == (409, "cannot-take-over")
    await raise_to(2, scene.cora)
    await scene.steps(scene.mia)
    await raise_to(1, scene.cora)
    assert (await scene.steps(*scene.joiners))["outcome"] is None
    await raise_to(2, scene.cora)
    assert (await scene.steps(scene.mia))["outcome"] == "done", "whoever looks again"


async def test_what_was_asked_is_void_once_others_run_it(site: Site) -> None:
    scene, dora = await a_scene(site, joiners=1), await somebody(site)
    await scene.steps(scene.cora, scene.mia)
    path = f"/group-orders/{scene.order}"
    changed = await scene.olga.patch(path, {"co_organiser_id": str(dora.id)})
    assert changed.status_code == 200, changed.text
    assert told(await scene.step(scene.joiners[0])) == (409, "handover-not-asked")
    asked = await scene.steps(dora)
    assert (asked["co_organiser_id"], asked["approved_at"]) == (str(dora.id), None)
    assert asked["agreed"] == 0, "nobody has agreed to that one"


async def test_reasons_hold_no_contacts(site: Site) -> None:
    scene = await a_scene(site)
    answer = await scene.step(scene.olga, reason="Write to me: a@b.example")
    assert told(answer) == (422, "contact-data")


async def left_undone(site: Site) -> bool:
    """The last two votes at the same moment; whether each has missed the other."""
    scene = await a_scene(site, joiners=2)
    await scene.steps(scene.cora, scene.mia)
    votes = await asyncio.gather(*(scene.step(joiner) for joiner in scene.joiners))
    assert [vote.status_code for vote in votes] == [200, 200], [vote.text for vote in votes]
    return (await scene.run_by())[1] is not None


async def test_of_two_votes_at_once_one_is_the_last(site: Site) -> None:
    assert not any([await left_undone(site) for _ in range(ROUNDS)])


async def test_without_locks_both_could_miss_it(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for _ in range(8 * ROUNDS):
            if await left_undone(site):
                return
    pytest.fail("done in every round")


async def test_two_who_ask_at_once_ask_for_one_handover(site: Site) -> None:
    scene = await a_scene(site, joiners=1)
    answers = await asyncio.gather(scene.step(scene.olga), scene.step(scene.cora))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1
