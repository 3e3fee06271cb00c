"""Mail about group orders: to those whom it concerns, by a worker, and each letter once."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select

from apps.group_orders.application.tell_joiners import LETTERS, NEWS, TELL
from apps.group_orders.domain.order_events import GroupOrderOpened
from apps.group_orders.domain.round_events import ClaimSubmitted
from apps.group_orders.wiring import AT_THE_END
from apps.identity.application.ports import Mailer
from apps.identity.contract import Letter
from apps.identity.infrastructure.postbox import MailPostbox
from apps.shared.application.jobs import JobState
from apps.shared.infrastructure.jobs import JobModel
from tests.group_orders import rounds
from tests.group_orders.handing_over import a_scene
from tests.identity.stage import Postbox, serving
from tests.support.departures import suspend
from tests.support.labour import hurry, work_once
from tests.support.site import Member, Site

POSTER = [{"item": "Poster", "unit_price": 300}]


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def site(url: str, keys: Path, postbox: Postbox) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Mailer, postbox)) as site:
        yield site


async def read(site: Site, postbox: Postbox, *people: Member) -> dict[str, list[str]]:
    """What each of these has got since the last time, and nobody else."""
    await work_once(site)
    names = {f"{member.id.hex}@kcs.test": member.nickname for member in people}
    got: dict[str, list[str]] = {}
    for mail in postbox.mails:
        got.setdefault(names[mail.to], []).append(mail.subject)
    postbox.mails.clear()
    return got


async def claimed(site: Site, policy: str = "first_come") -> tuple[Member, str, str, list[Member]]:
    """Two who want the only poster."""
    olga, order, round = await rounds.a_scene(site, slots=POSTER, policy=policy)
    fans = await rounds.fans(site, 2)
    for fan in fans:
        await rounds.claimed(fan, round, item="Poster")
    return olga, order, round, fans


async def test_who_takes_what_is_free_needs_no_letter(site: Site, postbox: Postbox) -> None:
    _, _, _, fans = await claimed(site)
    assert await read(site, postbox, *fans) == {}


async def test_what_is_withdrawn_is_news_to_who_waits(site: Site, postbox: Postbox) -> None:
    _, _, round, (ann, bea) = await claimed(site)
    claims = (await ann.get(f"/order-rounds/{round}/claims")).json()["items"]
    assert (await ann.post(f"/claims/{claims[0]['id']}/withdraw")).status_code == 200
    assert await read(site, postbox, ann, bea) == {bea.nickname: ["Something is yours"]}


async def test_results_are_told_to_winners_and_to_who_waits(site: Site, postbox: Postbox) -> None:
    olga, order, round, fans = await claimed(site, "lottery")
    await rounds.step(olga, round, "close")
    await rounds.step(olga, round, "allocate")
    (won,) = await rounds.allocations(olga, order)
    got = await read(site, postbox, *fans)
    winner, waits = sorted(fans, key=lambda fan: str(fan.id) != won["member"]["id"])
    assert got == {
        winner.nickname: ["Something is yours"],
        waits.nickname: ["You are on a waitlist"],
    }


async def test_an_offer_and_what_comes_of_it_are_told(site: Site, postbox: Postbox) -> None:
    olga, order, _, (ann, bea) = await claimed(site)
    (hers,) = await rounds.allocations(ann, order)
    path = f"/allocations/{hers['id']}"
    assert (await ann.post(f"{path}/transfer", {"to": None})).status_code == 200
    assert await read(site, postbox, ann, bea) == {bea.nickname: ["Something is offered to you"]}
    assert (await bea.post(f"{path}/accept", {"rules_version": 1})).status_code == 200
    assert await read(site, postbox, ann, bea) == {ann.nickname: ["Something was handed on"]}
    (now,) = await rounds.allocations(olga, order)
    released = await olga.post(f"/allocations/{now['id']}/release", {"reason": "released"})
    assert released.status_code == 200, released.text
    assert await read(site, postbox, ann, bea) == {
        bea.nickname: ["Something is not yours any more"]
    }


async def test_a_handover_is_told_to_all(site: Site, postbox: Postbox) -> None:
    scene = await a_scene(site, joiners=2)
    ann, bea = scene.joiners
    await scene.steps(scene.cora)
    everybody = (scene.olga, scene.cora, *scene.joiners)
    asked = ["A group order is to be handed over"]
    assert await read(site, postbox, *everybody) == {
        **dict.fromkeys((ann.nickname, bea.nickname, scene.olga.nickname), asked)
    }
    await scene.steps(scene.mia, ann, bea)
    got = await read(site, postbox, *everybody)
    assert got == {each.nickname: ["A group order was handed over"] for each in everybody}


async def test_letters_name_who_organises_and_lead_there(site: Site, postbox: Postbox) -> None:
    scene = await a_scene(site, joiners=2)
    ann, bea = scene.joiners
    await bea.block(scene.olga)
    await scene.steps(scene.cora)
    await work_once(site)
    texts = {mail.to: mail.text for mail in postbox.mails}
    assert scene.olga.nickname in texts[f"{ann.id.hex}@kcs.test"]
    assert scene.olga.nickname not in texts[f"{bea.id.hex}@kcs.test"]
    for text in texts.values():
        assert f"https://kcs.test/api/v1/group-orders/{scene.order}\n" in text


async def test_who_is_put_out_leaves_news_to_the_others_only(site: Site, postbox: Postbox) -> None:
    scene = await a_scene(site, joiners=2)
    ann, bea = scene.joiners
    await suspend(bea)
    await suspend(scene.olga)
    assert await read(site, postbox, ann) == {ann.nickname: ["A group order is stalled"]}


async def test_no_letter_is_sent_twice(site: Site, postbox: Postbox) -> None:
    """The job is over before the first letter goes out."""
    scene = await a_scene(site, joiners=2)
    await scene.steps(scene.cora)
    seen: list[JobState] = []

    async def send(letters: Sequence[Letter]) -> None:
        state = select(JobModel.state).where(JobModel.kind == TELL)
        seen.extend(await site.ask(state) if letters else ())

    with patch.object(MailPostbox, "send", side_effect=send):
        await work_once(site)
    assert seen == ["done"]
    await hurry(site)
    assert await read(site, postbox, *scene.joiners) == {}


def test_all_that_is_heard_of_has_a_letter() -> None:
    assert {kind.__name__ for kind in NEWS} - {ClaimSubmitted.__name__} == LETTERS.keys()
    assert AT_THE_END.keys() == set(NEWS)
    assert GroupOrderOpened not in AT_THE_END
