"""Copies, promises and want groups come back as they were stored; the index is the last guard."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from uuid_utils.compat import uuid7

from apps.collection.contract import AgreementId, CopyAlreadyPromised, CopyId, Holdings
from apps.collection.domain.copy import Condition, Copy, CopyNotFound, CopyRepository, CopyState
from apps.collection.domain.want_group import (
    WantGroup,
    WantGroupId,
    WantGroupNotFound,
    WantGroupRepository,
)
from apps.collection.infrastructure.models import (
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.current import Current
from tests.support.builders import EVE, HOUR, NOON, a_copy, a_uuid, a_want_group
from tests.support.site import Site, elsewhere

AT = NOON + HOUR / 3_600_000_000


class Shelf:
    """The repositories of a site."""

    def __init__(
        self,
        work: UnitOfWork,
        copies: CopyRepository,
        wants: WantGroupRepository,
        holdings: Holdings,
        current: Current,
    ) -> None:
        self.work = work
        self.copies = copies
        self.wants = wants
        self.holdings = holdings
        self.current = current

    @classmethod
    async def of(cls, site: Site) -> "Shelf":
        return cls(
            await site.port(UnitOfWork),  # type: ignore[type-abstract]
            await site.port(CopyRepository),  # type: ignore[type-abstract]
            await site.port(WantGroupRepository),  # type: ignore[type-abstract]
            await site.port(Holdings),  # type: ignore[type-abstract]
            await site.port(Current),
        )

    async def add_copy(self, site: Site) -> Copy:
        owner, cards = await site.join("ann"), await site.some_cards(1)
        copy = a_copy(
            owner_id=owner.id, card_id=cards[0], condition=Condition.LIGHT, note="포카", at=AT
        )
        async with self.work:
            await self.copies.add(copy)
        return copy

    async def add_group(self, site: Site) -> WantGroup:
        owner, cards = await site.join("ann"), await site.some_cards(3)
        group = a_want_group(
            member_id=owner.id,
            card_ids=reversed(cards),
            count=2,
            rank=1,
            min_condition=Condition.MARKED,
            at=AT,
        )
        async with self.work:
            await self.wants.add(group)
        return group


@pytest.fixture
async def shelf(site: Site) -> Shelf:
    return await Shelf.of(site)


async def test_a_copy_comes_back_as_it_was_stored(site: Site, shelf: Shelf) -> None:
    copy = await shelf.add_copy(site)
    async with shelf.work:
        kept, state = await shelf.copies.lock(copy.id, of=copy.owner_id)
    assert (vars(kept), state) == (vars(copy), CopyState.HELD)
    assert None not in vars(kept).values()


async def test_a_copy_comes_back_with_what_was_changed(site: Site, shelf: Shelf) -> None:
    copy = await shelf.add_copy(site)
    async with shelf.work:
        seen, state = await shelf.copies.lock(copy.id, of=copy.owner_id)
        changed = {"condition": Condition.DAMAGED, "for_trade": False, "note": None}
        seen.change(changed, state=state, at=AT + HOUR)  # type: ignore[arg-type]
        await shelf.copies.save(seen)
    async with shelf.work:
        kept, _ = await shelf.copies.lock(copy.id, of=copy.owner_id)
    assert vars(kept) == vars(seen)


async def test_a_copy_is_found_in_its_owners_hands_only(site: Site, shelf: Shelf) -> None:
    copy = await shelf.add_copy(site)
    for id, owner in ((copy.id, EVE), (CopyId(a_uuid(404)), copy.owner_id)):
        with pytest.raises(CopyNotFound):
            async with shelf.work:
                await shelf.copies.lock(id, of=owner)


async def test_a_copy_that_is_gone_is_in_nobodys_hands(site: Site, shelf: Shelf) -> None:
    copy = await shelf.add_copy(site)
    async with shelf.work:
        seen, state = await shelf.copies.lock(copy.id, of=copy.owner_id)
        assert await shelf.copies.count(of=copy.owner_id) == 1
        seen.remove(state=state, at=AT)
        await shelf.copies.save(seen)
    with pytest.raises(CopyNotFound):
        async with shelf.work:
            assert await shelf.copies.count(of=copy.owner_id) == 0
            assert not await shelf.holdings.lock([copy.id])
            await shelf.copies.lock(copy.id, of=copy.owner_id)
    assert await site.ask(select(CopyModel.state)) == [CopyState.GONE], "its row stays"


async def test_a_want_group_comes_back_as_it_was_stored(site: Site, shelf: Shelf) -> None:
    group = await shelf.add_group(site)
    async with shelf.work:
        kept = await shelf.wants.lock(group.id, of=group.member_id)
    assert vars(kept) == vars(group)
    assert None not in vars(kept).values()


async def test_a_want_group_comes_back_with_what_was_changed(site: Site, shelf: Shelf) -> None:
    group = await shelf.add_group(site)
    for cards in (group.card_ids[::-1], group.card_ids[1:2], group.card_ids):
        async with shelf.work:
            seen = await shelf.wants.lock(group.id, of=group.member_id)
            seen.change({"card_ids": cards, "count": 3, "min_condition": None}, at=AT + HOUR)
            await shelf.wants.save(seen)
        async with shelf.work:
            kept = await shelf.wants.lock(group.id, of=group.member_id)
        assert vars(kept) == vars(seen)
        assert kept.card_ids == cards


async def test_a_want_group_is_its_members_and_leaves_nothing_behind(
    site: Site, shelf: Shelf
) -> None:
    group = await shelf.add_group(site)
    for id, member in ((group.id, EVE), (WantGroupId(a_uuid(404)), group.member_id)):
        with pytest.raises(WantGroupNotFound):
            async with shelf.work:
                await shelf.wants.lock(id, of=member)
    async with shelf.work:
        await shelf.wants.delete(await shelf.wants.lock(group.id, of=group.member_id))
        assert await shelf.wants.count(of=group.member_id) == 0
    for rows in (WantGroupModel, WantedCardModel):
        assert await site.ask(select(func.count()).select_from(rows)) == [0]


async def test_who_changes_a_want_group_at_the_same_moment_waits_for_the_other(
    site: Site, shelf: Shelf
) -> None:
    group = await shelf.add_group(site)

    async def lower() -> None:
        async with shelf.work:
            seen = await shelf.wants.lock(group.id, of=group.member_id)
            seen.change({"count": seen.count + 1}, at=AT + HOUR)
            await shelf.wants.save(seen)

    await asyncio.gather(*(elsewhere(lower()) for _ in range(8)))
    assert await site.ask(select(WantGroupModel.count)) == [group.count + 8]


async def test_a_lock_on_a_copy_waits_and_then_sees_what_was_committed(
    postgresql: str, keys: Path
) -> None:
    async with Site(postgresql, keys) as site:
        shelf = await Shelf.of(site)
        copy = await shelf.add_copy(site)

        async def look() -> CopyState:
            async with shelf.work:
                return (await shelf.copies.lock(copy.id, of=copy.owner_id))[1]

        async with shelf.work:
            await shelf.holdings.lock([copy.id])
            waiting = elsewhere(look())
            await shelf.holdings.promise([copy.id], under=AgreementId(uuid7()))
            await shelf.current.session.flush()
            assert not waiting.done()
        assert await waiting is CopyState.PROMISED, "the promise was made while the other waited"


@pytest.mark.parametrize("flushed_inside", [True, False])
async def test_a_second_live_promise_is_refused_in_the_domains_words(
    site: Site, shelf: Shelf, *, flushed_inside: bool
) -> None:
    copy = await shelf.add_copy(site)
    with pytest.raises(CopyAlreadyPromised):
        async with shelf.work:
            for _ in range(2):
                promise = CopyPromiseModel(
                    id=uuid7(), copy_id=copy.id, agreement_id=AgreementId(uuid7()), promised_at=AT
                )
                shelf.current.session.add(promise)
            if flushed_inside:
                await shelf.current.session.flush()
    assert not await site.ask(select(CopyPromiseModel.id))


async def test_ended_promises_stand_in_nobodys_way(site: Site, shelf: Shelf) -> None:
    copy = await shelf.add_copy(site)
    ended = [{"released_at": AT}, {"fulfilled_at": AT}, {"released_at": AT}]
    rows = [
        {"released_at": None, "fulfilled_at": None}
        | end
        | {"id": uuid7(), "copy_id": copy.id, "agreement_id": uuid7(), "promised_at": AT}
        for end in ended
    ]
    await site.change(insert(CopyPromiseModel).values(rows))
    under = AgreementId(uuid7())
    async with shelf.work:
        holdings = await shelf.holdings.lock([copy.id])
        assert holdings[copy.id].agreement_id is None
        await shelf.holdings.promise([copy.id], under=under)
        assert (await shelf.holdings.lock([copy.id]))[copy.id].agreement_id == under
        await shelf.holdings.release([under])
        assert (await shelf.holdings.lock([copy.id]))[copy.id].agreement_id is None
