"""Two members at the same moment, and every order of events leaves sound trades (P5, T4-T12)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import event, func, select

from apps.collection.infrastructure.models import CopyHandoverModel
from apps.identity.infrastructure.standings import StandingModel
from apps.trading.domain.moves import State
from apps.trading.infrastructure.models import TradeModel
from tests.support.deals import Deal, a_deal, ensure_sound, owners, promises, told
from tests.support.site import Member, Site, proposal

ROUNDS = 8


@pytest.fixture(autouse=True)
async def no_failures(site: Site) -> AsyncIterator[None]:
    """Locks decide; the database itself has nothing to complain of."""
    failures: list[Any] = []
    event.listen((await site.engine()).sync_engine, "handle_error", failures.append)
    yield
    assert not failures
    await ensure_sound(site)


@pytest.fixture
async def pair(site: Site) -> tuple[Member, Member]:
    return await site.join("ann"), await site.join("bea")


async def test_of_two_proposals_that_ask_for_each_others_copies_one_is_sent(
    pair: tuple[Member, Member],
) -> None:
    ann, bea = pair
    for _ in range(ROUNDS):
        anns, beas = await ann.hold(), await bea.hold()
        answers = await asyncio.gather(
            ann.post("/trades", proposal(bea, give=[anns], take=[beas])),
            bea.post("/trades", proposal(ann, give=[beas], take=[anns])),
        )
        outcomes = Counter(told(answer) for answer in answers)
        assert outcomes == {(201, None): 1, (409, "copy-already-promised"): 1}
        (sent,) = (answer.json()["id"] for answer in answers if answer.is_success)
        author = ann if answers[0].is_success else bea
        assert (await author.post(f"/trades/{sent}/withdraw")).status_code == 200


async def test_two_members_accept_each_others_proposals(
    site: Site, pair: tuple[Member, Member]
) -> None:
    ann, bea = pair
    for _ in range(ROUNDS):
        there = await a_deal(site, author=ann, other=bea)
        back = await a_deal(site, author=bea, other=ann)
        answers = await asyncio.gather(there.accept(), back.accept())
        assert [answer.status_code for answer in answers] == [200, 200]
        confirmed = await asyncio.gather(
            *(deal.confirm(member) for deal in (there, back) for member in pair)
        )
        assert [answer.status_code for answer in confirmed] == [200] * 4
    assert set(await site.ask(select(TradeModel.state))) == {State.COMPLETED}
    assert await completed_trades(site) == [2 * ROUNDS, 2 * ROUNDS]


async def test_who_has_offered_the_asked_copy_elsewhere_cannot_give_it_twice(
    site: Site, pair: tuple[Member, Member]
) -> None:
    """Ann asks for Bea's copy, Bea offers the same copy to Ann for another; both say yes."""
    ann, bea = pair
    for _ in range(ROUNDS):
        asked = await a_deal(site, author=ann, other=bea)
        offered = await a_deal(site, author=bea, other=ann, give=asked.take)
        refused, taken = await asyncio.gather(asked.accept(), offered.accept())
        assert taken.status_code == 200
        assert told(refused) in {(409, "copy-already-promised"), (409, "invalid-transition")}
        assert (await asked.state(), await offered.state()) == (State.LAPSED, State.ACCEPTED)
        for member in pair:
            assert (await offered.confirm(member)).status_code == 200


async def test_when_both_confirm_at_once_the_trade_completes_once(
    site: Site, pair: tuple[Member, Member]
) -> None:
    ann, bea = pair
    for number in range(1, ROUNDS + 1):
        deal = await a_deal(site, author=ann, other=bea)
        await deal.accept()
        answers = await asyncio.gather(deal.confirm(ann), deal.confirm(bea))
        assert Counter(answer.json()["state"] for answer in answers) == {
            "fulfilling": 1,
            "completed": 1,
        }
        assert Counter(await deal.history())["trade_completed"] == 1
        assert await owners(site, *deal.give, *deal.take) == [bea.id, ann.id]
        assert await completed_trades(site) == [number, number]
    assert await site.ask(select(func.count()).select_from(CopyHandoverModel)) == [2 * ROUNDS]


async def test_a_party_that_confirms_many_times_at_once_is_heard_once(site: Site) -> None:
    deal = await a_deal(site)
    await deal.accept()
    answers = await asyncio.gather(*(deal.confirm(deal.other) for _ in range(6)))
    assert Counter(told(answer) for answer in answers) == {
        (200, None): 1,
        (409, "invalid-transition"): 5,
    }
    assert await deal.state() is State.FULFILLING


Step = Callable[[Deal], Awaitable[Response]]


async def unlist_asked(deal: Deal) -> Response:
    return await deal.other.patch(f"/me/copies/{deal.take[0]}", {"for_trade": False})


async def unlist_given(deal: Deal) -> Response:
    return await deal.author.patch(f"/me/copies/{deal.give[0]}", {"for_trade": False})


async def remove_asked(deal: Deal) -> Response:
    return await deal.other.delete(f"/me/copies/{deal.take[0]}")


AGAINST: dict[str, tuple[Step, State, set[tuple[int, str | None]]]] = {
    "withdraw": (Deal.withdraw, State.WITHDRAWN, {(409, "invalid-transition")}),
    "reject": (Deal.reject, State.REJECTED, {(409, "invalid-transition")}),
    "unlist what is asked for": (unlist_asked, State.LAPSED, {(200, None)}),
    "unlist what is given": (unlist_given, State.LAPSED, {(200, None)}),
    "remove what is asked for": (remove_asked, State.LAPSED, {(409, "copy-already-promised")}),
}
"""What else happens to a proposal, how that ends it, and what is answered after acceptance."""


@pytest.mark.parametrize("against", AGAINST)
async def test_an_acceptance_comes_first_or_too_late_and_never_half(
    site: Site, pair: tuple[Member, Member], against: str
) -> None:
    step, end, too_late = AGAINST[against]
    ann, bea = pair
    for number in range(ROUNDS):
        deal = await a_deal(site, author=ann, other=bea)
        ahead = number % 2 == 0
        acceptance, other = await at_once(site, deal.accept(), step(deal), ahead=ahead)
        if acceptance.status_code == 200:
            assert await deal.state() is State.ACCEPTED
            assert told(other) in too_late
            assert len((await promises(site, *deal.give))[deal.give[0]]) == 1
            for member in pair:
                await deal.confirm(member)
        else:
            assert told(acceptance) == (409, "invalid-transition")
            assert acceptance.json()["state"] == end
            assert other.is_success
            assert await deal.state() is end
            assert await promises(site, *deal.give, *deal.take) == {
                deal.give[0]: [],
                deal.take[0]: [],
            }


async def test_of_a_copy_offered_twice_at_once_one_proposal_is_sent(site: Site) -> None:
    ann = await site.join("ann")
    for number in range(ROUNDS):
        anns = await ann.hold()
        others = [await site.join(f"{name}-{number}") for name in ("bea", "eve")]
        bodies = [proposal(each, give=[anns], take=[await each.hold()]) for each in others]
        answers = await asyncio.gather(*(ann.post("/trades", body) for body in bodies))
        assert Counter(told(answer) for answer in answers) == {
            (201, None): 1,
            (409, "copy-already-promised"): 1,
        }


async def test_limits_hold_for_proposals_sent_at_once(url: str, keys: Path) -> None:
    async with Site(url, keys, open_proposals_out=2) as site:
        ann = await site.join("ann")
        others = [await site.join(f"other-{number}") for number in range(6)]
        bodies = [
            proposal(each, give=[await ann.hold()], take=[await each.hold()]) for each in others
        ]
        answers = await asyncio.gather(*(ann.post("/trades", body) for body in bodies))
        assert Counter(told(answer) for answer in answers) == {
            (201, None): 2,
            (422, "limit-exceeded"): 4,
        }


async def test_a_pairs_limit_holds_whoever_proposes_at_once(pair: tuple[Member, Member]) -> None:
    ann, bea = pair
    bodies = [
        (author, proposal(other, give=[await author.hold()], take=[await other.hold()]))
        for author, other in ((ann, bea), (bea, ann)) * 3
    ]
    answers = await asyncio.gather(*(author.post("/trades", body) for author, body in bodies))
    assert Counter(told(answer) for answer in answers) == {
        (201, None): 3,
        (422, "limit-exceeded"): 3,
    }


async def at_once(
    site: Site,
    acceptance: Coroutine[Any, Any, Response],
    other: Awaitable[Response],
    *,
    ahead: bool,
) -> tuple[Response, Response]:
    """Both; where the acceptance is ahead, the other starts when it asks for the trade's lock."""
    if not ahead:  # it has more to read first, and so it comes second
        second, first = await asyncio.gather(other, acceptance)
        return first, second
    asked, lock = asyncio.Event(), "FOR UPDATE" if await site.dialect() == "postgresql" else ""

    def note(*call: Any) -> None:
        if "FROM trades" in call[2] and lock in call[2]:
            asked.set()

    engine = (await site.engine()).sync_engine
    event.listen(engine, "before_cursor_execute", note)
    accepting = asyncio.create_task(acceptance)
    await asked.wait()
    event.remove(engine, "before_cursor_execute", note)
    second = await other
    return await accepting, second


async def completed_trades(site: Site) -> list[int]:
    return await site.ask(select(StandingModel.completed_trades))
