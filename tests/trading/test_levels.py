"""Levels rise and fall with the trades that they follow from, in the same transaction (R8)."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from uuid_utils.compat import uuid7

from apps.identity.application.keep_standings import ReviewStandings
from apps.identity.infrastructure.models import UserModel
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock
from apps.trading.application.keep_standings import KeepStandings
from apps.trading.domain.history import TradeCompleted, TradeResolved
from apps.trading.domain.terms import DisputeKind
from apps.trading.domain.verdicts import CaseState
from apps.trading.infrastructure.cases import DisputeCaseModel
from apps.trading.infrastructure.models import TradeLegModel, TradeModel
from tests.support.builders import NOON
from tests.support.deals import Deal, a_deal
from tests.support.levels import confirm_address, level_of, raise_to
from tests.support.rated import DAY, a_resolved_trade, a_swap
from tests.support.site import Member, Site
from tests.support.weakening import an_unguarded_site

ROUNDS, CONTROL_ROUNDS = 4, 40


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


async def grow_older(*members: Member, days: int) -> None:
    for member in members:
        row = UserModel.id == member.id
        (joined,) = await member.site.ask(select(UserModel.created_at).where(row))
        await member.site.change(
            update(UserModel).where(row).values(created_at=joined - days * DAY)
        )


async def lose(deal: Deal, loser: Member, dispute: DisputeKind) -> None:
    """As a decision about such a case would tell it."""
    site = deal.author.site
    case = {"id": uuid7(), "trade_id": deal.id, "kind": dispute, "state": CaseState.DECIDED}
    moments = dict.fromkeys(("opened_at", "decided_at"), NOON)
    await site.change(insert(DisputeCaseModel).values(**case, **moments, version=1))
    now = (await site.port(Clock)).now()  # type: ignore[type-abstract]
    decision = TradeResolved(
        trade=deal.id,
        parties=(deal.author.id, deal.other.id),
        revision=1,
        at_fault=(loser.id,),
        dispute=dispute,
        at=now,
    )
    keep = await site.port(KeepStandings)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await keep(decision)


async def review(site: Site) -> int:
    return await (await site.port(ReviewStandings))()


async def standing(member: Member) -> StandingModel:
    rows = select(StandingModel).where(StandingModel.id == member.id)
    (row,) = await member.site.ask(rows)
    assert isinstance(row, StandingModel)
    return row


async def test_the_first_trade_of_a_confirmed_member_is_a_step(
    site: Site, ann: Member, bea: Member
) -> None:
    await confirm_address(ann)
    deal = await a_deal(site, author=ann, other=bea)
    await deal.accept()
    await deal.confirm(ann)
    assert (await level_of(ann), await level_of(bea)) == (0, 0)
    await deal.confirm(bea)
    assert (await level_of(ann), await level_of(bea)) == (1, 0)
    assert (await ann.get(f"/members/{ann.id}")).json()["trust_level"] == 1
    await confirm_address(bea)
    assert await review(site) == 1
    assert await level_of(bea) == 1
    assert await review(site) == 0, "nothing has changed since"


async def test_five_trades_with_three_partners_make_a_regular(site: Site, ann: Member) -> None:
    others = [await site.join(name) for name in ("bea", "eve", "dan")]
    await confirm_address(ann, *others)
    await grow_older(ann, days=30)
    levels = []
    for other in (*others, *others[:2]):
        await a_swap(site, ann, other)
        levels.append(await level_of(ann))
    assert levels == [1, 1, 1, 1, 2]
    assert [await level_of(other) for other in others] == [1, 1, 1]
    assert (await standing(ann)).partners == 3


async def test_days_alone_raise_a_level(site: Site, ann: Member) -> None:
    await confirm_address(ann)
    for name in ("bea", "eve", "dan", "fay", "gil"):
        await a_swap(site, ann, await site.join(name))
    assert await level_of(ann) == 1
    await grow_older(ann, days=29)
    assert await review(site) == 0
    await grow_older(ann, days=1)
    assert await review(site) == 1
    assert await level_of(ann) == 2


async def test_codes_and_tracking_prove_a_trade_and_silence_earns_nothing(
    site: Site, ann: Member, bea: Member
) -> None:
    """R8, T20."""
    silent = {"auto_received": True, "tracking_number": "RR2"}
    for proof in ({"verified": True}, {"tracking_number": "RR1"}, {}, silent):
        deal = await a_swap(site, ann, bea)
        if proof:
            leg = update(TradeLegModel).where(TradeLegModel.trade_id == deal.id)
            await site.change(leg.values(proof))
    now = (await site.port(Clock)).now()  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        keep = await site.port(KeepStandings)
        await keep(TradeCompleted(trade=deal.id, parties=(ann.id, bea.id), revision=1, at=now))
    row = await standing(ann)
    assert (row.completed_trades, row.credited_trades) == (4, 3)
    assert (row.proven_trades, row.presence_verified, row.partners) == (2, 1, 1)


@pytest.mark.parametrize(
    ("dispute", "level"),
    [
        (DisputeKind.NOT_SENT, 0),
        (DisputeKind.CONFIRMATION_FALSE, 0),
        (DisputeKind.NOT_ARRIVED, 1),
        (DisputeKind.NOT_AS_DESCRIBED, 1),
        (DisputeKind.WRONG_ITEM, 1),
        (DisputeKind.NO_SHOW, 1),
    ],
)
async def test_a_lost_dispute_costs_the_level_at_once(
    site: Site, ann: Member, bea: Member, dispute: DisputeKind, level: int
) -> None:
    """For a fraud all of it, else what is above 1; it is regained after ninety days."""
    await confirm_address(ann, bea)
    await a_swap(site, ann, bea)
    await raise_to(3, ann, bea)
    deal = await a_resolved_trade(site, ann, bea, ann)
    await lose(deal, ann, dispute)
    assert (await level_of(ann), await level_of(bea)) == (level, 1), "as Bea's own trades say"
    row = await standing(ann)
    assert (row.disputes_lost, row.last_lost_at is not None) == (1, True)
    assert await review(site) == 0
    assert (row.last_fraud_at is not None) == (level == 0)
    for name in ("last_fraud_at", "last_lost_at"):
        if moment := getattr(row, name):
            change = update(StandingModel).where(StandingModel.id == ann.id)
            await site.change(change.values({name: moment - 90 * DAY}))
    assert await review(site) == (1 if level == 0 else 0)
    assert await level_of(ann) == 1


async def test_a_cancelled_trade_is_counted_against_whose_fault_it_was(
    site: Site, ann: Member, bea: Member
) -> None:
    for by, faults in ((bea, [0, 0]), (ann, [1, 0])):
        deal = await a_deal(site, author=ann, other=bea)
        await deal.accept()
        if faults[0]:
            trade = TradeModel.id == deal.id
            (agreed,) = await site.ask(select(TradeModel.accepted_at).where(trade))
            earlier = update(TradeModel).where(trade).values(accepted_at=agreed - DAY)
            await site.change(earlier)
        assert (await by.post(f"{deal.path}/cancel")).status_code == 200
        assert [(await standing(each)).cancelled_at_fault for each in (ann, bea)] == faults


async def complete_two_at_once(site: Site, number: int) -> list[int]:
    """Ann's counts of trades and partners, when both of her trades end at the same moment."""
    names = [f"{name}-{number}" for name in ("ann", "bea", "eve")]
    ann, bea, eve = [await site.join(name) for name in names]
    deals = [await a_deal(site, author=ann, other=other) for other in (bea, eve)]
    for deal in deals:
        await deal.accept()
        await deal.confirm(ann)
    answers = await asyncio.gather(*(deal.confirm(deal.other) for deal in deals))
    assert [answer.status_code for answer in answers] == [200, 200]
    row = await standing(ann)
    return [row.completed_trades, row.partners]


async def test_of_two_trades_that_end_at_once_both_are_counted(site: Site) -> None:
    for number in range(ROUNDS):
        assert await complete_two_at_once(site, number) == [2, 2]


async def test_without_locks_one_of_them_would_be_missed(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(CONTROL_ROUNDS):
            if await complete_two_at_once(site, number) != [2, 2]:
                return
    pytest.fail("both in every round")
