"""What the repositories of collection promise, in memory and in both databases alike."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.collection.domain.copy import (
    Condition,
    CopyNotFound,
    CopyState,
)
from apps.collection.domain.want_group import (
    WantGroupId,
    WantGroupNotFound,
)
from tests.collection.shelves import (
    A_THIRD_WISH,
    A_WISH,
    ANOTHER_WISH,
    BEAS_WISH,
    NOBODYS,
    UNDER,
    Shelves,
    a_full_copy,
    a_full_wish,
)
from tests.support.builders import (
    A_CARD,
    ANN,
    ANNS,
    ANOTHER_CARD,
    BEA,
    BEAS,
    EVE,
    EVES,
    HOUR,
    NOON,
    a_copy,
    a_want_group,
)
from tests.support.entries import A_THIRD_CARD
from tests.support.memory import KeptAlready
from tests.support.stores import facts, kept


async def test_a_copy_comes_back_as_it_was_added_and_as_it_was_saved(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.copies.add(a_full_copy())
    async with shelves.work:
        copy, state = await shelves.copies.lock(ANNS, of=ANN)
        assert (facts(copy), state) == (facts(a_full_copy()), CopyState.HELD)
        copy.change(
            {"condition": Condition.DAMAGED, "for_trade": False, "note": None},
            state=state,
            at=NOON + HOUR,
        )
        await shelves.copies.save(copy)
        again, _ = await shelves.copies.lock(ANNS, of=ANN)
        assert facts(again) == facts(copy), "a lock shows what was just saved"
    assert await kept(shelves.copies, ANNS, by=shelves.work) == facts(copy)


async def test_many_copies_are_added_as_one_is(shelves: Shelves) -> None:
    copies = [a_full_copy(), a_copy(EVES, for_trade=False, note=None), a_copy(BEAS, owner_id=BEA)]
    await shelves.hold(*copies)
    await shelves.hold()
    for copy in copies:
        assert await kept(shelves.copies, copy.id, by=shelves.work) == facts(copy)


async def test_no_id_is_kept_twice(shelves: Shelves) -> None:
    """It is no refusal, since ids are never given twice: the fault would be ours."""
    await shelves.hold(a_full_copy())
    await shelves.want(a_full_wish())
    again: Any
    for add, again in (
        (shelves.copies.add, a_copy(card_id=ANOTHER_CARD)),
        (shelves.copies.add_all, [a_copy(BEAS, owner_id=BEA), a_copy(card_id=ANOTHER_CARD)]),
        (shelves.wants.add, a_want_group(rank=1)),
    ):
        with pytest.raises((KeptAlready, IntegrityError)):
            async with shelves.work:
                await add(again)
    assert await kept(shelves.copies, ANNS, by=shelves.work) == facts(a_full_copy())
    assert await kept(shelves.wants, A_WISH, by=shelves.work) == facts(a_full_wish())


async def test_a_copy_is_found_in_the_hands_of_its_owner_only(shelves: Shelves) -> None:
    await shelves.hold(
        a_copy(ANNS), a_full_copy(EVES, state=CopyState.GONE), a_copy(BEAS, owner_id=BEA)
    )
    for id, of in ((ANNS, BEA), (BEAS, ANN), (EVES, ANN), (CopyId(NOBODYS), ANN)):
        with pytest.raises(CopyNotFound):
            async with shelves.work:
                await shelves.copies.lock(id, of=of)


async def test_what_is_gone_is_not_counted(shelves: Shelves) -> None:
    await shelves.hold(a_copy(ANNS), a_copy(EVES), a_copy(BEAS, owner_id=BEA))
    async with shelves.work:
        assert [await shelves.copies.count(of=of) for of in (ANN, BEA, EVE)] == [2, 1, 0]
        copy, state = await shelves.copies.lock(EVES, of=ANN)
        copy.remove(state=state, at=NOON)
        await shelves.copies.save(copy)
        assert await shelves.copies.count(of=ANN) == 1
    assert (await kept(shelves.copies, EVES, by=shelves.work))["state"] is CopyState.GONE


async def test_a_promise_shows_while_it_lives(shelves: Shelves) -> None:
    await shelves.hold(a_copy(ANNS), a_copy(EVES))

    async def seen() -> list[CopyState]:
        async with shelves.work:
            return [(await shelves.copies.lock(id, of=ANN))[1] for id in (ANNS, EVES)]

    async with shelves.work:
        await shelves.holdings.promise([ANNS], under=UNDER)
        assert (await shelves.copies.lock(ANNS, of=ANN))[1] is CopyState.PROMISED
    assert await seen() == [CopyState.PROMISED, CopyState.HELD]
    async with shelves.work:
        await shelves.holdings.dispatch([ANNS], under=UNDER)
    assert await seen() == [CopyState.IN_TRANSIT, CopyState.HELD]
    async with shelves.work:
        await shelves.holdings.release([UNDER])
    assert await seen() == [CopyState.HELD, CopyState.HELD]


async def test_all_copies_that_are_promised_to_nobody_are_let_go(shelves: Shelves) -> None:
    free, promised = a_full_copy(ANNS), a_full_copy(EVES)
    await shelves.hold(free, promised, a_full_copy(BEAS, owner_id=BEA))
    async with shelves.work:
        await shelves.holdings.promise([EVES], under=UNDER)
        await shelves.copies.lock_all(of=ANN)
        await shelves.copies.let_go(of=ANN, at=NOON + HOUR)
        assert [await shelves.copies.count(of=of) for of in (ANN, BEA)] == [1, 1]
    told = {"state": CopyState.GONE, "for_trade": False, "note": None, "updated_at": NOON + HOUR}
    for copy in (
        a_full_copy(ANNS, **told),
        promised,
        a_full_copy(BEAS, owner_id=BEA),
    ):
        assert await kept(shelves.copies, copy.id, by=shelves.work) == facts(copy)


async def test_all_copies_of_a_merged_card_follow_it(shelves: Shelves) -> None:
    await shelves.hold(
        a_full_copy(ANNS),
        a_full_copy(BEAS, owner_id=BEA, state=CopyState.GONE),
        a_full_copy(EVES, card_id=A_THIRD_CARD),
    )
    async with shelves.work:
        await shelves.copies.lock(ANNS, of=ANN)
        await shelves.copies.follow(A_CARD, into=ANOTHER_CARD)
        await shelves.copies.follow(A_CARD, into=A_THIRD_CARD)
        copy, _ = await shelves.copies.lock(ANNS, of=ANN)
        assert copy.card_id == ANOTHER_CARD
    for id, given in (
        (ANNS, {"card_id": ANOTHER_CARD}),
        (BEAS, {"card_id": ANOTHER_CARD, "owner_id": BEA, "state": CopyState.GONE}),
        (EVES, {"card_id": A_THIRD_CARD}),
    ):
        copy = a_full_copy(id, **given)
        assert await kept(shelves.copies, id, by=shelves.work) == facts(copy)


async def test_a_want_group_comes_back_as_it_was_added_and_as_it_was_saved(
    shelves: Shelves,
) -> None:
    await shelves.want(a_full_wish())
    for cards in ((ANOTHER_CARD, A_CARD, A_THIRD_CARD), (A_CARD,), (A_THIRD_CARD, A_CARD)):
        before = await kept(shelves.wants, A_WISH, by=shelves.work)
        async with shelves.work:
            group = await shelves.wants.lock(A_WISH, of=ANN)
            assert facts(group) == before
            group.change(
                {"card_ids": cards, "count": 1, "rank": 1, "min_condition": None}, at=NOON + HOUR
            )
            await shelves.wants.save(group)
            again = await shelves.wants.lock(A_WISH, of=ANN)
            assert facts(again) == facts(group), "a lock shows what was just saved"
        assert await kept(shelves.wants, A_WISH, by=shelves.work) == facts(group)


async def test_a_want_group_is_its_members_alone_until_it_is_deleted(shelves: Shelves) -> None:
    await shelves.want(
        a_full_wish(), a_want_group(ANOTHER_WISH), a_want_group(BEAS_WISH, member_id=BEA)
    )
    for id, of in ((A_WISH, BEA), (BEAS_WISH, ANN), (WantGroupId(NOBODYS), ANN)):
        with pytest.raises(WantGroupNotFound):
            async with shelves.work:
                await shelves.wants.lock(id, of=of)
    async with shelves.work:
        assert [await shelves.wants.count(of=of) for of in (ANN, BEA, EVE)] == [2, 1, 0]
        await shelves.wants.delete(await shelves.wants.lock(A_WISH, of=ANN))
        assert await shelves.wants.count(of=ANN) == 1
    with pytest.raises(WantGroupNotFound):
        async with shelves.work:
            await shelves.wants.lock(A_WISH, of=ANN)
    await shelves.want(a_full_wish())
    assert await kept(shelves.wants, A_WISH, by=shelves.work) == facts(a_full_wish())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([A_THIRD_CARD, A_CARD], (A_THIRD_CARD, ANOTHER_CARD)),
        ([A_CARD, A_THIRD_CARD, ANOTHER_CARD], (A_THIRD_CARD, ANOTHER_CARD)),
        ([ANOTHER_CARD, A_CARD], (ANOTHER_CARD,)),
        ([A_THIRD_CARD], (A_THIRD_CARD,)),
    ],
    ids=["replaced", "there already", "there before", "another"],
)
async def test_who_wants_a_merged_card_wants_the_surviving_one_once(
    shelves: Shelves, before: Sequence[CardId], after: tuple[CardId, ...]
) -> None:
    await shelves.want(
        a_full_wish(card_ids=before),
        a_full_wish(ANOTHER_WISH, card_ids=[A_CARD], member_id=BEA),
        a_full_wish(A_THIRD_WISH, card_ids=[ANOTHER_CARD]),
    )
    async with shelves.work:
        await shelves.wants.lock(A_WISH, of=ANN)
        await shelves.wants.follow(A_CARD, into=ANOTHER_CARD)
        assert (await shelves.wants.lock(A_WISH, of=ANN)).card_ids == after
    assert await kept(shelves.wants, A_WISH, by=shelves.work) == facts(a_full_wish(card_ids=after))
    assert await shelves.wanted(ANOTHER_WISH) == (ANOTHER_CARD,)
    assert await shelves.wanted(A_THIRD_WISH) == (ANOTHER_CARD,)
