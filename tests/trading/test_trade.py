"""What a trade is made of, what it remembers, and what it tells (D.2)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DuplicateIds
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Event
from apps.trading.domain.history import (
    LapseReason,
    LegReceived,
    TradeAccepted,
    TradeCompleted,
    TradeLapsed,
    TradeProposed,
    TradeRejected,
    TradeWithdrawn,
)
from apps.trading.domain.legs import LegState
from apps.trading.domain.moves import LIVE, Action, InvalidTransition, State
from apps.trading.domain.terms import (
    ANSWER_WINDOW,
    Method,
    MethodNotAvailable,
    OneSidedTrade,
    Party,
    Terms,
)
from apps.trading.domain.trade import Trade, TradeNotFound
from tests.support.builders import (
    A_TRADE,
    ANN,
    ANNS,
    BEA,
    BEAS,
    EVE,
    EVES,
    HOUR,
    LEGS,
    NOON,
    a_trade,
    accepted,
    lapsed,
    received_by_author,
    received_by_other,
    rejected,
    withdrawn,
)


def a_proposal(
    *,
    to: MemberId = BEA,
    give: tuple[CopyId, ...] = (ANNS,),
    take: tuple[CopyId, ...] = (BEAS,),
    terms: Terms | None = None,
) -> Trade:
    return Trade.propose(
        A_TRADE, by=ANN, to=to, give=give, take=take, leg_ids=LEGS, terms=terms or Terms(), at=NOON
    )


def test_a_proposal_waits_for_the_other_party() -> None:
    trade = a_proposal()
    assert (trade.state, trade.revision, trade.author, trade.turn) == (State.PROPOSED, 1, ANN, BEA)
    assert (trade.created_at, trade.updated_at) == (NOON, NOON)
    assert trade.state in LIVE


def test_sending_is_consent_and_being_asked_is_not() -> None:
    assert a_proposal().parties == (Party(ANN, 1), Party(BEA, None))


def test_each_party_gives_in_one_leg_and_receives_in_the_other() -> None:
    there, back = a_proposal(give=(EVES, ANNS)).legs
    assert (there.id, there.giver, there.receiver, there.state) == (
        LEGS[0],
        ANN,
        BEA,
        LegState.DUE,
    )
    assert (back.id, back.giver, back.receiver, back.copies) == (LEGS[1], BEA, ANN, (BEAS,))
    assert there.copies == tuple(sorted((ANNS, EVES)))


def test_the_other_has_72_hours_unless_the_author_says_otherwise() -> None:
    assert ANSWER_WINDOW == 72 * HOUR
    assert a_proposal().answer_due_at == NOON + 72 * HOUR
    assert a_proposal(terms=Terms(answer_within=24 * HOUR)).answer_due_at == NOON + 24 * HOUR


def test_a_proposal_keeps_where_and_when_to_meet() -> None:
    trade = a_proposal(terms=Terms(place="Hongdae", planned_at=NOON + HOUR))
    assert (trade.method, trade.place, trade.planned_at) == (
        Method.IN_PERSON,
        "Hongdae",
        NOON + HOUR,
    )


@pytest.mark.parametrize("method", [Method.EVENT])
def test_cards_change_hands_at_no_events_yet(method: Method) -> None:
    with pytest.raises(MethodNotAvailable):
        a_proposal(terms=Terms(method=method))


@pytest.mark.parametrize(
    ("give", "take"), [((ANNS, ANNS), (BEAS,)), ((ANNS,), (BEAS, BEAS)), ((ANNS,), (ANNS,))]
)
def test_a_copy_stands_in_a_proposal_once(
    give: tuple[CopyId, ...], take: tuple[CopyId, ...]
) -> None:
    with pytest.raises(DuplicateIds):
        a_proposal(give=give, take=take)


def test_a_trade_takes_two_members() -> None:
    with pytest.raises(OneSidedTrade):
        a_proposal(to=ANN)


@pytest.mark.parametrize(("give", "take"), [((), ()), ((ANNS,), ())])
def test_who_proposes_asks_for_something(
    give: tuple[CopyId, ...], take: tuple[CopyId, ...]
) -> None:
    with pytest.raises(OneSidedTrade):
        a_proposal(give=give, take=take)


def test_without_copies_to_give_a_proposal_is_an_open_ask() -> None:
    trade = a_proposal(give=())
    assert trade.allowed_actions(BEA, at=NOON) == [Action.COUNTER, Action.REJECT]
    with pytest.raises(InvalidTransition):
        accepted(trade)


def test_a_party_gives_what_lies_in_its_leg_and_a_stranger_learns_nothing() -> None:
    trade = a_trade()
    assert (trade.given_by(ANN), trade.given_by(BEA)) == ((ANNS,), (BEAS,))
    assert trade.copies == (ANNS, BEAS)
    with pytest.raises(TradeNotFound):
        trade.given_by(EVE)


def test_acceptance_is_the_others_consent_to_the_revision() -> None:
    assert a_trade(State.ACCEPTED).parties == (Party(ANN, 1), Party(BEA, 1))


def test_what_one_confirms_is_the_leg_to_oneself() -> None:
    trade = a_trade(State.ACCEPTED)
    received_by_author(trade)
    there, back = trade.legs
    assert (there.state, back.state) == (LegState.DUE, LegState.RECEIVED)
    assert trade.state is State.FULFILLING


def test_the_last_receipt_completes_the_trade_whoever_gives_it() -> None:
    for first, last in (
        (received_by_author, received_by_other),
        (received_by_other, received_by_author),
    ):
        trade = a_trade(State.ACCEPTED)
        first(trade)
        last(trade)
        assert trade.state is State.COMPLETED
        assert {leg.state for leg in trade.legs} == {LegState.RECEIVED}


def test_nobody_confirms_twice() -> None:
    trade = a_trade(State.FULFILLING)
    with pytest.raises(InvalidTransition) as refused:
        received_by_author(trade)
    assert refused.value.members == {"state": State.FULFILLING, "allowed_actions": [Action.DISPUTE]}


def test_a_plan_that_has_passed_leaves_as_long_to_meet_as_one_for_the_moment_of_consent() -> None:
    """T13: other terms or a late answer do not let the clock strike at once."""
    terms = Terms(planned_at=NOON + HOUR, answer_within=48 * HOUR)
    late, countered = a_trade(terms=terms), a_trade(terms=terms)
    accepted(late, NOON + 40 * HOUR)
    countered.counter(by=BEA, revision=1, give=[BEAS], take=[EVES], at=NOON + 40 * HOUR)
    countered.accept(by=ANN, revision=2, at=NOON + 80 * HOUR)
    assert (late.act_due_at, late.due_at) == (NOON + 88 * HOUR, NOON + 88 * HOUR)
    assert countered.due_at == NOON + 128 * HOUR
    assert not late.time_out(at=NOON + 88 * HOUR - HOUR)


def told(trade: Trade) -> list[tuple[type[Event], MemberId | None]]:
    return [(type(each), getattr(each, "actor", None)) for each in trade.release()]


def test_a_trade_tells_each_step_and_who_took_it() -> None:
    trade = a_proposal()
    accepted(trade)
    received_by_other(trade)
    received_by_author(trade)
    assert told(trade) == [
        (TradeProposed, ANN),
        (TradeAccepted, BEA),
        (LegReceived, BEA),
        (LegReceived, ANN),
        (TradeCompleted, ANN),
    ]
    assert not trade.release(), "what was told is not told again"


def test_a_trade_tells_of_each_end() -> None:
    ends = {rejected: (TradeRejected, BEA), withdrawn: (TradeWithdrawn, ANN)}
    for end, expected in ends.items():
        trade = a_trade()
        end(trade)
        assert told(trade) == [expected]
    trade = a_trade()
    lapsed(trade)
    assert told(trade) == [(TradeLapsed, None)]


def test_an_event_carries_the_trade_the_revision_the_reason_and_the_time() -> None:
    trade = a_trade()
    trade.reject(by=BEA, revision=1, reason="Too far", at=NOON + HOUR)
    (event,) = trade.release()
    assert event == TradeRejected(
        trade=A_TRADE,
        parties=(ANN, BEA),
        revision=1,
        actor=BEA,
        words="Too far",
        at=NOON + HOUR,
    )
    trade = a_trade()
    trade.withdraw(by=ANN, revision=None, reason="Sold", at=NOON)
    (event,) = trade.release()
    assert event == TradeWithdrawn(
        trade=A_TRADE, parties=(ANN, BEA), revision=1, actor=ANN, words="Sold", at=NOON
    )
    trade = a_trade()
    lapsed(trade)
    (event,) = trade.release()
    assert event == TradeLapsed(
        trade=A_TRADE, parties=(ANN, BEA), revision=1, reason=LapseReason.COPY_UNAVAILABLE, at=NOON
    )


STEPS: list[Callable[[Trade], None]] = [
    accepted,
    rejected,
    withdrawn,
    lapsed,
    received_by_author,
    received_by_other,
]


@given(st.lists(st.sampled_from(STEPS), max_size=8))
def test_whatever_is_tried_a_trade_ends_once_and_tells_exactly_what_it_did(
    steps: list[Callable[[Trade], None]],
) -> None:
    trade, passed = a_trade(), [State.PROPOSED]
    for step in steps:
        try:
            step(trade)
        except InvalidTransition:
            assert trade.state is passed[-1]
            assert not trade.release()
            continue
        assert passed[-1] in LIVE, "nothing follows an end"
        assert trade.release()
        passed.append(trade.state)
    received = [leg.state is LegState.RECEIVED for leg in trade.legs]
    assert (trade.state is State.COMPLETED) == all(received)
    assert (trade.state is State.FULFILLING) == (any(received) and not all(received))
    assert (trade.turn is None) == (trade.state is not State.PROPOSED)
