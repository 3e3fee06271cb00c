"""Reminders to rate: on the first and on the tenth day, each once (R2)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from apps.identity.application.ports import Mailer
from apps.trading.application.remind_to_rate import RemindToRate
from tests.identity.stage import Postbox, serving
from tests.support.deals import Deal, a_deal
from tests.support.departures import reinstate, remove, suspend
from tests.support.rated import DAY, HOUR, a_resolved_trade, a_swap, let_pass, rated
from tests.support.rings import a_ring
from tests.support.site import Member, Site, elsewhere

Departure = Callable[[Member], Awaitable[None]]
SUBJECT = "How was your trade?"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def site(url: str, keys: Path, postbox: Postbox) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Mailer, postbox)) as site:
        yield site


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


@pytest.fixture
async def deal(site: Site, ann: Member, bea: Member) -> Deal:
    return await a_swap(site, ann, bea)


async def remind(site: Site) -> int:
    return await (await site.port(RemindToRate))()


def reminded(postbox: Postbox, *members: Member) -> list[int]:
    """How many reminders each has had."""
    return [postbox.subjects(f"{each.id.hex}@kcs.test").count(SUBJECT) for each in members]


async def test_on_the_first_and_the_tenth_day_everybody_is_reminded_once(
    site: Site, ann: Member, bea: Member, deal: Deal, postbox: Postbox
) -> None:
    assert await remind(site) == 0, "it has only just ended"
    counts = []
    for days in (DAY - HOUR, HOUR, 8 * DAY, DAY - HOUR, HOUR, HOUR, 3 * DAY):
        await let_pass(site, deal, days)
        sent = await remind(site)
        assert await remind(site) == 0
        counts.append((sent, *reminded(postbox, ann, bea)))
    assert counts == [(0, 0, 0), (2, 1, 1), *[(0, 1, 1)] * 2, *[(2, 2, 2), (0, 2, 2), (0, 2, 2)]]
    letter = next(mail for mail in postbox.mails if mail.subject == SUBJECT)
    assert "Your trade with" in letter.text
    assert f"https://kcs.test/api/v1{deal.path}/ratings" in letter.text


async def test_who_has_rated_is_left_alone(
    site: Site, ann: Member, bea: Member, deal: Deal, postbox: Postbox
) -> None:
    await rated(ann, deal)
    for days in (DAY, 9 * DAY):
        await let_pass(site, deal, days)
        assert await remind(site) == 1
    assert reminded(postbox, ann, bea) == [0, 2]


async def test_nobody_is_reminded_of_what_cannot_be_rated(
    site: Site, ann: Member, bea: Member, postbox: Postbox
) -> None:
    """R1."""
    guilty = await a_resolved_trade(site, ann, bea, ann)
    undecided = await a_resolved_trade(site, ann, bea)
    withdrawn = await a_deal(site, author=ann, other=bea)
    await withdrawn.withdraw()
    over = await a_swap(site, ann, bea)
    for deal in (guilty, undecided, withdrawn):
        await let_pass(site, deal, DAY)
    await let_pass(site, over, 14 * DAY)
    assert await remind(site) == 1
    assert reminded(postbox, ann, bea) == [0, 1]


@pytest.mark.parametrize("depart", [suspend, remove])
async def test_who_is_suspended_or_gone_is_not_written_to(
    site: Site, ann: Member, bea: Member, deal: Deal, postbox: Postbox, depart: Departure
) -> None:
    """Nor counted as reminded: who is back in time is."""
    await let_pass(site, deal, DAY)
    await depart(bea)
    assert await remind(site) == 1
    assert reminded(postbox, ann, bea) == [1, 0]
    if depart is suspend:
        await reinstate(bea)
        assert await remind(site) == 1
        assert reminded(postbox, ann, bea) == [1, 1]


async def test_a_job_that_comes_late_sends_only_what_still_makes_sense(
    site: Site, ann: Member, bea: Member, deal: Deal, postbox: Postbox
) -> None:
    await let_pass(site, deal, 12 * DAY)
    assert [await remind(site) for _ in range(2)] == [2, 0]
    assert reminded(postbox, ann, bea) == [1, 1]


async def test_in_a_ring_the_partners_who_are_still_to_be_rated_are_named(
    site: Site, postbox: Postbox
) -> None:
    """R1: who stands across, to whom one gave nothing, is not; nor who is rated already."""
    ring = await a_ring(site, size=4)
    await ring.accept()
    for giver in ring.members:
        assert (await ring.ship(giver)).status_code == 200
    for giver in ring.members:
        assert (await ring.receive(giver)).status_code == 200
    ann, bea, eve, dan = ring.members
    for rater, ratees in ((ann, [bea]), (bea, [ann, eve]), (eve, [dan])):
        for ratee in ratees:
            opinion = {"score": 5, "ratee_id": str(ratee.id)}
            assert (await rater.post(f"{ring.path}/ratings", opinion)).status_code == 201
    await let_pass(site, ring, DAY)
    assert await remind(site) == 3
    assert reminded(postbox, *ring.members) == [1, 0, 1, 1]
    named = {mail.to: mail.text for mail in postbox.mails if mail.subject == SUBJECT}
    texts = [named[f"{each.id.hex}@kcs.test"] for each in (ann, eve, dan)]
    for text, names in zip(texts, (["dan"], ["bea"], ["ann", "eve"]), strict=True):
        assert any(f"Your trade with {name} is over" in text for name in names)


async def test_a_blocked_partner_is_not_named(
    site: Site, ann: Member, bea: Member, deal: Deal, postbox: Postbox
) -> None:
    """BL2, R4: the right to rate stays."""
    await bea.block(ann)
    await let_pass(site, deal, DAY)
    assert await remind(site) == 2
    letters = [mail.text for mail in postbox.mails if mail.subject == SUBJECT]
    assert all("Your trade with another member is over" in text for text in letters)


async def test_many_who_remind_at_once_send_each_letter_once(
    site: Site, ann: Member, bea: Member, postbox: Postbox
) -> None:
    for _ in range(3):
        await let_pass(site, await a_swap(site, ann, bea), DAY)
    sent = await asyncio.gather(*(elsewhere(remind(site)) for _ in range(3)))
    assert sum(sent) == 6
    assert reminded(postbox, ann, bea) == [3, 3]
