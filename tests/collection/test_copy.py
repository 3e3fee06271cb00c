"""A copy and its promises, a want group and its cards: the rules without a database (D.1, K3)."""

from datetime import datetime
from functools import partial

import pytest

from apps.catalogue.contract import CardId
from apps.collection.contract import AgreementId, CopyId, Holding, ensure_free, ensure_offered
from apps.collection.domain.copy import (
    Condition,
    Copy,
    CopyAlreadyPromised,
    CopyChanges,
    CopyNotForTrade,
    CopyNotFound,
    CopyOnItsWay,
    CopyState,
)
from apps.collection.domain.copy_events import (
    CopyEntered,
    CopyListed,
    CopyRemoved,
    CopyUnlisted,
    CopyWorsened,
)
from apps.collection.domain.want_group import (
    WantChanged,
    WantClosed,
    WantGroupChanges,
    WantOpened,
    WantRaised,
)
from apps.shared.domain.errors import DuplicateIds
from apps.shared.domain.ids import MemberId
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
    a_uuid,
    a_want_group,
)

LATER = NOON + HOUR
AN_AGREEMENT = AgreementId(a_uuid(1))


def test_a_copy_is_entered_as_held() -> None:
    copy = a_copy()
    assert (copy.state, copy.created_at, copy.updated_at) == (CopyState.HELD, NOON, NOON)
    assert not copy.release()


@pytest.mark.parametrize(
    "changes",
    [{}, {"note": None}, {"condition": Condition.LIGHT}, {"for_trade": True}],
)
def test_a_change_changes_what_it_names(changes: CopyChanges) -> None:
    copy = a_copy()
    before = dict(vars(copy))
    copy.change(changes, state=CopyState.HELD, at=LATER)
    assert vars(copy) == before | {"updated_at": LATER} | dict(changes)
    assert {type(event) for event in copy.release()} <= {CopyWorsened}


def test_who_unlists_a_copy_tells_so_once() -> None:
    copy = a_copy()
    copy.change({"for_trade": False}, state=CopyState.HELD, at=LATER)
    assert copy.release() == [CopyUnlisted(copy=ANNS, at=LATER)]
    copy.change({"for_trade": False}, state=CopyState.HELD, at=LATER)
    assert not copy.release()


def listed(at: datetime) -> CopyListed:
    return CopyListed(copy=ANNS, card=A_CARD, owner=ANN, at=at)


@pytest.mark.parametrize("for_trade", [True, False])
def test_who_enters_a_copy_for_trade_tells_so(*, for_trade: bool) -> None:
    copy = Copy.enter(
        ANNS,
        card_id=A_CARD,
        owner_id=ANN,
        condition=Condition.MINT,
        for_trade=for_trade,
        note=None,
        at=NOON,
    )
    entered = CopyEntered(copy=ANNS, card=A_CARD, owner=ANN, for_trade=for_trade, at=NOON)
    assert copy.release() == [entered] + [listed(NOON)] * for_trade


def test_who_lists_a_copy_or_betters_a_listed_one_tells_so_once() -> None:
    copy = a_copy(for_trade=False, condition=Condition.MARKED)
    for changes, tells in (
        (CopyChanges(condition=Condition.LIGHT), False),
        (CopyChanges(for_trade=True), True),
        (CopyChanges(for_trade=True), False),
        (CopyChanges(condition=Condition.MINT), True),
        (CopyChanges(condition=Condition.MARKED), False),
    ):
        copy.change(changes, state=CopyState.HELD, at=LATER)
        told = [event for event in copy.release() if isinstance(event, CopyListed)]
        assert told == [listed(LATER)] * tells, changes


def test_a_promised_copy_never_gets_better() -> None:
    copy = a_copy(condition=Condition.DAMAGED)
    for condition in set(Condition) - {copy.condition}:
        with pytest.raises(CopyAlreadyPromised) as refused:
            copy.change({"condition": condition, "note": "new"}, state=CopyState.PROMISED, at=LATER)
        assert refused.value.members == {"copy_ids": [ANNS]}
    assert (copy.condition, copy.note, copy.updated_at) == (Condition.DAMAGED, "sleeved", NOON)
    assert not copy.release()


def test_that_a_copy_gets_worse_is_told_on() -> None:
    """T7, T19: others may have asked for it, or been promised it."""
    for state in (CopyState.HELD, CopyState.PROMISED):
        copy = a_copy()
        copy.change({"condition": Condition.LIGHT}, state=state, at=LATER)
        assert copy.condition is Condition.LIGHT
        assert copy.release() == [CopyWorsened(copy=ANNS, owner=ANN, at=LATER)]
    copy.change({"condition": Condition.LIGHT}, state=CopyState.HELD, at=LATER)
    copy.change({"condition": Condition.MINT}, state=CopyState.HELD, at=LATER)
    assert copy.release() == [listed(LATER)], "no worse than before"


def test_of_a_promised_copy_the_rest_may_change() -> None:
    copy = a_copy()
    copy.change({"condition": copy.condition, "note": "new"}, state=CopyState.PROMISED, at=LATER)
    assert copy.note == "new"


def test_a_removed_copy_is_gone_and_no_longer_listed() -> None:
    copy = a_copy()
    copy.remove(state=CopyState.HELD, at=LATER)
    assert (copy.state, copy.for_trade, copy.updated_at) == (CopyState.GONE, False, LATER)
    told = [CopyUnlisted(copy=ANNS, at=LATER), CopyRemoved(copy=ANNS, at=LATER)]
    assert copy.release() == told


def test_a_promised_copy_is_not_removed() -> None:
    copy = a_copy()
    with pytest.raises(CopyAlreadyPromised):
        copy.remove(state=CopyState.PROMISED, at=LATER)
    assert (copy.state, copy.for_trade) == (CopyState.HELD, True)
    assert not copy.release()


@pytest.mark.parametrize("state", [CopyState.IN_TRANSIT, CopyState.EXPECTED])
@pytest.mark.parametrize("changes", [{"note": "new"}, {"for_trade": False}, {}])
def test_what_is_on_its_way_stays_as_it_is(state: CopyState, changes: CopyChanges) -> None:
    """D.1."""
    copy = a_copy()
    for step in (partial(copy.change, changes), copy.remove):
        with pytest.raises(CopyOnItsWay) as refused:
            step(state=state, at=LATER)
        assert refused.value.members == {"copy_ids": [ANNS]}
    assert (copy.state, copy.for_trade, copy.note) == (CopyState.HELD, True, "sleeved")
    assert not copy.release()


def held(
    copy: CopyId,
    *,
    owner: MemberId = ANN,
    for_trade: bool = True,
    state: CopyState = CopyState.HELD,
    under: AgreementId | None = None,
) -> dict[CopyId, Holding]:
    holding = Holding(id=copy, owner_id=owner, state=state, for_trade=for_trade, agreement_id=under)
    return {copy: holding}


def test_who_offers_must_have_all_of_it() -> None:
    holdings = held(ANNS) | held(BEAS, owner=BEA)
    ensure_offered(holdings, [ANNS], by=ANN, side="give")
    with pytest.raises(CopyNotFound) as refused:
        ensure_offered(holdings, [EVES, ANNS, BEAS], by=ANN, side="give")
    pointers = [error["pointer"] for error in refused.value.members["errors"]]
    assert pointers == ["/give/0", "/give/2"]


@pytest.mark.parametrize(
    "kept", [held(BEAS, for_trade=False), held(BEAS, state=CopyState.EXPECTED)]
)
def test_who_offers_must_have_listed_it_and_hold_it(kept: dict[CopyId, Holding]) -> None:
    with pytest.raises(CopyNotForTrade) as refused:
        ensure_offered(held(ANNS) | kept, [ANNS, BEAS], by=ANN, side="take")
    assert refused.value.members == {"copy_ids": [BEAS]}


def test_what_is_free_is_free() -> None:
    ensure_free(held(ANNS) | held(BEAS, owner=BEA), [ANNS, BEAS], asker=ANN)


def test_only_the_owner_of_all_that_is_taken_hears_by_what() -> None:
    mine = held(ANNS, under=AN_AGREEMENT) | held(EVES, under=AN_AGREEMENT)
    with pytest.raises(CopyAlreadyPromised) as refused:
        ensure_free(mine, [ANNS, EVES], asker=ANN)
    assert refused.value.members == {"copy_ids": [ANNS, EVES], "trade_ids": [AN_AGREEMENT]}
    with pytest.raises(CopyAlreadyPromised) as refused:
        ensure_free(mine, [ANNS], asker=BEA)
    assert refused.value.members == {"copy_ids": [ANNS]}
    mixed = mine | held(BEAS, owner=BEA, under=AN_AGREEMENT)
    with pytest.raises(CopyAlreadyPromised) as refused:
        ensure_free(mixed, [ANNS, BEAS], asker=EVE)
    assert refused.value.members == {"copy_ids": [ANNS, BEAS]}


def test_a_want_group_names_a_card_once() -> None:
    assert a_want_group(card_ids=[A_CARD, ANOTHER_CARD]).card_ids == (A_CARD, ANOTHER_CARD)
    with pytest.raises(DuplicateIds):
        a_want_group(card_ids=[A_CARD, A_CARD])
    group = a_want_group()
    with pytest.raises(DuplicateIds):
        group.change({"card_ids": [A_CARD, A_CARD], "count": 2}, at=LATER)
    assert (group.count, group.updated_at) == (1, NOON)


def test_a_want_group_keeps_what_a_change_leaves_out() -> None:
    group = a_want_group(count=2, rank=1, min_condition=Condition.LIGHT)
    group.change({"rank": 5}, at=LATER)
    assert (group.count, group.rank, group.min_condition) == (2, 5, Condition.LIGHT)
    group.change({"min_condition": None, "card_ids": [CardId(a_uuid(7))]}, at=LATER)
    assert (group.min_condition, group.card_ids, group.updated_at) == (
        None,
        (a_uuid(7),),
        LATER,
    )


def test_who_looks_for_more_than_before_tells_so() -> None:
    group = a_want_group(card_ids=[A_CARD], count=1, min_condition=Condition.LIGHT)
    assert [type(event) for event in group.release()] == [WantOpened]
    for changes, tells in (
        (WantGroupChanges(rank=1), False),
        (WantGroupChanges(count=2), True),
        (WantGroupChanges(count=1), False),
        (WantGroupChanges(card_ids=[A_CARD, ANOTHER_CARD]), True),
        (WantGroupChanges(card_ids=[A_CARD]), False),
        (WantGroupChanges(min_condition=Condition.DAMAGED), True),
        (WantGroupChanges(min_condition=None), False),
        (WantGroupChanges(min_condition=Condition.MINT), False),
        (WantGroupChanges(min_condition=None), True),
    ):
        group.change(changes, at=LATER)
        told = [WantRaised(group=group.id, member=group.member_id, at=LATER)] * tells
        raised = [event for event in group.release() if isinstance(event, WantRaised)]
        assert raised == told, changes


def test_who_looks_for_other_cards_or_more_or_fewer_tells_which() -> None:
    group = a_want_group(card_ids=[A_CARD], count=1, min_condition=None)
    _ = group.release()
    for changes, cards, count in (
        (WantGroupChanges(count=2), (A_CARD,), 2),
        (WantGroupChanges(count=1), (A_CARD,), 1),
        (WantGroupChanges(card_ids=[ANOTHER_CARD]), (ANOTHER_CARD,), 1),
    ):
        group.change(changes, at=LATER)
        told = WantChanged(group=group.id, cards=cards, count=count, at=LATER)
        assert group.release()[0] == told, changes
    for same in (WantGroupChanges(rank=1), WantGroupChanges(card_ids=[ANOTHER_CARD])):
        group.change(same, at=LATER)
        assert not group.release()
    group.close(at=LATER)
    assert group.release() == [WantClosed(group=group.id, at=LATER)]
