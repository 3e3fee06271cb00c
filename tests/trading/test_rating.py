"""Who rates whom, and when, without any database (R1-R3, R7)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import State
from apps.trading.domain.rating import (
    AlreadyReplied,
    FaultForbidsRating,
    NothingToRate,
    Opinion,
    PartnerNotFound,
    PartnerNotNamed,
    Rating,
    RatingClosed,
    RatingId,
    RatingNotFound,
    RatingShown,
    Tag,
)
from apps.trading.domain.terms import Party
from apps.trading.domain.trade import Trade, TradeNotFound
from tests.support.builders import A_TRADE, ANN, BEA, EVE, NOON, a_trade, a_uuid

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
DAN, FAY = (MemberId(a_uuid(number, of=1)) for number in (4, 5))
WELL = Opinion.of(5)


def a_ring(state: State, *at_fault: MemberId) -> Trade:
    """Ann gives to Bea, Bea to Eve, Eve to Dan and Dan to Ann."""
    ring = (ANN, BEA, EVE, DAN)
    trade = Trade.propose_ring(
        A_TRADE,
        gifts={giver: [CopyId(a_uuid(number, of=3))] for number, giver in enumerate(ring)},
        leg_ids=[LegId(a_uuid(number, of=5)) for number in range(4)],
        at=NOON,
    )
    return ended(trade, state, *at_fault)


def ended(trade: Trade, state: State, *at_fault: MemberId) -> Trade:
    trade.state = state
    trade.parties = tuple(Party(m, 1, at_fault=m in at_fault) for m in trade.members)
    return trade


def give(
    on: Trade, *, by: MemberId = ANN, to: MemberId | None = None, at: datetime = NOON
) -> Rating:
    return Rating.give(RatingId(a_uuid(1, of=11)), on=on, by=by, to=to, opinion=WELL, at=at)


@pytest.mark.parametrize(("state", "at_fault"), [*product(State, ((), (ANN,), (BEA,), (ANN, BEA)))])
def test_each_state_and_each_fault_says_who_may_rate(
    state: State, at_fault: tuple[MemberId, ...]
) -> None:
    """R1, as a matrix."""
    trade = ended(a_trade(), state, *at_fault)
    for by in (ANN, BEA):
        refusal: type[Exception] | None = NothingToRate
        if state is State.COMPLETED:
            refusal = None
        elif state is State.RESOLVED and at_fault:
            refusal = FaultForbidsRating if by in at_fault else None
        if refusal is None:
            assert give(trade, by=by).rater_id == by
            continue
        with pytest.raises(refusal):
            give(trade, by=by)
    with pytest.raises(TradeNotFound):
        give(trade, by=EVE)


PARTNERS: Mapping[MemberId, set[MemberId]] = {
    ANN: {BEA, DAN},
    BEA: {ANN, EVE},
    EVE: {BEA, DAN},
    DAN: {EVE, ANN},
}


def test_in_a_ring_one_rates_whom_one_gave_to_and_received_from() -> None:
    """R1."""
    ring = a_ring(State.COMPLETED)
    for by in PARTNERS:
        for to in (ANN, BEA, EVE, DAN, FAY):
            if to in PARTNERS[by]:
                assert give(ring, by=by, to=to).ratee_id == to
            else:
                with pytest.raises(PartnerNotFound):
                    give(ring, by=by, to=to)
        with pytest.raises(PartnerNotNamed):
            give(ring, by=by)
    three = a_ring(State.RESOLVED, BEA)
    with pytest.raises(FaultForbidsRating):
        give(three, by=BEA, to=ANN)
    assert give(three, by=EVE, to=DAN).ratee_id == DAN


@pytest.mark.parametrize(
    ("at", "refusal"), [(14 * DAY - TICK, None), (14 * DAY, RatingClosed), (99 * DAY, RatingClosed)]
)
def test_there_are_fourteen_days(at: timedelta, refusal: type[Exception] | None) -> None:
    """R2."""
    trade = ended(a_trade(), State.COMPLETED)
    if refusal is None:
        rating = give(trade, at=NOON + at)
        assert (rating.closes_at, rating.is_shown(at=NOON + at)) == (NOON + 14 * DAY, False)
        assert rating.is_shown(at=NOON + 14 * DAY)
        return
    with pytest.raises(refusal) as refused:
        give(trade, at=NOON + at)
    assert getattr(refused.value, "members", {}) == {"closed_at": NOON + 14 * DAY}


def test_once_shown_a_rating_stays_whatever_the_clock_says() -> None:
    """R3: clocks of two servers differ."""
    rating = give(ended(a_trade(), State.COMPLETED))
    rating.edit(Opinion.of(1), at=NOON + DAY)
    rating.reveal(at=NOON + 2 * DAY)
    rating.reveal(at=NOON + 3 * DAY)
    assert rating.revealed_at == NOON + 2 * DAY
    for at in (NOON + DAY, NOON + 2 * DAY, NOON + 20 * DAY):
        with pytest.raises(RatingShown):
            rating.edit(WELL, at=at)
    assert (rating.opinion.score, rating.edited_at) == (1, NOON + DAY)


def test_the_ratee_replies_once_to_what_is_shown() -> None:
    rating = give(ended(a_trade(), State.COMPLETED))
    for by, at in ((BEA, NOON), (ANN, NOON + 14 * DAY)):
        with pytest.raises(RatingNotFound):
            rating.answer("Thanks", by=by, at=at)
    rating.answer("Thanks", by=BEA, at=NOON + 14 * DAY)
    with pytest.raises(AlreadyReplied):
        rating.answer("Again", by=BEA, at=NOON + 15 * DAY)


def test_the_first_decision_to_hide_stands() -> None:
    """R7."""
    rating = give(ended(a_trade(), State.COMPLETED))
    rating.hide(by=EVE, reason="insulting", at=NOON)
    rating.hide(by=DAN, reason="spam", at=NOON + DAY)
    removal: Any = rating.removal
    assert (removal.by, removal.reason, removal.at) == (EVE, "insulting", NOON)
    with pytest.raises(RatingNotFound):
        rating.answer("Why?", by=BEA, at=NOON + 14 * DAY)


def test_tags_have_one_order_and_stand_once() -> None:
    said = Opinion.of(3, [Tag.TALK, Tag.AS_DESCRIBED, Tag.TALK])
    assert said.tags == (Tag.AS_DESCRIBED, Tag.TALK)
