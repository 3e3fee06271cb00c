"""What the repository of dispute cases promises, in memory and in both databases alike."""

from collections.abc import Awaitable, Callable

import pytest

from apps.shared.domain.ids import MemberId
from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.dispute_cases import CaseNotFound, DisputedAlready
from apps.trading.domain.history import TradeDisputed
from apps.trading.domain.moves import State
from apps.trading.domain.terms import Account, DisputeKind
from apps.trading.domain.trade import Resolution, Verdict
from apps.trading.domain.verdicts import CaseId, Outcome
from tests.support.accounts import a_user
from tests.support.builders import ANN, BEA, EVE, HOUR, MODERATOR, NOON, a_uuid
from tests.support.stores import facts, kept
from tests.trading.shelves import Shelves, swap, trade_id

THIRD, FOURTH = (MemberId(a_uuid(number, of=1)) for number in (8, 7))
SEEN = Account(text="못 만났어요.\nNever met.", evidence=("https://cards.example/1.png", "기록"))


def a_case(number: int = 1, *, trade: int = 1) -> DisputeCase:
    event = TradeDisputed(
        trade=trade_id(trade),
        parties=(ANN, BEA),
        revision=1,
        actor=BEA,
        dispute=DisputeKind.NO_SHOW,
        account=SEEN,
        at=NOON,
    )
    return DisputeCase.open(CaseId(a_uuid(number, of=8)), event)


async def test_a_case_comes_back_as_it_was_saved_step_by_step(shelves: Shelves) -> None:
    trade, case = swap(state=State.DISPUTED), a_case()
    found = Resolution(
        verdict=Verdict.COMPLETE_LEGS,
        legs=frozenset(leg.id for leg in trade.legs),
        at_fault=frozenset({ANN, BEA}),
    )
    await shelves.agree(trade)
    async with shelves.work:
        for moderator in (MODERATOR, THIRD, FOURTH):
            await shelves.users.add(a_user(moderator))
        await shelves.cases.add(case)
    assert await kept(shelves.cases, case.id, by=shelves.work) == facts(case)
    steps: tuple[Callable[[DisputeCase], object], ...] = (
        lambda each: each.state_account(Account(text="We did."), by=ANN, at=NOON + HOUR),
        lambda each: each.assign(EVE, parties=trade.members),
        lambda each: each.decide(found, reason="Seen.", by=EVE, trade=trade, at=NOON + HOUR),
        lambda each: each.decide(
            found, reason="Yes.", by=MODERATOR, trade=trade, at=NOON + 2 * HOUR
        ),
        lambda each: each.object_to("No.", by=ANN, trade=trade, at=NOON + 3 * HOUR),
        lambda each: each.review(
            Outcome.CHANGED,
            at_fault=frozenset({BEA}),
            reason="It was Bea.",
            by=THIRD,
            trade=trade,
            at=NOON + 4 * HOUR,
        ),
        lambda each: each.review(
            Outcome.CHANGED,
            at_fault=frozenset({BEA}),
            reason="It was.",
            by=FOURTH,
            trade=trade,
            at=NOON + 5 * HOUR,
        ),
    )
    for step in steps:
        async with shelves.work:
            case = await shelves.cases.lock(case.id)
            step(case)
            await shelves.cases.save(case)
        assert await kept(shelves.cases, case.id, by=shelves.work) == facts(case)
        async with shelves.work:
            assert facts(await shelves.cases.get(case.id)) == facts(case)
    assert case.appeal is not None
    assert case.appeal.review is not None
    assert case.appeal.review.moderators == {THIRD, FOURTH}


async def test_there_is_no_case_that_was_never_opened(shelves: Shelves) -> None:
    await shelves.agree(swap(1), swap(2))
    async with shelves.work:
        await shelves.cases.add(a_case())
    looks: tuple[Callable[[], Awaitable[DisputeCase]], ...] = (
        lambda: shelves.cases.get(CaseId(a_uuid(2, of=8))),
        lambda: shelves.cases.lock(CaseId(a_uuid(2, of=8))),
        lambda: shelves.cases.lock_latest(trade_id(2)),
    )
    for look in looks:
        with pytest.raises(CaseNotFound):
            async with shelves.work:
                await look()


async def test_the_latest_case_of_a_trade_is_locked(shelves: Shelves) -> None:
    await shelves.agree(swap(1), swap(2))
    for number, trade in ((1, 1), (2, 1), (3, 2)):
        async with shelves.work:
            case = a_case(number, trade=trade)
            case.withdraw()
            await shelves.cases.add(case)
    async with shelves.work:
        assert (await shelves.cases.lock_latest(trade_id(1))).id == a_uuid(2, of=8)
        assert (await shelves.cases.lock_latest(trade_id(2))).id == a_uuid(3, of=8)


async def test_a_trade_has_one_open_case(shelves: Shelves) -> None:
    await shelves.agree(swap(1), swap(2))
    first = a_case(1)
    async with shelves.work:
        await shelves.cases.add(first)
    with pytest.raises(DisputedAlready):
        async with shelves.work:
            await shelves.cases.add(a_case(2))
    async with shelves.work:
        await shelves.cases.add(a_case(3, trade=2))
        first = await shelves.cases.lock(first.id)
        first.withdraw()
        await shelves.cases.save(first)
    async with shelves.work:
        await shelves.cases.add(a_case(2))
