"""Trades by mail: who sends first, what must be tracked, and what time does (D.2)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from apps.trading.domain.complaints import DisputeUnfounded
from apps.trading.domain.handover import TrackingRequired
from apps.trading.domain.history import LegReceived, ReceiverReminded
from apps.trading.domain.legs import LegId, LegState, Sender, business_days_after
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.proposal import NoSuchSender
from apps.trading.domain.terms import DisputeKind, Method, NothingChanged, Terms
from apps.trading.domain.trade import LegNotFound, TradeNotFound
from tests.support.builders import ANN, ANNS, BEA, BEAS, EVE, EVES, HOUR, a_trade, a_uuid
from tests.trading.agreements import (
    AT_HOME,
    BY_MAIL,
    DAY,
    MONDAY,
    RING,
    THURSDAY,
    by_mail,
    receive,
    ring,
    senders,
    ship,
    strike,
)

NEW = replace(AT_HOME, trust_level=0, completed=0)
BUSIER = replace(AT_HOME, completed=9)
UNLUCKY = replace(AT_HOME, lost_lately=2)
ABROAD = replace(AT_HOME, country="KR")


@pytest.mark.parametrize(
    ("ann", "bea", "first"),
    [(AT_HOME, AT_HOME, ANN), (AT_HOME, NEW, BEA), (BUSIER, AT_HOME, BEA), (NEW, NEW, ANN)],
)
def test_the_less_trusted_sends_first_and_among_equals_who_began(
    ann: Sender, bea: Sender, first: object
) -> None:
    trade = by_mail(known=senders(ann=ann, bea=bea))
    assert {leg.giver: leg.ship_by for leg in trade.legs} == {
        member: THURSDAY if member == first else None for member in (ANN, BEA)
    }


def test_what_the_two_agreed_on_goes_before_levels() -> None:
    trade = by_mail(terms=Terms(method=Method.MAIL, first_sender=BEA))
    assert [leg.ship_by for leg in trade.legs] == [None, THURSDAY]
    with pytest.raises(NoSuchSender):
        a_trade(terms=Terms(method=Method.MAIL, first_sender=EVE))


@pytest.mark.parametrize(
    ("day", "days", "later"),
    [
        ("2026-05-25", 3, "2026-05-28"),
        ("2026-05-28", 3, "2026-06-02"),
        ("2026-05-30", 1, "2026-06-01"),
    ],
)
def test_weekends_are_no_business_days(day: str, days: int, later: str) -> None:
    begun, ends = (datetime.fromisoformat(f"{each}T12:00:00+00:00") for each in (day, later))
    assert business_days_after(begun, days) == ends


@pytest.mark.parametrize(
    ("terms", "ann", "bea", "tracked"),
    [
        (BY_MAIL, AT_HOME, AT_HOME, (False, False)),
        (BY_MAIL, NEW, AT_HOME, (True, True)),
        (BY_MAIL, UNLUCKY, AT_HOME, (True, False)),
        (Terms(method=Method.MAIL, tracked=True), AT_HOME, AT_HOME, (True, True)),
    ],
)
def test_tracking_is_due_to_newcomers_to_losers_and_to_who_asks(
    terms: Terms, ann: Sender, bea: Sender, tracked: tuple[bool, bool]
) -> None:
    trade = by_mail(terms=terms, known=senders(ann=ann, bea=bea))
    assert tuple(leg.must_track for leg in trade.legs) == tracked
    if tracked[0]:
        with pytest.raises(TrackingRequired):
            ship(trade, ANN, at=MONDAY, tracking=None)
        assert trade.state is State.ACCEPTED
    ship(trade, ANN, at=MONDAY)
    assert trade.state is State.FULFILLING


@pytest.mark.parametrize("asks", ["the author", "who counters", "who accepts", None])
def test_whoever_asks_for_tracking_gets_it_and_no_counter_takes_it_away(asks: str | None) -> None:
    trade = a_trade(terms=Terms(method=Method.MAIL, tracked=asks == "the author"), at=MONDAY)
    trade.counter(
        by=BEA,
        revision=1,
        give=[BEAS, EVES],
        take=[ANNS],
        tracked=asks == "who counters",
        at=MONDAY,
    )
    trade.counter(by=ANN, revision=2, give=[ANNS], take=[BEAS], at=MONDAY)
    trade.accept(by=BEA, revision=3, senders=senders(), tracked=asks == "who accepts", at=MONDAY)
    assert [leg.must_track for leg in trade.legs] == [asks is not None] * 2


def test_to_ask_for_tracking_alone_is_other_terms_but_only_once() -> None:
    trade = a_trade(terms=BY_MAIL, at=MONDAY)
    trade.counter(by=BEA, revision=1, give=[BEAS], take=[ANNS], tracked=True, at=MONDAY)
    assert (trade.revision, trade.tracked) == (2, True)
    with pytest.raises(NothingChanged):
        trade.counter(by=ANN, revision=2, give=[ANNS], take=[BEAS], tracked=True, at=MONDAY)


def test_one_of_a_ring_asks_for_tracking_for_all() -> None:
    trade = ring()
    for member in RING:
        trade.accept(by=member, revision=1, senders=senders(), tracked=member == ANN, at=MONDAY)
    assert [leg.must_track for leg in trade.legs] == [True] * 3


def test_both_send_and_both_receive_and_then_it_is_completed() -> None:
    trade = by_mail()
    ship(trade, ANN, at=MONDAY, tracking=None)
    assert trade.allowed_actions(ANN, at=MONDAY) == [Action.DISPUTE]
    assert trade.allowed_actions(BEA, at=MONDAY) == [Action.SHIP, Action.RECEIVE, Action.DISPUTE]
    assert trade.legs[1].ship_by is None, "the first leg has to arrive first"
    receive(trade, BEA, at=MONDAY + DAY)
    assert trade.legs[1].ship_by == business_days_after(MONDAY + DAY, 3)
    ship(trade, BEA, at=MONDAY + 2 * DAY)
    receive(trade, ANN, at=MONDAY + 4 * DAY)
    assert trade.state is State.COMPLETED
    assert trade.due_at is None
    assert trade.handed_over() == trade.moves


def test_a_number_alone_starts_no_clock_but_the_word_of_the_carrier_does() -> None:
    trade = by_mail()
    ship(trade, ANN, at=MONDAY + DAY)
    assert trade.legs[1].ship_by is None, "the number may be made up"
    assert trade.due_at == MONDAY + 29 * DAY, "the first leg still has its clock"
    noted = MONDAY + 3 * DAY
    for moment in (noted, noted + DAY):
        trade.note_delivery(trade.legs[0].id, delivered_at=MONDAY + 2 * DAY, at=moment)
        assert trade.legs[1].ship_by == business_days_after(noted, 3)
    assert strike(trade) == MONDAY + 7 * DAY, "Bea is reminded"
    receive(trade, BEA, at=MONDAY + 8 * DAY)
    assert strike(trade) == business_days_after(noted, 3) + 7 * DAY
    assert trade.dispute
    assert (trade.dispute.kind, trade.dispute.opener) == (DisputeKind.NOT_SENT, ANN)


def test_who_made_a_number_up_is_the_one_of_whom_nothing_arrives() -> None:
    trade = by_mail()
    ship(trade, ANN, at=MONDAY)
    with pytest.raises(DisputeUnfounded):
        trade.open_dispute(DisputeKind.NOT_SENT, by=ANN, revision=None, at=MONDAY + 20 * DAY)
    assert strike(trade) == MONDAY + 28 * DAY
    assert trade.dispute
    assert (trade.dispute.kind, trade.dispute.opener) == (DisputeKind.NOT_ARRIVED, BEA)


def test_each_ships_and_receives_their_own_leg_only() -> None:
    trade = by_mail()
    hers, his = trade.legs
    for wrong in (his.id, hers.id):
        with pytest.raises(InvalidTransition):
            trade.receive(wrong, by=BEA, revision=None, at=MONDAY)
    with pytest.raises(InvalidTransition):
        trade.ship(his.id, by=ANN, carrier="P", tracking_number=None, revision=None, at=MONDAY)
    with pytest.raises(LegNotFound):
        trade.receive(LegId(a_uuid(7)), by=ANN, revision=None, at=MONDAY)
    with pytest.raises(TradeNotFound):
        trade.ship(hers.id, by=EVE, carrier="P", tracking_number=None, revision=None, at=MONDAY)
    with pytest.raises(InvalidTransition):
        trade.confirm(by=BEA, revision=None, at=MONDAY)


def test_where_nobody_sends_it_is_the_fault_of_whose_turn_it_was() -> None:
    trade = by_mail()
    assert strike(trade) == MONDAY + 7 * DAY
    assert trade.state is State.CANCELLED
    assert [party.at_fault for party in trade.parties] == [True, False]


def test_what_the_second_does_not_send_is_disputed_in_the_name_of_the_first() -> None:
    trade = by_mail()
    ship(trade, ANN, at=MONDAY)
    receive(trade, BEA, at=MONDAY + DAY)
    ship_by = trade.legs[1].ship_by
    assert ship_by
    assert strike(trade) == ship_by + 7 * DAY
    assert trade.dispute
    assert (trade.state, trade.dispute.kind) == (State.DISPUTED, DisputeKind.NOT_SENT)
    assert trade.dispute.opener == ANN


@pytest.mark.parametrize(("bea", "days"), [(AT_HOME, 28), (ABROAD, 42)])
def test_what_does_not_arrive_is_disputed_later_from_abroad(bea: Sender, days: int) -> None:
    trade = by_mail(known=senders(bea=bea))
    ship(trade, ANN, at=MONDAY, tracking=None)
    assert strike(trade) == MONDAY + days * DAY
    assert trade.dispute
    assert (trade.dispute.kind, trade.dispute.opener) == (DisputeKind.NOT_ARRIVED, BEA)


def test_what_was_delivered_closes_by_itself_after_a_reminder() -> None:
    trade = by_mail()
    ship(trade, ANN, at=MONDAY)
    receive_by = MONDAY + 2 * DAY
    trade.note_delivery(trade.legs[0].id, delivered_at=receive_by, at=receive_by)
    ship(trade, BEA, at=MONDAY + 3 * DAY)
    trade.release()
    assert strike(trade) == receive_by + 5 * DAY
    (reminded,) = trade.release()
    assert isinstance(reminded, ReceiverReminded)
    assert reminded.to == BEA
    assert strike(trade) == receive_by + 12 * DAY
    (received,) = trade.release()
    assert isinstance(received, LegReceived)
    assert (received.actor, received.by_itself) == (None, True)
    assert trade.legs[0].state is LegState.RECEIVED
    assert trade.legs[0].auto_received
    assert trade.state is State.FULFILLING
    receive(trade, ANN, at=MONDAY + 20 * DAY)
    assert [leg.auto_received for leg in trade.legs] == [True, False]
    assert {leg.state for leg in trade.legs} == {LegState.RECEIVED}


def test_delivery_is_noted_once_and_only_of_what_is_on_its_way() -> None:
    trade = by_mail()
    leg = trade.legs[0].id
    with pytest.raises(InvalidTransition):
        trade.note_delivery(leg, delivered_at=MONDAY, at=MONDAY)
    assert trade.legs[0].delivered_at is None
    ship(trade, ANN, at=MONDAY)
    for moment in (MONDAY + HOUR, MONDAY + 2 * HOUR):
        trade.note_delivery(leg, delivered_at=moment, at=moment)
    assert trade.legs[0].delivered_at == MONDAY + HOUR


def test_no_clock_runs_out_between_the_steps() -> None:
    """Whatever has been done, something is due as long as the trade lives (D.2)."""
    trade = by_mail()
    seen: list[timedelta] = []
    for step, member in ((ship, ANN), (receive, BEA), (ship, BEA)):
        assert trade.due_at
        seen.append(trade.due_at - MONDAY)
        step(trade, member, at=MONDAY)
    assert trade.due_at
    assert all(seen)
