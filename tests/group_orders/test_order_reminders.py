"""Reminders to rate a group order: on the first and on the tenth day, each once (R2, G13)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from apps.group_orders.application.remind_to_rate import RemindToRateOrders
from apps.group_orders.infrastructure.order_reminders import OrderRatingReminderModel
from apps.identity.application.ports import Mailer
from tests.group_orders.test_order_ratings_api import Over, end, over
from tests.identity.stage import Postbox, serving
from tests.support.departures import suspend
from tests.support.site import Site

SUBJECT = "How was the group order?"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def site(url: str, keys: Path, postbox: Postbox) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Mailer, postbox)) as site:
        yield site


async def remind(site: Site) -> int:
    return await (await site.port(RemindToRateOrders))()


def reminded(postbox: Postbox, scene: Over) -> list[int]:
    """How many reminders Olga, Ann and Bea have had."""
    people = (scene.olga, scene.ann, scene.bea)
    return [postbox.subjects(f"{each.id.hex}@kcs.test").count(SUBJECT) for each in people]


async def test_on_the_first_and_the_tenth_day_everybody_is_reminded_once(
    site: Site, postbox: Postbox
) -> None:
    scene = await over(site)
    sent = []
    for hours in (0, 23, 24, 9 * 24, 10 * 24, 11 * 24, 15 * 24):
        await end(site, scene.order, hours=hours)
        sent.append((await remind(site), await remind(site), reminded(postbox, scene)))
    assert sent == [
        *[(0, 0, [0, 0, 0])] * 2,
        (3, 0, [1, 1, 1]),
        (0, 0, [1, 1, 1]),
        (3, 0, [2, 2, 2]),
        *[(0, 0, [2, 2, 2])] * 2,
    ]
    told = [mail.text for mail in postbox.mails if mail.subject == SUBJECT]
    assert sum("Your group order is over." in text for text in told) == 2
    assert sum(f"The group order of {scene.olga.nickname} is over." in text for text in told) == 4
    assert all(f"/api/v1/group-orders/{scene.order}/ratings" in text for text in told)


async def test_who_has_rated_all_there_is_to_rate_is_left_alone(
    site: Site, postbox: Postbox
) -> None:
    scene = await over(site)
    await scene.rated(scene.ann)
    await scene.rated(scene.olga, ratee_id=str(scene.ann.id))
    await end(site, scene.order, days=1)
    assert await remind(site) == 2
    assert reminded(postbox, scene) == [1, 0, 1]


@pytest.mark.parametrize("state", ["cancelled"])
async def test_what_cannot_be_rated_is_not_reminded_of(site: Site, state: str) -> None:
    scene = await over(site)
    await end(site, scene.order, state, days=1)
    assert await remind(site) == 0


async def test_who_is_suspended_is_not_written_to(site: Site, postbox: Postbox) -> None:
    scene = await over(site)
    await end(site, scene.order, days=1)
    await suspend(scene.ann)
    assert await remind(site) == 2
    assert reminded(postbox, scene) == [1, 0, 1]


async def test_without_what_is_noted_everybody_is_reminded_again(site: Site) -> None:
    """The control of `once`."""
    scene = await over(site)
    await end(site, scene.order, days=1)
    assert await remind(site) == 3
    await site.change(delete(OrderRatingReminderModel))
    assert await remind(site) == 3
