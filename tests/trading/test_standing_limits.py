"""What newcomers may do in trades, over HTTP (R8)."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update

from apps.collection.contract import CopyId
from apps.identity.contract import EmailNotVerified
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.domain.moves import State
from apps.trading.domain.terms import Method
from apps.trading.infrastructure.models import TradeModel
from tests.support.builders import ANN, BEA, a_trade
from tests.support.deals import Deal, a_deal, told
from tests.support.levels import confirm_address, raise_to
from tests.support.memory import Diary
from tests.support.memory_identity import MemoryDirectory, MemoryRanks
from tests.support.memory_trading import MemoryTrades
from tests.support.site import Member, Site, proposal
from tests.support.weakening import an_unguarded_site

TOO_LOW = (403, "trust-level-too-low")
ROUNDS, CONTROL_ROUNDS = 4, 40


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


async def copies(owner: Member, count: int) -> list[CopyId]:
    return [await owner.hold() for _ in range(count)]


@pytest.mark.parametrize(("give", "take"), [(4, 1), (1, 4), (4, 4), (0, 4)])
async def test_attack_43_a_newcomer_proposes_three_copies_a_side(
    ann: Member, bea: Member, give: int, take: int
) -> None:
    body = proposal(bea, give=await copies(ann, give), take=await copies(bea, take))
    assert told(await ann.post("/trades", body)) == TOO_LOW
    few = {side: body[side][:3] for side in ("give", "take")}
    answer = await ann.post("/trades", body | few)
    assert answer.status_code == 201
    await ann.post(f"/trades/{answer.json()['id']}/withdraw")
    await raise_to(1, ann)
    assert (await ann.post("/trades", body)).status_code == 201


async def test_a_newcomer_counters_with_three_copies_a_side(
    site: Site, ann: Member, bea: Member
) -> None:
    deal = await a_deal(site, author=ann, other=bea)
    give, take = await copies(bea, 4), deal.give
    terms = {"revision": 1, "give": [*map(str, give)], "take": [*map(str, take)]}
    assert told(await bea.post(f"{deal.path}/counter", terms)) == TOO_LOW
    await raise_to(1, bea)
    assert (await bea.post(f"{deal.path}/counter", terms)).status_code == 200
    refused = await ann.post(f"{deal.path}/accept", {"revision": 2})
    assert told(refused) == TOO_LOW
    await raise_to(1, ann)
    assert (await ann.post(f"{deal.path}/accept", {"revision": 2})).status_code == 200


async def test_a_newcomer_accepts_two_trades_at_once(site: Site, ann: Member, bea: Member) -> None:
    """Whoever proposes is not held up; each accepts for themselves."""
    deals = [await a_deal(site, author=ann, other=bea) for _ in range(3)]
    for deal in deals[:2]:
        assert (await deal.accept()).status_code == 200
    refused = await deals[2].accept()
    assert told(refused) == TOO_LOW
    assert refused.json()["trust_level"] == 0
    row = update(TradeModel).where(TradeModel.id == deals[0].id)
    for state, since in ((State.FULFILLING, None), (State.DISPUTED, TradeModel.updated_at)):
        await site.change(row.values(state=state, due_at=None, disputed_at=since))
        assert told(await deals[2].accept()) == TOO_LOW
    await site.change(row.values(state=State.RESOLVED, disputed_at=None))
    assert (await deals[2].accept()).status_code == 200


async def test_from_level_one_on_more_are_accepted(site: Site, ann: Member, bea: Member) -> None:
    await raise_to(1, bea)
    for deal in [await a_deal(site, author=ann, other=bea) for _ in range(3)]:
        assert (await deal.accept()).status_code == 200


async def test_what_cannot_be_accepted_anyway_is_told_first(
    site: Site, ann: Member, bea: Member
) -> None:
    eve = await site.join("eve")
    deals = [await a_deal(site, author=ann, other=bea) for _ in range(3)]
    for deal in deals[:2]:
        await deal.accept()
    assert told(await deals[2].accept(revision=2)) == (409, "stale-revision")
    await deals[2].withdraw()
    assert told(await deals[2].accept()) == (409, "invalid-transition")
    assert told(await eve.post(f"{deals[2].path}/accept", {"revision": 1})) == (404, "not-found")


async def test_attack_43_without_a_confirmed_address_nothing_goes_by_mail(
    site: Site, ann: Member, bea: Member
) -> None:
    deal = await a_deal(site, author=ann, other=bea)
    by_mail = update(TradeModel).where(TradeModel.id == deal.id)
    await site.change(by_mail.values(method=Method.MAIL))
    await raise_to(1, bea)
    assert told(await deal.accept()) == (403, "email-not-verified")
    assert await deal.state() is State.PROPOSED


async def test_attack_43_without_a_confirmed_address_nothing_is_offered_by_mail() -> None:
    diary, ranks, trade = Diary(), MemoryRanks(), a_trade()
    limits = StandingLimits(ranks, MemoryDirectory(diary), MemoryTrades(diary))
    trade.method = Method.MAIL
    for level in (0, 1):
        ranks.rank(ANN, trust_level=level, email_verified=False)
        with pytest.raises(EmailNotVerified):
            await limits.ensure_may_offer(trade, by=ANN)
        ranks.rank(ANN, trust_level=level, email_verified=True)
        await limits.ensure_may_offer(trade, by=ANN)
    await limits.ensure_room(await limits.hold(BEA))
    assert not diary.lines, "only newcomers are locked"
    ranks.rank(BEA, trust_level=0)
    await limits.hold(BEA)
    assert diary.lines == ["lock members"]


async def accept_two_at_once(site: Site, number: int) -> Counter[tuple[int, str | None]]:
    """By a newcomer, who has agreed to one trade already."""
    names = [f"{name}-{number}" for name in ("ann", "bea", "eve")]
    ann, bea, eve = [await site.join(name) for name in names]
    first, *more = [await a_deal(site, author=author, other=bea) for author in (ann, ann, eve)]
    assert (await first.accept()).status_code == 200
    answers = await asyncio.gather(*map(Deal.accept, more))
    return Counter(map(told, answers))


async def test_of_two_acceptances_at_once_a_newcomer_gives_one(site: Site) -> None:
    for number in range(ROUNDS):
        assert await accept_two_at_once(site, number) == {(200, None): 1, TOO_LOW: 1}


async def test_without_locks_a_newcomer_would_give_both(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(CONTROL_ROUNDS):
            if await accept_two_at_once(site, number) == {(200, None): 2}:
                return
    pytest.fail("one in every round")


async def test_a_confirmed_address_alone_lifts_no_limit(
    site: Site, ann: Member, bea: Member
) -> None:
    await confirm_address(ann, bea)
    body = proposal(bea, give=await copies(ann, 4), take=await copies(bea, 1))
    assert told(await ann.post("/trades", body)) == TOO_LOW
    assert (await site.client.get("/healthz")).status_code == 200
