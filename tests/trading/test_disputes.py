"""Disputes: which kind fits when, how they end without a decision, and how with one (T14-T22)."""

from datetime import datetime

import pytest

from apps.trading.domain.complaints import DisputeUnfounded, EvidenceMissing
from apps.trading.domain.history import LegReceived, TradeDisputed, TradeResolved
from apps.trading.domain.legs import LegState
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.terms import Account, DisputeKind, Terms
from apps.trading.domain.trade import NotAParty, Resolution, Trade, Verdict
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, SEEN, a_trade
from tests.trading.agreements import DAY, MONDAY, THURSDAY, by_mail, receive, ship, strike

PLANNED = Terms(planned_at=NOON + DAY)


def complain(trade: Trade, kind: DisputeKind, *, by: object = BEA, at: datetime = MONDAY) -> None:
    trade.open_dispute(kind, by=by, revision=None, account=SEEN, at=at)  # type: ignore[arg-type]


def sent(*, at: datetime = MONDAY) -> Trade:
    trade = by_mail()
    ship(trade, ANN, at=at)
    return trade


@pytest.mark.parametrize(
    ("kind", "early", "opens"),
    [
        (DisputeKind.NOT_ARRIVED, MONDAY + 13 * DAY, MONDAY + 14 * DAY),
        (DisputeKind.NOT_SENT, THURSDAY - HOUR, THURSDAY),
    ],
)
def test_patience_comes_before_a_dispute(
    kind: DisputeKind, early: datetime, opens: datetime
) -> None:
    """Bea waits for what Ann has sent; Ann, whose leg is there, for what Bea has to send."""
    trade, by = sent(), BEA
    if kind is DisputeKind.NOT_SENT:
        trade.note_delivery(trade.legs[0].id, delivered_at=MONDAY, at=MONDAY)
        by = ANN
    with pytest.raises(DisputeUnfounded) as refused:
        complain(trade, kind, by=by, at=early)
    assert refused.value.members == {"opens_at": opens}
    complain(trade, kind, by=by, at=opens)
    assert trade.state is State.DISPUTED


@pytest.mark.parametrize(
    "kind", [DisputeKind.NO_SHOW, DisputeKind.NOT_SENT], ids=lambda kind: kind.value
)
def test_a_kind_has_to_fit_how_far_the_leg_has_come(kind: DisputeKind) -> None:
    with pytest.raises(DisputeUnfounded):
        complain(sent(), kind, at=MONDAY + 30 * DAY)


def test_nobody_misses_somebody_before_the_appointed_time() -> None:
    trade = a_trade(State.ACCEPTED, terms=PLANNED)
    with pytest.raises(DisputeUnfounded):
        complain(trade, DisputeKind.NO_SHOW, at=NOON)
    complain(trade, DisputeKind.NO_SHOW, at=NOON + DAY)
    assert trade.state is State.DISPUTED


@pytest.mark.parametrize("kind", [DisputeKind.NOT_AS_DESCRIBED, DisputeKind.WRONG_ITEM])
def test_what_was_unpacked_may_be_told_for_a_week(kind: DisputeKind) -> None:
    early, late = sent(), sent()
    for trade in (early, late):
        receive(trade, BEA, at=MONDAY + DAY)
    complain(early, kind, at=MONDAY + 8 * DAY)
    assert early.state is State.DISPUTED
    with pytest.raises(DisputeUnfounded):
        complain(late, kind, at=MONDAY + 8 * DAY + HOUR)


@pytest.mark.parametrize("kind", [DisputeKind.NOT_AS_DESCRIBED, DisputeKind.WRONG_ITEM])
def test_what_was_unpacked_has_to_be_shown(kind: DisputeKind) -> None:
    trade = sent()
    for account in (None, Account(text="Look!")):
        with pytest.raises(EvidenceMissing) as refused:
            trade.open_dispute(kind, by=BEA, revision=None, account=account, at=MONDAY)
        assert [each["pointer"] for each in refused.value.members["errors"]] == ["/evidence"]
    complain(trade, kind)
    assert trade.state is State.DISPUTED


def test_a_confirmation_is_false_in_person_and_once_there_is_one() -> None:
    early, mailed, met = a_trade(State.ACCEPTED), sent(), a_trade(State.FULFILLING)
    for trade in (early, mailed):
        with pytest.raises(DisputeUnfounded):
            complain(trade, DisputeKind.CONFIRMATION_FALSE, at=MONDAY + 30 * DAY)
    complain(met, DisputeKind.CONFIRMATION_FALSE)
    assert met.state is State.DISPUTED


def test_a_dispute_of_two_stops_everything_and_its_clock() -> None:
    trade = sent()
    complain(trade, DisputeKind.WRONG_ITEM)
    assert trade.due_at is None
    assert trade.allowed_actions(ANN, at=MONDAY) == []
    assert trade.allowed_actions(BEA, at=MONDAY) == [Action.RESUME]
    for event in trade.release():
        if isinstance(event, TradeDisputed):
            assert (event.actor, event.reason) == (BEA, DisputeKind.WRONG_ITEM)


def test_who_opened_it_may_go_on_with_the_time_that_was_left() -> None:
    trade = sent()
    due = trade.due_at
    complain(trade, DisputeKind.WRONG_ITEM, at=MONDAY + DAY)
    trade.resume(by=BEA, revision=None, at=MONDAY + 3 * DAY)
    assert due
    assert (trade.state, trade.dispute) == (State.FULFILLING, None)
    assert trade.due_at == due + 2 * DAY


def test_a_party_withdraws_one_dispute_of_its_own() -> None:
    """Bea does; her second one goes on until Ann would go on as well, and Ann has one, too."""
    trade, became = a_trade(State.FULFILLING), []
    for opener, others in ((BEA, []), (BEA, [Action.RESUME]), (ANN, []), (ANN, [Action.RESUME])):
        other = ANN if opener == BEA else BEA
        complain(trade, DisputeKind.CONFIRMATION_FALSE, by=opener, at=NOON + HOUR)
        assert trade.allowed_actions(opener, at=NOON) == [Action.RESUME]
        assert trade.allowed_actions(other, at=NOON) == others
        trade.resume(by=opener, revision=None, at=NOON + 2 * HOUR)
        became.append(trade.state)
        if others:
            trade.resume(by=other, revision=None, at=NOON + 3 * HOUR)
            became.append(trade.state)
    goes_on, stays = State.FULFILLING, State.DISPUTED
    assert became == [goes_on, stays, goes_on, goes_on, stays, goes_on]


def test_at_least_three_days_are_left() -> None:
    trade = a_trade(State.FULFILLING)
    complain(trade, DisputeKind.CONFIRMATION_FALSE, at=NOON + HOUR)
    trade.resume(by=BEA, revision=None, at=NOON + 2 * HOUR)
    assert trade.due_at == NOON + 2 * HOUR + 3 * DAY


def silent_meeting(*, verified: bool) -> Trade:
    trade = a_trade(State.ACCEPTED)
    trade.confirm(by=ANN, revision=None, verified=verified, at=NOON)
    return trade


def test_silence_after_a_meeting_is_disputed_by_nobody() -> None:
    trade = silent_meeting(verified=False)
    assert strike(trade) == NOON + DAY
    assert trade.legs[0].reminded_at == NOON + DAY
    assert strike(trade) == NOON + 2 * DAY
    assert trade.dispute
    assert (trade.state, trade.dispute.opener) == (State.DISPUTED, None)
    for member in (ANN, BEA):
        assert trade.allowed_actions(member, at=NOON) == [Action.RESUME]
        trade.resume(by=member, revision=None, at=NOON + 3 * DAY)
    assert trade.state is State.FULFILLING


def test_the_code_of_the_silent_side_shows_that_they_met() -> None:
    trade = silent_meeting(verified=True)
    _ = strike(trade)
    trade.release()
    _ = strike(trade)
    assert trade.state is State.COMPLETED
    (received, _) = trade.release()
    assert isinstance(received, LegReceived)
    assert received.by_itself
    assert not trade.presence_verified, "one side has shown no code"


ALL, LEGS, BACK, VOID = Verdict
DUE, SHIPPED, RECEIVED, MISSING, RETURNED = LegState


@pytest.mark.parametrize(
    ("verdict", "states", "moved"),
    [
        (ALL, [RECEIVED, RECEIVED], {ANN, BEA}),
        (LEGS, [RECEIVED, DUE], {BEA}),
        (BACK, [RETURNED, DUE], set()),
        (VOID, [MISSING, DUE], set()),
    ],
)
def test_a_decision_ends_every_leg(
    verdict: Verdict, states: list[LegState], moved: set[object]
) -> None:
    """Ann has sent, and Bea has not."""
    trade = sent()
    complain(trade, DisputeKind.WRONG_ITEM)
    trade.release()
    legs = frozenset({trade.legs[0].id}) if verdict is LEGS else frozenset()
    decision = Resolution(verdict=verdict, legs=legs, at_fault=frozenset({ANN}))
    trade.resolve(decision, at=MONDAY + 9 * DAY)
    assert (trade.state, trade.dispute, trade.due_at) == (State.RESOLVED, None, None)
    assert [leg.state for leg in trade.legs] == states
    assert trade.handed_over(decision).keys() == moved
    (told,) = trade.release()
    assert isinstance(told, TradeResolved)
    assert (told.at_fault, told.dispute) == ((ANN,), DisputeKind.WRONG_ITEM)


@pytest.mark.parametrize(
    ("verdict", "states", "moved"),
    [
        (ALL, [RECEIVED, RECEIVED], {ANN, BEA}),
        (LEGS, [RECEIVED, RECEIVED], {ANN}),
        (BACK, [RETURNED, RETURNED], set()),
        (VOID, [RECEIVED, MISSING], set()),
    ],
)
def test_legs_tell_what_has_happened_whatever_moves(
    verdict: Verdict, states: list[LegState], moved: set[object]
) -> None:
    """Bea has got Ann's cards, and sent her own; `complete_legs` names hers alone."""
    trade = sent()
    receive(trade, BEA, at=MONDAY + DAY)
    ship(trade, BEA, at=MONDAY + DAY)
    complain(trade, DisputeKind.WRONG_ITEM, at=MONDAY + 2 * DAY)
    before = trade.legs[0]
    legs = frozenset({trade.legs[1].id}) if verdict is LEGS else frozenset()
    decision = Resolution(verdict=verdict, legs=legs)
    trade.resolve(decision, at=MONDAY + 9 * DAY)
    assert [leg.state for leg in trade.legs] == states
    assert trade.handed_over(decision).keys() == moved
    assert trade.legs[0].received_at == before.received_at


def test_nobody_else_can_be_at_fault() -> None:
    trade = sent()
    complain(trade, DisputeKind.WRONG_ITEM)
    with pytest.raises(NotAParty):
        trade.resolve(Resolution(verdict=Verdict.VOID, at_fault=frozenset({EVE})), at=MONDAY)
    assert trade.state is State.DISPUTED


def test_a_copy_that_has_become_worse_asks_for_consent_anew() -> None:
    trade = a_trade(State.ACCEPTED)
    assert trade.reopen(by=BEA, at=NOON + HOUR)
    assert (trade.state, trade.revision, trade.author, trade.turn) == (
        State.PROPOSED,
        2,
        BEA,
        ANN,
    )
    assert trade.due_at == NOON + HOUR + DAY
    with pytest.raises(InvalidTransition):
        trade.accept(by=BEA, revision=2, at=NOON + HOUR)
    trade.accept(by=ANN, revision=2, at=NOON + HOUR)
    assert trade.state is State.ACCEPTED


def test_unanswered_it_is_the_fault_of_whose_copy_became_worse() -> None:
    trade = a_trade(State.ACCEPTED)
    trade.reopen(by=BEA, at=NOON + HOUR)
    _ = strike(trade)
    assert trade.state is State.EXPIRED
    assert [party.member for party in trade.parties if party.at_fault] == [BEA]


def test_a_worse_copy_in_ones_own_proposal_is_a_new_revision_of_it() -> None:
    trade = a_trade()
    due = trade.due_at
    assert trade.reopen(by=ANN, at=NOON + HOUR)
    assert (trade.revision, trade.turn, trade.due_at) == (2, BEA, due)
    assert not trade.reopen(by=BEA, at=NOON + HOUR), "what is only asked for is not promised"


def test_once_something_was_handed_over_nothing_is_reopened() -> None:
    assert not a_trade(State.FULFILLING).reopen(by=BEA, at=NOON)
