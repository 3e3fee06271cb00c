"""A block and a proposal at the same moment: afterwards nothing is open between the two (BL3)."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.trading.domain.moves import State
from apps.trading.infrastructure.models import TradeModel
from tests.support.deals import Deal, a_deal, ensure_sound
from tests.support.site import Member, Site, proposal
from tests.support.weakening import an_unguarded_site

ROUNDS = 50


async def open_afterwards(site: Site, number: int) -> int:
    """Ann proposes to Bea, who blocks her; how many proposals are open when both are done."""
    ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    blocker, blocked = ((bea, ann), (ann, bea))[number % 2]
    sent, _ = await asyncio.gather(ann.post("/trades", body), blocker.block(blocked))
    assert sent.status_code in {201, 404}, sent.text
    return await count_open(site)


async def count_open(site: Site) -> int:
    return len(await site.ask(select(TradeModel.id).where(TradeModel.state == State.PROPOSED)))


async def test_no_proposal_outlives_a_block(site: Site) -> None:
    for number in range(ROUNDS):
        assert await open_afterwards(site, number) == 0
    await ensure_sound(site)


async def test_without_the_lock_one_would(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(ROUNDS):
            if await open_afterwards(site, number):
                return
        pytest.fail("nothing was open in any round")


async def answered(deal: Deal, number: int) -> None:
    """Bea accepts or counters while one of the two blocks the other."""
    pair: tuple[Member, Member] = (deal.author, deal.other)
    blocker, blocked = pair[number // 2 % 2], pair[1 - number // 2 % 2]
    give = [str(deal.take[0]), str(await deal.other.hold())]
    terms = {"revision": 1, "give": give, "take": [str(deal.give[0])]}
    counter = partial(deal.other.post, f"{deal.path}/counter", terms)
    step = deal.accept() if number % 2 else counter()
    answer, _ = await asyncio.gather(step, blocker.block(blocked))
    assert answer.status_code in {200, 409}, answer.text
    agreed = bool(number % 2) and answer.is_success
    assert await deal.state() is (State.ACCEPTED if agreed else State.LAPSED)


async def test_an_answer_comes_before_a_block_or_too_late(site: Site) -> None:
    for number in range(ROUNDS):
        ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
        await answered(await a_deal(site, author=ann, other=bea), number)
    assert await count_open(site) == 0
    await ensure_sound(site)
