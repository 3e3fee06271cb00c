"""What the market has read is what there is, whatever has happened."""

from asyncio import gather, timeout
from dataclasses import dataclass, replace
from typing import Any, cast
from unittest.mock import patch

import pytest
from sqlalchemy import delete, select, update

from apps.collection.infrastructure.models import (
    LIVE,
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.market.application import index_market
from apps.market.application.generations import GenerationState
from apps.market.application.index_market import IndexMarket
from apps.market.application.rebuild_market import (
    BeginRebuild,
    FinishRebuild,
    ForgetReadings,
    RebuildMarket,
    RebuildUnderWay,
)
from apps.market.infrastructure.models import (
    MarketCopyModel,
    MarketGenerationModel,
    MarketMoveModel,
    MarketWantModel,
)
from apps.shared.application.outbox import Feed, Position
from apps.shared.infrastructure.outbox import OutboxPositionModel
from tests.support.levels import confirm_address, raise_to
from tests.support.market_events import read_everything
from tests.support.site import Member, Site
from tests.support.suggested import want

COPY, WANT = MarketCopyModel, MarketWantModel


async def rows(site: Site, question: Any) -> list[tuple[Any, ...]]:
    async with (await site.engine()).connect() as connection:
        return sorted(map(tuple, (await connection.execute(question)).all()), key=repr)


async def index(site: Site) -> None:
    """Read until nothing is left."""
    await read_everything(site)


async def read_copies(site: Site) -> list[tuple[Any, ...]]:
    columns = (COPY.copy_id, COPY.card_id, COPY.owner_id, COPY.listed, COPY.agreement_id)
    return await rows(site, select(*columns).where(COPY.until_event.is_(None)))


async def held_copies(site: Site) -> list[tuple[Any, ...]]:
    promise = (CopyPromiseModel.copy_id == CopyModel.id) & LIVE
    return await rows(
        site,
        select(
            CopyModel.id,
            CopyModel.card_id,
            CopyModel.owner_id,
            CopyModel.for_trade,
            CopyPromiseModel.agreement_id,
        )
        .outerjoin(CopyPromiseModel, promise)
        .where(CopyModel.state == "held"),
    )


async def read_wants(site: Site) -> list[tuple[Any, ...]]:
    columns = (WANT.group_id, WANT.card_id, WANT.member_id, WANT.slots)
    return await rows(site, select(*columns).where(WANT.until_event.is_(None)))


async def open_wants(site: Site) -> list[tuple[Any, ...]]:
    groups, cards = WantGroupModel, WantedCardModel
    return await rows(
        site,
        select(groups.id, cards.card_id, groups.member_id, groups.count).join(
            cards, cards.want_group_id == groups.id
        ),
    )


async def ensure_same(site: Site) -> None:
    await index(site)
    assert await read_copies(site) == await held_copies(site)
    assert await read_wants(site) == await open_wants(site)


async def two(site: Site) -> tuple[Member, Member]:
    ann, bea = await site.join("ann"), await site.join("bea")
    await confirm_address(ann, bea)
    await raise_to(1, ann, bea)
    return ann, bea


async def test_copies_and_wants_are_read_as_they_come_and_go(site: Site) -> None:
    ann, _ = await two(site)
    first, second, third = await site.some_cards(3)
    copies = [await ann.hold(card) for card in (first, second)]
    await ensure_same(site)
    group = await want(ann, third)
    for step in (
        ann.patch(f"/me/copies/{copies[0]}", {"for_trade": False}),
        ann.delete(f"/me/copies/{copies[1]}"),
        ann.patch(f"/me/wants/{group}", {"count": 3}),
        ann.patch(f"/me/wants/{group}", {"card_ids": [str(second), str(third)]}),
        ann.patch(f"/me/wants/{group}", {"card_ids": [str(first)], "count": 1}),
        ann.delete(f"/me/wants/{group}"),
    ):
        assert (await step).is_success
        await ensure_same(site)
    assert len(await read_copies(site)) == 1
    assert await read_wants(site) == []


async def test_promises_and_swaps_are_read_as_well(site: Site) -> None:
    ann, bea = await two(site)
    first, second = await site.some_cards(2)
    _ = await gather(want(ann, second), want(bea, first))
    for last in ("reject", "confirm"):
        mine, theirs = await ann.hold(first), await bea.hold(second)
        trade = f"/trades/{await ann.propose(bea, give=[mine], take=[theirs])}"
        await ensure_same(site)
        assert any(promised for *_, promised in await read_copies(site))
        if last == "confirm":
            assert (await bea.post(f"{trade}/accept", {"revision": 1})).is_success
            await ensure_same(site)
            assert (await ann.post(f"{trade}/confirm")).is_success
        assert (await bea.post(f"{trade}/{last}")).is_success
        await ensure_same(site)
    assert await read_wants(site) == []


async def everything(site: Site) -> tuple[Member, Member]:
    """All that can happen to copies and wants, once."""
    ann, bea = await two(site)
    first, second, third = await site.some_cards(3)
    _ = await gather(want(ann, second), want(bea, first, third, count=2))
    mine, theirs = await ann.hold(first), await bea.hold(second)
    trade = f"/trades/{await ann.propose(bea, give=[mine], take=[theirs])}"
    assert (await bea.post(f"{trade}/accept", {"revision": 1})).is_success
    for member in (ann, bea):
        assert (await member.post(f"{trade}/confirm")).is_success
    _ = await ann.hold(third)
    return ann, bea


async def test_a_new_reading_is_the_same_as_the_live_one_and_takes_its_place(site: Site) -> None:
    """B22, in small."""
    ann, _ = await everything(site)
    await index(site)
    begin, finish = await site.port(BeginRebuild), await site.port(FinishRebuild)
    building = await begin()
    with pytest.raises(RebuildUnderWay):
        _ = await begin()
    assert await finish() is None
    _ = await ann.hold()
    await index(site)
    done = await finish()
    assert done is not None
    assert (done.id, done.differences) == (building.id, {})
    assert done.events > 10
    assert await finish() is None
    forget = await site.port(ForgetReadings)
    while await forget():
        pass
    assert await site.ask(select(MarketGenerationModel.id)) == [building.id]
    assert set(await site.ask(select(COPY.generation))) == {building.id}
    await ensure_same(site)


async def test_a_rebuild_is_over_though_another_one_has_replaced_it_already(site: Site) -> None:
    _ = await everything(site)
    await index(site)
    rebuild, finish = await site.port(RebuildMarket), await site.port(FinishRebuild)

    async def twice() -> None:
        """As workers would, between two looks of whoever has begun it."""
        _ = await finish()
        _ = await rebuild.begin()
        await index(site)
        _ = await finish()

    async with timeout(30):
        done = await replace(rebuild, finish=cast("FinishRebuild", twice))()
    assert (done.id, done.state, done.differences) == (2, GenerationState.OLD, {})
    assert done.live_at is not None


async def test_a_reading_that_is_not_the_same_is_found(site: Site) -> None:
    """The control."""
    _ = await everything(site)
    await index(site)
    _ = await (await site.port(BeginRebuild))()
    await index(site)
    await site.change(update(WANT).where(WANT.generation == 2).values(slots=99))
    await site.change(delete(MarketMoveModel).where(MarketMoveModel.generation == 1))
    done = await (await site.port(FinishRebuild))()
    assert done is not None
    assert done.differences is not None
    assert set(done.differences) == {"market_wants", "market_moves"}
    assert all(done.differences.values())


@dataclass(frozen=True)
class Standing:
    """A feed of which nobody gets the position of one consumer."""

    feed: Feed
    consumer: str

    async def take(self, consumer: str) -> Position | None:
        return None if consumer == self.consumer else await self.feed.take(consumer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feed, name)


async def test_a_new_reading_never_goes_ahead_of_the_live_one(site: Site) -> None:
    """Else there might be no moment at which both are as far, and what is shown would go back."""
    _ = await everything(site)
    with patch.object(index_market, "BATCH", 5):
        assert await (await site.port(IndexMarket))() == 5
    feed = await site.port(Feed)  # type: ignore[type-abstract]
    _ = await (await site.port(BeginRebuild))()
    standing: Any = Standing(feed, "market")
    assert await replace(await site.port(IndexMarket), feed=standing)() == 5
    live, building = await site.ask(
        select(OutboxPositionModel.position).order_by(OutboxPositionModel.consumer)
    )
    assert live == building
