"""Rings: all consent or none does, and what fails takes no more with it than it must (D.2)."""

from collections.abc import Callable

import pytest

from apps.shared.domain.ids import MemberId
from apps.trading.domain.history import LapseReason, PartyConsented, TradeAccepted
from apps.trading.domain.legs import LegState, business_days_after
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.proposal import RingBroken
from apps.trading.domain.terms import DisputeKind
from apps.trading.domain.trade import Resolution, Trade, Verdict
from tests.support.builders import A_TRADE, ANN, ANNS, BEA, BEAS, EVE, HOUR, LEGS
from tests.trading.agreements import (
    DAY,
    MONDAY,
    RING,
    agreed_ring,
    receive,
    ring,
    senders,
    ship,
    strike,
)


def test_everybody_gives_to_the_next_and_nobody_has_consented() -> None:
    trade = ring()
    assert [(leg.giver, leg.receiver) for leg in trade.legs] == [(ANN, BEA), (BEA, EVE), (EVE, ANN)]
    assert trade.consented == set()
    assert (trade.author, trade.turn) == (None, None)
    assert trade.due_at == MONDAY + 48 * HOUR
    for member in RING:
        assert trade.allowed_actions(member, at=MONDAY) == [Action.ACCEPT, Action.REJECT]


@pytest.mark.parametrize("gifts", [{ANN: [ANNS]}, {ANN: [ANNS], BEA: [BEAS], EVE: []}])
def test_one_is_no_ring_and_nobody_gives_nothing(gifts: dict[MemberId, list[object]]) -> None:
    with pytest.raises(RingBroken):
        Trade.propose_ring(A_TRADE, gifts=gifts, leg_ids=[], at=MONDAY)  # type: ignore[arg-type]


def test_with_the_last_consent_it_is_agreed_and_all_send_by_one_date() -> None:
    trade = ring()
    for member in RING:
        assert trade.state is State.PROPOSED
        trade.accept(by=member, revision=1, senders=senders(), at=MONDAY)
        with pytest.raises(InvalidTransition):
            trade.accept(by=member, revision=1, at=MONDAY)
    assert trade.state is State.ACCEPTED
    assert {leg.ship_by for leg in trade.legs} == {business_days_after(MONDAY, 3)}
    told = [type(each) for each in trade.release()]
    assert told == [PartyConsented, PartyConsented, TradeAccepted]


def test_who_has_consented_may_withdraw_until_all_have() -> None:
    trade = ring()
    trade.accept(by=ANN, revision=1, at=MONDAY)
    assert trade.allowed_actions(ANN, at=MONDAY) == [Action.WITHDRAW]
    trade.withdraw(by=ANN, revision=None, reason=None, at=MONDAY)
    assert trade.state is State.WITHDRAWN


def pass_over(trade: Trade) -> None:
    _ = strike(trade)


BREAKS: dict[str, tuple[Callable[[Trade], None], State]] = {
    "a refusal": (
        lambda trade: trade.reject(by=EVE, revision=1, reason=None, at=MONDAY),
        State.REJECTED,
    ),
    "a withdrawal": (
        lambda trade: trade.withdraw(by=ANN, revision=1, reason=None, at=MONDAY),
        State.WITHDRAWN,
    ),
    "silence": (pass_over, State.EXPIRED),
    "a copy that is gone": (
        lambda trade: trade.lapse(LapseReason.COPY_UNAVAILABLE, at=MONDAY),
        State.LAPSED,
    ),
    "a departure": (lambda trade: trade.depart(BEA, at=MONDAY), State.LAPSED),
}


@pytest.mark.parametrize("why", BREAKS)
def test_one_alone_dissolves_a_ring_that_is_not_agreed(why: str) -> None:
    trade, (broken, ends) = ring(), BREAKS[why]
    trade.accept(by=ANN, revision=1, at=MONDAY)
    broken(trade)
    assert trade.state is ends
    assert not trade.handed_over()
    assert trade.due_at is None


def test_before_anything_is_sent_one_alone_calls_an_agreed_ring_off() -> None:
    trade = agreed_ring()
    trade.cancel(by=BEA, by_agreement=False, revision=1, reason=None, at=MONDAY + 2 * HOUR)
    assert trade.state is State.CANCELLED
    assert [party.member for party in trade.parties if party.at_fault] == [BEA]


def test_all_together_call_it_off_without_fault() -> None:
    trade = agreed_ring()
    for member in RING:
        assert trade.state is State.ACCEPTED
        trade.cancel(by=member, by_agreement=True, revision=1, reason=None, at=MONDAY + 9 * HOUR)
    assert trade.state is State.CANCELLED
    assert not any(party.at_fault for party in trade.parties)


def test_where_nobody_sends_all_are_at_fault() -> None:
    trade = agreed_ring()
    assert strike(trade) == MONDAY + 7 * DAY
    assert trade.state is State.CANCELLED
    assert all(party.at_fault for party in trade.parties)


def test_it_is_completed_when_all_have_received() -> None:
    trade = agreed_ring()
    for member in RING:
        ship(trade, member, at=MONDAY)
    for member in RING:
        assert trade.state is State.FULFILLING
        receive(trade, member, at=MONDAY + DAY)
    assert trade.state is State.COMPLETED
    assert trade.handed_over() == trade.moves


def failing() -> Trade:
    """Bea has sent nothing in time; Ann and Eve have."""
    trade = agreed_ring()
    ship(trade, ANN, at=MONDAY)
    ship(trade, EVE, at=MONDAY)
    _ = strike(trade)
    return trade


def test_a_leg_that_fails_is_disputed_alone_and_the_others_finish() -> None:
    trade = failing()
    assert trade.dispute
    assert (trade.state, trade.dispute.kind) == (State.DISPUTED, DisputeKind.NOT_SENT)
    assert (trade.dispute.opener, {*trade.dispute.legs}) == (EVE, {trade.legs[1].id})
    assert trade.allowed_actions(BEA, at=MONDAY) == [Action.RECEIVE]
    assert trade.allowed_actions(EVE, at=MONDAY) == [Action.RESUME]
    receive(trade, BEA, at=MONDAY + 20 * DAY)
    receive(trade, ANN, at=MONDAY + 20 * DAY)
    assert trade.state is State.DISPUTED
    assert [leg.state for leg in trade.legs] == [
        LegState.RECEIVED,
        LegState.DUE,
        LegState.RECEIVED,
    ]


def test_the_decision_moves_what_was_received_and_releases_the_rest() -> None:
    trade = failing()
    receive(trade, BEA, at=MONDAY + 20 * DAY)
    stand = frozenset({trade.legs[0].id, trade.legs[2].id})
    decision = Resolution(verdict=Verdict.COMPLETE_LEGS, legs=stand, at_fault=frozenset({BEA}))
    trade.resolve(decision, at=MONDAY + 30 * DAY)
    assert trade.state is State.RESOLVED
    assert trade.handed_over(decision) == {BEA: trade.legs[0].copies, ANN: trade.legs[2].copies}
    assert [party.member for party in trade.parties if party.at_fault] == [BEA]


def test_a_departure_under_way_disputes_only_the_legs_of_who_left() -> None:
    trade = agreed_ring()
    ship(trade, ANN, at=MONDAY)
    trade.depart(EVE, at=MONDAY + DAY)
    assert trade.dispute
    assert (trade.state, trade.dispute.opener) == (State.DISPUTED, None)
    assert {*trade.dispute.legs} == {trade.legs[1].id, trade.legs[2].id}


def test_a_ring_of_two_waits_for_both_and_takes_no_counter_proposal() -> None:
    gifts = {ANN: [ANNS], BEA: [BEAS]}
    trade = Trade.propose_ring(A_TRADE, gifts=gifts, leg_ids=LEGS, at=MONDAY)
    for member in (ANN, BEA):
        assert trade.allowed_actions(member, at=MONDAY) == [Action.ACCEPT, Action.REJECT]
    trade.accept(by=BEA, revision=1, at=MONDAY)
    assert trade.allowed_actions(BEA, at=MONDAY) == [Action.WITHDRAW]
    assert trade.allowed_actions(ANN, at=MONDAY) == [Action.ACCEPT, Action.REJECT]
    trade.accept(by=ANN, revision=1, senders=senders(), at=MONDAY)
    assert trade.state is State.ACCEPTED
