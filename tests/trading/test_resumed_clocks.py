"""What a dispute that ends without a decision has done to the clocks of a trade (T18)."""

from datetime import datetime

from apps.shared.domain.ids import MemberId
from apps.trading.domain.legs import LegState
from apps.trading.domain.moves import State
from apps.trading.domain.terms import DisputeKind, Method
from apps.trading.domain.trade import Trade
from tests.support.builders import ANN, BEA, HOUR, NOON, SEEN, a_trade
from tests.trading.agreements import DAY, MONDAY, THURSDAY, by_mail, receive, ship, strike


def complain(trade: Trade, kind: DisputeKind, *, by: MemberId = BEA, at: datetime) -> None:
    trade.open_dispute(kind, by=by, revision=None, account=SEEN, at=at)


def sent() -> Trade:
    trade = by_mail()
    ship(trade, ANN, at=MONDAY)
    return trade


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
