"""The controls of test_crossing: without locks each of its rules is broken within some rounds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import Response

from apps.collection.contract import CopyId
from tests.support.deals import Deal, a_deal, ensure_sound
from tests.support.site import Member, Site, proposal
from tests.support.weakening import an_unguarded_site

ROUNDS = 40


@pytest.fixture
async def site(postgresql: str, keys: Path) -> AsyncIterator[Site]:
    async with an_unguarded_site(
        postgresql, keys, open_proposals_out=2, live_trades_per_pair=1, copies_count_max=3
    ) as site:
        yield site


async def a_pair(site: Site, number: int) -> tuple[Member, Member]:
    return await site.join(f"ann-{number}"), await site.join(f"bea-{number}")


def successes(answers: list[Response]) -> int:
    return sum(answer.is_success for answer in answers)


async def test_a_receipt_would_be_lost(site: Site) -> None:
    for number in range(ROUNDS):
        ann, bea = await a_pair(site, number)
        deal = await a_deal(site, author=ann, other=bea)
        await deal.accept()
        await asyncio.gather(deal.confirm(ann), deal.confirm(bea))
        if Counter(await deal.history())["trade_completed"] != 1:
            return
    pytest.fail("completed once in every round")


async def ended_twice(site: Site, number: int, *, by_author: bool) -> bool:
    ann, bea = await a_pair(site, number)
    deal = await a_deal(site, author=ann, other=bea)
    end = deal.withdraw() if by_author else deal.reject()
    return successes(list(await asyncio.gather(deal.accept(), end))) == 2


@pytest.mark.parametrize("by_author", [True, False])
async def test_a_proposal_would_be_accepted_and_ended(site: Site, *, by_author: bool) -> None:
    for number in range(ROUNDS):
        if await ended_twice(site, number, by_author=by_author):
            return
    pytest.fail("ended once in every round")


async def removed_though_promised(deal: Deal) -> bool:
    removal = deal.other.delete(f"/me/copies/{deal.take[0]}")
    return successes(list(await asyncio.gather(deal.accept(), removal))) == 2


async def test_a_copy_would_be_removed_though_promised(site: Site) -> None:
    for number in range(ROUNDS):
        ann, bea = await a_pair(site, number)
        if await removed_though_promised(await a_deal(site, author=ann, other=bea)):
            return
    pytest.fail("removed or promised in every round")


async def offered_to_both(ann: Member, others: list[Member], copy: CopyId) -> bool:
    bodies = [proposal(each, give=[copy], take=[await each.hold()]) for each in others]
    answers = await asyncio.gather(*(ann.post("/trades", body) for body in bodies))
    return successes(list(answers)) == 2


async def test_a_copy_would_be_offered_twice(site: Site) -> None:
    for number in range(ROUNDS):
        ann = await site.join(f"ann-{number}")
        others = [await site.join(f"{name}-{number}") for name in ("bea", "eve")]
        if await offered_to_both(ann, others, await ann.hold()):
            with pytest.raises(AssertionError):
                await ensure_sound(site)
            return
    pytest.fail("offered once in every round")


async def test_limits_would_be_passed(site: Site) -> None:
    passed: set[str] = set()
    for number in range(ROUNDS):
        ann, bea = await a_pair(site, number)
        pair = [(ann, bea), (bea, ann)]
        bodies = [
            (by, proposal(to, give=[await by.hold()], take=[await to.hold()])) for by, to in pair
        ]
        sent = await asyncio.gather(*(by.post("/trades", body) for by, body in bodies))
        (card,) = await site.some_cards(1)
        entry = {"card_id": str(card), "condition": "mint", "for_trade": True}
        added = await asyncio.gather(*(ann.post("/me/copies", entry) for _ in range(4)))
        passed |= {"live_trades_per_pair"} if successes(list(sent)) > 1 else set()
        passed |= {"copies_count_max"} if successes(list(added)) > 1 else set()
        if len(passed) == 2:
            return
    pytest.fail(f"only passed {passed}")
