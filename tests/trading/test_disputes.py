"""Disputes: which kind fits when, how they end without a decision, and how with one (T14-T22)."""

from datetime import datetime

import pytest

from apps.shared.domain.ids import MemberId
from apps.trading.domain.complaints import DisputeUnfounded, EvidenceMissing
from apps.trading.domain.history import LegReceived, TradeDisputed, TradeResolved
from apps.trading.domain.legs import LegState
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.terms import Account, DisputeKind, Method, Terms
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


def disputed_for(trade: Trade, *, at: datetime, until: datetime, by: MemberId = BEA) -> None:
    """Something is wrong, and then it is not."""
    (leg,) = [leg for leg in trade.legs if leg.receiver == by]
    if trade.method is Method.IN_PERSON:
        kind = DisputeKind.CONFIRMATION_FALSE if trade.begun else DisputeKind.NO_SHOW
    else:
        kind = DisputeKind.NOT_SENT if leg.state is LegState.DUE else DisputeKind.WRONG_ITEM
    complain(trade, kind, by=by, at=at)
    assert trade.due_at is None
    for member in (by, trade.other_than(by)):
        if trade.state is State.DISPUTED:
            trade.resume(by=member, revision=None, at=until)


def test_an_accepted_trade_ends_later_by_what_a_dispute_took() -> None:
    trade = by_mail()
    disputed_for(trade, at=THURSDAY, until=THURSDAY + 2 * DAY)
    assert trade.legs[0].ship_by == THURSDAY + 2 * DAY
    disputed_for(trade, at=MONDAY + 8 * DAY, until=MONDAY + 8 * DAY + HOUR)
    assert strike(trade) == MONDAY + 11 * DAY + HOUR, "72 hours are left"
    assert trade.at_fault == {ANN}


def test_a_clock_that_begins_after_a_dispute_is_not_put_off_by_it() -> None:
    """T21: called after a long dispute, the second sender has ten days, and no more."""
    trade = sent()
    disputed_for(trade, at=MONDAY, until=MONDAY + 60 * DAY)
    assert trade.due_at == MONDAY + 88 * DAY
    receive(trade, BEA, at=MONDAY + 63 * DAY)
    assert strike(trade) == MONDAY + 73 * DAY
    assert trade.dispute
    assert trade.dispute.kind is DisputeKind.NOT_SENT


def test_a_meeting_after_a_dispute_is_waited_for_as_any_other() -> None:
    """T15: one side confirms after the dispute, so the other has a day, and then another."""
    trade = a_trade(State.ACCEPTED)
    disputed_for(trade, at=NOON, until=NOON + DAY)
    trade.confirm(by=ANN, revision=None, at=NOON + DAY + HOUR)
    assert [strike(trade) for _ in range(2)] == [NOON + 2 * DAY + HOUR, NOON + 3 * DAY + HOUR]
    assert trade.state is State.DISPUTED


def test_a_reminder_that_was_put_off_leaves_the_silent_side_its_day() -> None:
    """T15: both the reminder and what follows it come later by the same time."""
    trade = a_trade(State.FULFILLING)
    disputed_for(trade, at=NOON + HOUR, until=NOON + 2 * HOUR)
    assert strike(trade) == NOON + 2 * HOUR + 3 * DAY
    assert strike(trade) == NOON + 2 * HOUR + 4 * DAY


def test_what_is_delivered_after_a_dispute_is_reminded_of_and_closed_in_time() -> None:
    """T20: the clocks of the delivery and of the reminder began later than the dispute ended."""
    trade = sent()
    disputed_for(trade, at=MONDAY + DAY, until=MONDAY + 30 * DAY)
    ship(trade, BEA, at=MONDAY + 30 * DAY)
    delivered = MONDAY + 31 * DAY
    trade.note_delivery(trade.legs[0].id, delivered_at=delivered, at=delivered)
    assert [strike(trade) for _ in range(2)] == [delivered + 5 * DAY, delivered + 12 * DAY]
    assert trade.legs[0].auto_received


def test_each_clock_that_a_dispute_held_up_goes_on_where_it_stood() -> None:
    """T20 and T21: of two legs on their way, each has the time that it had left."""
    trade = sent()
    ship(trade, BEA, at=MONDAY)
    trade.note_delivery(trade.legs[0].id, delivered_at=MONDAY, at=MONDAY)
    disputed_for(trade, at=MONDAY + DAY, until=MONDAY + 21 * DAY)
    assert {each.at for each in trade.deadlines.values()} == {MONDAY + 25 * DAY, MONDAY + 48 * DAY}
    disputed_for(trade, at=MONDAY + 24 * DAY, until=MONDAY + 24 * DAY + HOUR)
    assert {each.at for each in trade.deadlines.values()} == {
        MONDAY + 27 * DAY + HOUR,
        MONDAY + 48 * DAY + HOUR,
    }


def test_a_sender_called_during_a_dispute_has_the_whole_time_behind_it() -> None:
    """T21: the carrier delivers while the trade is disputed; the clock begins with its end."""
    trade = sent()
    complain(trade, DisputeKind.WRONG_ITEM, at=MONDAY)
    noted, resumed = MONDAY + 7 * DAY, MONDAY + 14 * DAY
    trade.note_delivery(trade.legs[0].id, delivered_at=noted, at=noted)
    trade.resume(by=BEA, revision=None, at=resumed)
    assert trade.legs[1].ship_by == resumed + 3 * DAY
    assert {each.at for each in trade.deadlines.values()} == {resumed + 5 * DAY, resumed + 10 * DAY}


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
